"""Pure rules: when a backup is due and how a run stands, how long what has a term is kept, and the words for both."""
