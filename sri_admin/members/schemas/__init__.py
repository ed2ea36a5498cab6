"""Shapes of values at the doors, by direction."""
