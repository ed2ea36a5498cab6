"""Pure rules of returns: values and their hash, checks, states, months, totals, words."""
