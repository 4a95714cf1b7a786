"""Widgets, linked to one selection and assembled into dashboards."""
