"""The assessments of the demonstration: answered and signed in the countries, reviewed and judged at the hub."""

import io
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from pypdf import PdfWriter

from sri_admin.cli.demo import judged
from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.operations import actions, assessments, evidence, findings, reviews
from sri_admin.integrity.queries.assessments import Assessment, assessment_by_cycle
from sri_admin.integrity.queries.findings import FindingRow, findings_of
from sri_admin.integrity.queries.standards import calls_of
from sri_admin.integrity.rules.evidence import LARGEST, EvidenceKind
from sri_admin.integrity.rules.finding import Cause, Reply
from sri_admin.integrity.rules.review import Verdict
from sri_admin.integrity.rules.snapshot import items_of
from sri_admin.kernel import clock, ids, spool
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.rules.office import Office

_ANSWERED_ON, _HANDED_ON, _SIGNED_ON = -12, -10, -9
_PLANNED_DAYS = 30
_PAGE: Final = (595, 842)  # points of a sheet of A4
Deed = tuple[int, Callable[[], Any]]


def answered(member_id: UUID, board: Mapping[str, Actor], *, language: str, signed: bool) -> Iterator[Deed]:
    """Yield how a country answered everything, by day; a second person has signed it, or is still to do so."""
    keeper, chair = board["coordinator"], board["chair"]
    yield _ANSWERED_ON, lambda: answer(keeper, member_id, judged.ANSWERS[language])
    yield _HANDED_ON, lambda: _hand_on(keeper, member_id)
    if signed:
        yield _SIGNED_ON, lambda: _sign(chair, member_id)


def answer(keeper: Actor, member_id: UUID, given: Mapping[str, judged.Said]) -> None:
    """Answer criteria of the round that goes on, with a piece of evidence where there is one."""
    for uid, said in given.items():
        found = _assessment(member_id)
        criterion = next(each for each in found.criteria if each.uid == uid)
        named = [_evidence(keeper, member_id, said.proof)] if said.proof else []
        values = {"answer": said.answer, "statement": said.statement, "evidence_ids": named}
        assessments.keep_answer(keeper, found, criterion, values=values)
        db.session.flush()


def _hand_on(keeper: Actor, member_id: UUID) -> None:
    assessments.propose(keeper, _assessment(member_id), values={"record_id": ids.new()})


def _sign(chair: Actor, member_id: UUID) -> None:
    found = _assessment(member_id)
    assert found.proposal is not None
    assessments.sign_off(chair, found, values={"content_sha256": found.proposal.content_sha256})


def _assessment(member_id: UUID) -> Assessment:
    return assessment_by_cycle(member_id, calls_of(member_id)[0].cycle_id)


def _evidence(keeper: Actor, member_id: UUID, title: str) -> UUID:
    today = clock.today()
    values = {
        "title": title,
        "kind": EvidenceKind.MINUTES,
        "covers_from": today - timedelta(days=90),
        "covers_to": today,
        "file_name": "minutes.pdf",
    }
    with spool.growing(limit=LARGEST) as growing:
        growing.write(_sheet(title))
        tenant = db.session.get_one(Tenant, member_id)
        made = evidence.add_evidence(keeper, tenant, values={**values, "file": growing.whole()})
    db.session.flush()
    return made.id


def _sheet(title: str) -> bytes:
    writer, written = PdfWriter(), io.BytesIO()
    writer.add_blank_page(*_PAGE)
    writer.add_metadata({"/Title": title})
    writer.write(written)
    return written.getvalue()


def is_signed(member_id: UUID) -> bool:
    """Say whether what a country signed is here."""
    return bool(calls_of(member_id)) and bool(_assessment(member_id).snapshots)


def is_found(member_id: UUID) -> bool:
    """Say whether everything SRI found is here."""
    return len(findings_of(member_id)) == len(judged.FINDINGS)


def review(lead: Actor, member_id: UUID) -> None:
    """Review at the hub what a country signed, and tell it what was found."""
    found = _assessment(member_id)
    snapshot = found.snapshots[-1]
    for item in items_of(snapshot.content):
        reviews.review_item(lead, snapshot, item.uid, values=_seen(item.uid))
        db.session.flush()
    reviews.finish_review(lead, snapshot)
    for each in judged.FINDINGS:
        _find(lead, snapshot, each)


def _seen(uid: str) -> dict[str, Any]:
    other = judged.SEEN_OTHERWISE.get(uid)
    if other is None:
        return {"record_id": ids.new(), "verdict": Verdict.AGREES}
    score, comment = other
    return {"record_id": ids.new(), "verdict": Verdict.DIFFERS, "score": score, "comment": comment}


def _find(lead: Actor, snapshot: AssessmentSnapshot, found: judged.Found) -> None:
    values = {"severity": found.severity, "observed": found.observed}
    findings.issue_finding(lead, snapshot, found.criterion, values=values)
    db.session.flush()


def put_right(board: Mapping[str, Actor], member_id: UUID) -> None:
    """Let a country see one finding as SRI does, plan what to do and report it done; the others wait for its answer."""
    keeper, chair = board["coordinator"], board["chair"]
    actions.reply_to_finding(chair, _finding(member_id), values={"reply": Reply.ACKNOWLEDGE})
    db.session.flush()
    plan = {
        "cause": Cause.TOO_FEW_PEOPLE,
        "cause_text": judged.CAUSE,
        "what": judged.PLAN,
        "office": Office.SAFEGUARDING,
        "due_on": clock.today() + timedelta(days=_PLANNED_DAYS),
    }
    actions.plan_action(keeper, _finding(member_id), values=plan)
    db.session.flush()
    shown = [_evidence(keeper, member_id, judged.PROOF)]
    report = {"done_on": clock.today(), "statement": judged.REPORT, "evidence_ids": shown}
    actions.report_action(keeper, _finding(member_id), values=report)


def _finding(member_id: UUID) -> FindingRow:
    return next(each for each in findings_of(member_id) if each.finding.criterion == judged.PUT_RIGHT)
