"""Selections of the frame to figures; `metrics.text` writes those as text."""
