"""Keeping what is there as long as it is needed: backups that are read back, terms after which things are forgotten.

It owns the runs of backups and the table of terms. It promises that the first page says so when the last whole backup
is too old, and that what has a term goes by itself. It also shows who downloaded what.
"""
