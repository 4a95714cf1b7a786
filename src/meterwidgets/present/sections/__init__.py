"""The widgets of a page: what each draws of a selection."""
