"""One declaration a ledger: how it is recognised, what its columns mean and omit."""
