"""What a record costs: rates, the catalogue, price books, outliers."""
