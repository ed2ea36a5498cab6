"""What is read about people."""
