"""The command line: what an operator types, from the first migration to the demonstration.

It stands above everything. Commands of parts come from their `part.py`; those here concern the whole installation.
"""
