"""Materials: works, the drafts of their editions, and the signed releases countries work with.

Owns work, edition_draft, release, document and release_key. The hub writes all of them; a draft never travels.
Promises: a release is never changed; its manifest names every document by its SHA-256 and is signed by a key named in
`hub.control`; a block keeps its identity while its text is edited; content goes only to members entitled to it on the
day, while everybody sees the card of the work and why. Publishes WorkEntered, DraftSaved, ReleaseMade, ReleaseKeyMade.
"""
