"""Sessions: who owns them, how they start and end, and what they let in."""
