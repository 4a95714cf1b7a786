"""A cluster behind the same call."""
