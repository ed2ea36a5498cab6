"""The tables of the catalogue and of returns."""
