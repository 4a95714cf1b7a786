"""Amounts, percentages, times and axes as text."""
