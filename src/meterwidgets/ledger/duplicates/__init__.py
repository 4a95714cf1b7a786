"""Usage that several records report, counted once."""
