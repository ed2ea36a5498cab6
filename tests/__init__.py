"""Tests of the house; `tests/<part>/test_<file>.py` mirrors the package."""
