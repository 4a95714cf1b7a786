"""A ledger against an invoice."""
