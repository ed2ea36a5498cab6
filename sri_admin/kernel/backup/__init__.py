"""Backups of one installation: its rows in one consistent cut, its files by digest, its keys sealed apart.

A backup holds rows, never statements: restoring builds the tables by this program's own migrations, with the roles,
rights and row security they give, and then fills them. So nothing in a backup is ever executed, a backup of one version
of PostgreSQL goes into another, and no further program is needed.
"""
