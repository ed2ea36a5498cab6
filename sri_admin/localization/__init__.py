"""Translation: contributions, reviews and decisions as facts, and the text that follows from them.

Owns language_grant, contribution, contribution_review, language_decision, glossary_term and translation_draft. Whoever
serves a member writes its contributions and reviews; the hub writes grants, decisions and terms; drafts stay at home.
Promises: a fact is never changed; the text of a segment is a pure function of the facts, whatever their order; nobody
reviews their own work; what two people approved without knowing of each other is contested, never overwritten; a
translated release holds only what is approved. Publishes LanguageGranted, SegmentTranslated, SegmentReviewed,
SegmentDecided, TermEntered.
"""
