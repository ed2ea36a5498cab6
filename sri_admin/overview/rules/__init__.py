"""What needs whom, in which order, and how it is said."""
