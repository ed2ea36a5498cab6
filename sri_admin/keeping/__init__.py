"""Keeping what is there: backups that are made by themselves and read back, and who has to look at them.

It owns the runs of backups. It promises that the first page says so when the last whole backup is too old.
"""
