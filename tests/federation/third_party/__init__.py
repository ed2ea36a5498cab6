"""A client written from docs/federation.md alone: it uses nothing of the program."""
