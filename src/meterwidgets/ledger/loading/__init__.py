"""Rows of opened ledgers, loaded as `reported`; the bad ones are set aside."""
