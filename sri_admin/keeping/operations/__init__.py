"""What is done about keeping."""
