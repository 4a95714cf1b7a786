"""Databases as ledgers: SQLite and DuckDB files, and servers of PostgreSQL."""
