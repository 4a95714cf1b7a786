"""DuckDB, embedded: workspaces, progress and the SQL macros."""
