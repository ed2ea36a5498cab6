"""Pages of returns: the month of a board, what SRI decides, statistics."""
