"""The vocabulary of presets and of a reader's ``[[source]]``: a ledger as data."""
