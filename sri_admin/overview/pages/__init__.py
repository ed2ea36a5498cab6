"""The first page by who opens it, and the countries behind each kind of seat."""
