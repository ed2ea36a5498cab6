"""What changes meetings and their logs."""
