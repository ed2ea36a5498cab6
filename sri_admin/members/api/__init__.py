"""The member file as JSON."""
