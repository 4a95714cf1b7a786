"""Ledgers at an address: objects in a bucket, and pages of the web."""
