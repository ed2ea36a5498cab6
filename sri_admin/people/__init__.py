"""People: accounts, sign-in, sessions, mandates, one-time links.

It owns who may come in, in which role and until when. It promises that a secret is stored only as a hash, that access
ends by itself on its last day, and that no answer at the door tells whether somebody has an account here.
"""
