"""What is done with translations."""
