"""What is read about translations."""
