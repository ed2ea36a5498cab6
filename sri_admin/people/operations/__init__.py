"""What changes accounts, sessions and mandates, one module for each."""
