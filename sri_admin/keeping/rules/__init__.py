"""Pure rules: when a backup is due, how a run stands, what it is called."""
