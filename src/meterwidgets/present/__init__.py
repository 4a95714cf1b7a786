"""Figures as they are shown: the one text layer."""
