"""Bundles: the exchange by USB stick. The same lines, pages and receipts, locked for their reader, in a few files.

`box` and `manifest` are pure; `volumes` knows files; `writing` and `reading` are export and intake over them.
"""
