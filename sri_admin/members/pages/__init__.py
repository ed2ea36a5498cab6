"""Pages for SRI staff and for the board."""
