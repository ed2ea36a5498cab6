"""What changes the member file, one module for each aggregate."""
