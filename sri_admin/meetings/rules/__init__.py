"""What holds of meetings whatever stores or shows them."""
