"""The web floor: doors for pages and API, sessions and languages of requests, error pages, forms, paging, the shell.

It knows no part: who is signed in is asked of a loader that `app.py` hands over.
"""
