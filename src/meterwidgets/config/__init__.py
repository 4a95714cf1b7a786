"""``meterwidgets.toml``, and the ledgers that it names."""
