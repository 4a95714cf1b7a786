"""Rows that are left out: no usage, or usage that another record has already."""
