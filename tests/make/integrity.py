"""Builders of rounds, answers, evidence, sign-offs and reviews; they act through the operations."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sri_admin.federation import files as federation_files
from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.operations import assessments, evidence, reviews, standards
from sri_admin.integrity.queries.assessments import Assessment, assessment_by_cycle, snapshot_by_id
from sri_admin.integrity.queries.standards import calls_of, cycle_by_id, open_cycle
from sri_admin.integrity.rules.answers import Answer
from sri_admin.integrity.rules.evidence import EvidenceKind
from sri_admin.integrity.rules.review import Verdict
from sri_admin.kernel import clock, ids, spool, tenancy, transaction
from sri_admin.kernel.actor import Actor, system
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Tenant
from tests.make import files
from tests.make import members as make

T = TypeVar("T")
ASKED = ("separation", "fidelity", "safeguarding", "access")
REVIEWED = (*ASKED, "returns")


def adopted() -> None:
    """Enter the standard of this program."""
    hub_id, lead = make.hub(), make.actor("integrity_lead")
    make.writing(hub_id, lambda: standards.adopt_edition(lead, hub_id).id)


def cycle(name: str = "Round of 2026", **more: Any) -> UUID:
    """Open a round against the standard of this program, or return the one that goes on; countries are not called."""
    hub_id, lead, today = make.hub(), make.actor("integrity_lead"), clock.today()
    values = {
        "name": name,
        "due_on": today + timedelta(days=60),
        "covers_from": date(today.year - 1, 1, 1),
        "covers_to": today,
        **more,
    }

    def begin() -> UUID:
        standards.adopt_edition(lead, hub_id)
        return (open_cycle() or standards.open_cycle(lead, hub_id, values=values)).id

    return make.writing(hub_id, begin)


def called(member_id: UUID, cycle_id: UUID | None = None) -> UUID:
    """Call a country to a round, as the job does, and return the round."""
    found = cycle_id or cycle()
    make.writing(member_id, lambda: standards.call_member(system("test"), member_id, cycle_id=found))
    return found


def call_of(member_id: UUID) -> UUID:
    """Return the round a country was called to last."""
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return calls_of(member_id)[0].cycle_id


def assessment(member_id: UUID, cycle_id: UUID) -> Assessment:
    """Return an assessment inside a transaction."""
    return assessment_by_cycle(member_id, cycle_id)


def look(member_id: UUID, cycle_id: UUID, body: Callable[[Assessment], T]) -> T:
    """Return something about an assessment."""
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return body(assessment(member_id, cycle_id))


def answered(member_id: UUID, cycle_id: UUID, uid: str, *, by: Actor | None = None, **values: Any) -> None:
    """Answer one criterion."""
    doer = by or make.actor("coordinator", member_id)

    def answer() -> None:
        found = assessment(member_id, cycle_id)
        criterion = next(each for each in found.criteria if each.uid == uid)
        said = {"answer": Answer.IN_PLACE, "statement": "The board decided it in spring.", **values}
        assessments.keep_answer(doer, found, criterion, values=said)

    make.writing(member_id, answer)


def complete(member_id: UUID, cycle_id: UUID, *, by: Actor | None = None, **values: Any) -> None:
    """Answer every criterion that is not answered yet."""
    doer = by or make.actor("coordinator", member_id)
    for uid in look(member_id, cycle_id, lambda found: list(found.lacks)):
        answered(member_id, cycle_id, uid, by=doer, **values)


def proposed(member_id: UUID, cycle_id: UUID, *, by: Actor | None = None) -> str:
    """Hand all answers to a second person and return their digest."""
    doer = by or make.actor("coordinator", member_id)

    def propose() -> str:
        found = assessment(member_id, cycle_id)
        return assessments.propose(doer, found, values={"record_id": ids.new()}).content_sha256

    return make.writing(member_id, propose)


def given_back(member_id: UUID, cycle_id: UUID, *, reason: str = "One answer is about last year.") -> None:
    """Give what is proposed back."""
    chair = make.actor("chair", member_id)
    make.writing(
        member_id,
        lambda: assessments.give_back(chair, assessment(member_id, cycle_id), values={"reason": reason}),
    )


def signed(member_id: UUID, cycle_id: UUID, *, by: Actor | None = None, digest: str | None = None) -> UUID:
    """Sign off what is proposed and return the snapshot."""
    doer = by or make.actor("chair", member_id)

    def sign() -> UUID:
        found = assessment(member_id, cycle_id)
        newest = found.proposal.content_sha256 if found.proposal else "0" * 64
        values = {"content_sha256": digest or newest}
        return assessments.sign_off(doer, found, values=values).id

    return make.writing(member_id, sign)


def handed_in(member_id: UUID, cycle_id: UUID) -> UUID:
    """Answer what is missing, hand it on and sign it off; return the snapshot."""
    complete(member_id, cycle_id)
    proposed(member_id, cycle_id)
    return signed(member_id, cycle_id)


def snapshot(member_id: UUID, snapshot_id: UUID) -> AssessmentSnapshot:
    """Return a snapshot inside a transaction."""
    return snapshot_by_id(member_id, snapshot_id)


def received(member_id: UUID, snapshot_id: UUID) -> None:
    """Note at the hub that a snapshot arrived, as the job does."""
    make.writing(member_id, lambda: reviews.receive_snapshot(system("test"), snapshot(member_id, snapshot_id)))


def reviewed(member_id: UUID, snapshot_id: UUID, *uids: str, by: Actor | None = None, **values: Any) -> None:
    """Review some answers of a snapshot, by default all of them as the country sees them."""
    lead = by or make.actor("integrity_lead")

    def review() -> None:
        for uid in uids or REVIEWED:
            said = {"record_id": ids.new(), "verdict": Verdict.AGREES, **values}
            reviews.review_item(lead, snapshot(member_id, snapshot_id), uid, values=said)

    make.writing(member_id, review)


def returned(member_id: UUID, snapshot_id: UUID, *uids: str) -> None:
    """Return a snapshot with a question about some answers."""
    lead = make.actor("integrity_lead")
    values = {"reason": "Which training was it?", "criteria": list(uids or ASKED[:1])}
    make.writing(member_id, lambda: reviews.return_snapshot(lead, snapshot(member_id, snapshot_id), values=values))


def finished(member_id: UUID, snapshot_id: UUID) -> None:
    """Finish the review of a snapshot."""
    lead = make.actor("integrity_lead")
    make.writing(member_id, lambda: reviews.finish_review(lead, snapshot(member_id, snapshot_id)))


def proof(member_id: UUID, *, seed: int = 7, by: Actor | None = None, **values: Any) -> UUID:
    """Keep a piece of evidence and return its id."""
    doer, today = by or make.actor("coordinator", member_id), clock.today()
    given = {
        "record_id": ids.new(),
        "title": "Minutes of the spring meeting",
        "kind": EvidenceKind.MINUTES,
        "covers_from": today - timedelta(days=90),
        "covers_to": today,
        "file_name": "acta-de-la-junta.pdf",
        **values,
    }

    def add() -> UUID:
        with spool.growing(limit=10**8) as growing:
            growing.write(files.pdf(seed=seed))
            tenant = db.session.get_one(Tenant, member_id)
            return evidence.add_evidence(doer, tenant, values={**given, "file": growing.whole()}).id

    return make.writing(member_id, add)


def swept() -> int:
    """Remove what nothing refers to, as the job does."""
    return federation_files.sweep()


def closed(cycle_id: UUID) -> None:
    """End a round."""
    lead = make.actor("integrity_lead")
    values = {"reason": "Everybody handed in."}
    make.writing(make.hub(), lambda: standards.close_cycle(lead, cycle_by_id(cycle_id), values=values).id)


def begun(member_id: UUID, cycle_id: UUID) -> UUID:
    """Let a country have answered something and named evidence; return the evidence."""
    evidence_id = proof(member_id)
    answered(member_id, cycle_id, "access", evidence_ids=[evidence_id])
    return evidence_id


def newest_snapshot(member_id: UUID, cycle_id: UUID) -> UUID:
    """Return the newest snapshot of a country in a round."""
    return look(member_id, cycle_id, lambda found: found.snapshots[-1].id)


def reviewed_whole(member_id: UUID, cycle_id: UUID) -> None:
    """Receive the newest snapshot of a country and review every answer of it."""
    snapshot_id = newest_snapshot(member_id, cycle_id)
    received(member_id, snapshot_id)
    reviewed(member_id, snapshot_id)


def furnished(member_id: UUID) -> dict[str, Any]:
    """Let a country have a past assessment under review and one it answers now, each with evidence."""
    past = called(member_id, cycle("Round of 2025"))
    evidence_id = begun(member_id, past)
    snapshot_id = handed_in(member_id, past)
    received(member_id, snapshot_id)
    reviewed(member_id, snapshot_id, "access", note="Seen on a map.")
    closed(past)
    now = called(member_id, cycle("Round of 2026"))
    begun(member_id, now)
    return {"cycle_id": past, "open_cycle_id": now, "evidence_id": evidence_id}
