"""Files, frames and databases as numbered rows."""
