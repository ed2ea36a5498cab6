"""Tables of the member file, one module for each aggregate."""
