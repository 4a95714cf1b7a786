"""Files of typed columns: Parquet, Arrow and Feather, ORC, and Avro."""
