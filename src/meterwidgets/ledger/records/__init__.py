"""Rows become usage records: planned, checked, each counted once."""
