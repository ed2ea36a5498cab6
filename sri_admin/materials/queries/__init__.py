"""What is read about materials."""
