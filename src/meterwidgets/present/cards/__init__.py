"""Cards: a headline figure, its caption, its change, and the reason for a dash."""
