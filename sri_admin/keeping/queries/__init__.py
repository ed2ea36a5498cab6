"""What is read about keeping."""
