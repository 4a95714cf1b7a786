"""What all presenters share: words, colours, and values that cross the wire."""
