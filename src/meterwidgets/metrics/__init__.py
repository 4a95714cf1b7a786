"""Selections of the frame to figures, and figures to text."""
