"""Integrity: what SRI expects of a country, what the country says of itself, and what SRI says of that.

Owns standard_edition, criterion, assessment_cycle (the hub writes them, everybody reads them), assessment_call,
item_review, assessment_step, finding, finding_step (the hub writes them for one country), assessment_snapshot,
evidence, finding_reply, corrective_action and action_report (who serves the country writes them); assessment_draft,
assessment_proposal, proposal_return, evidence_file and item_note stay where they were made. Promises: an edition never
changes; a snapshot holds every answer and is signed off by somebody who gave none of them; a piece of evidence never
leaves its country, only its digest does; the country's answers and SRI's reviews stand in rows of their own; what
people see follows from both; nobody is ranked; nobody verifies what they found, reviewed or did; a critical finding
holds renewals back until it is closed. Publishes EditionAdopted, CycleOpened, CycleClosed, MemberCalled, AnswerKept,
EvidenceAdded, AssessmentProposed, AssessmentGivenBack, AssessmentSignedOff, ItemReviewed, AssessmentStepped,
FindingIssued, FindingStepped, FindingReplied, ActionPlanned, ActionReported.
"""
