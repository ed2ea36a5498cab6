"""Statistics: what countries report of each month, and what SRI makes of it.

Owns indicator, data_set, return_draft, return_proposal, proposal_answer, return_revision, return_intake,
correction_request and correction_grant. Whoever serves a member writes its revisions and requests; the hub writes the
catalogue, intakes and grants; drafts, proposals and answers stay at home. Promises: what is approved is one numbered
revision with all its values, bound to their hash, by somebody who did not prepare it; a value changes only by a new
revision, after acceptance only by request and grant; no report is not zero; the hub never edits a value. Publishes
CatalogueEntered, ReturnProposed, ReturnGivenBack, ReturnApproved, ReturnReceived, ReturnDecided, CorrectionAsked,
CorrectionDecided.
"""
