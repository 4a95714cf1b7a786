"""The processes behind the pages: how they start, and what they see."""
