"""Tables of any kind: which of their columns fill which fields of the record."""
