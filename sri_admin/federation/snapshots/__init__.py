"""Snapshots: a stream's newest lines in place of all of them, for a reader that lines are no longer kept for (§15)."""
