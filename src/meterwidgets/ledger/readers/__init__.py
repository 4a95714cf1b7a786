"""Files, dataframes and databases as rows, before anyone knows what they mean."""
