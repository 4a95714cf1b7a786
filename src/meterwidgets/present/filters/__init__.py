"""The filters: what is chosen, the panel that shows it, and requests to change it."""
