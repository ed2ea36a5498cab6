"""Tables of meetings, one module for each aggregate."""
