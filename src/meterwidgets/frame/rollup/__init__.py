"""Records are added up: measures, batches, encoding."""
