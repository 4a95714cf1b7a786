"""Where records lie in what was read: flat rows, nested levels, pages of an answer."""
