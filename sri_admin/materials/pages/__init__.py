"""Pages of materials: what staff write and release, what members find and read."""
