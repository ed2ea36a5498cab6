"""Member countries: the bodies, their places, their licence agreements and the people in their offices.

Owns member, member_event, member_territory, territory_extra, legal_entity, agreement, agreement_draft, agreement_event,
member_block, office_holder, office_holder_private and member_card. The hub writes a member's file; whoever serves the
member writes its office holders. Promises: a state changes only along the table in `rules.member`, with an event row; a
place belongs to one member exclusively at a time; a signed agreement is never overwritten, only amended, renewed,
terminated or ended; while a block on renewals is open, nothing is signed that lets the licence run longer.
Publishes MemberRegistered, MemberStateChanged, Agreement… and OfficeHolder… events.
"""
