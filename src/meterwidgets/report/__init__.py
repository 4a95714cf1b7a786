"""The figures of a selection without a kernel: text, JSON, CSV, a static page."""
