"""What is read about meetings."""
