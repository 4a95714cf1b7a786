"""What a Python program holds: dataframes, records, and streams of both."""
