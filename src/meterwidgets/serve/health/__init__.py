"""The server as those see it who run it: health, metrics, and who saw what."""
