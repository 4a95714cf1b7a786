"""The definitions: what each figure is, and how it is written."""
