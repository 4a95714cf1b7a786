"""The cube: usage by time and dimension, indexed for any range."""
