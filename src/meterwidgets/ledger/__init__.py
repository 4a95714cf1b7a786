"""What usage is, and how a ledger of any kind becomes usage records."""
