"""Assessments through the operations: answering, signing off by somebody else, reviewing, returning."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.models.evidence import Evidence
from sri_admin.integrity.models.standard import AssessmentCall, StandardEdition
from sri_admin.integrity.operations import assessments, reviews, standards
from sri_admin.integrity.queries.assessments import assessments_of
from sri_admin.integrity.queries.profiles import profile_of
from sri_admin.integrity.queries.standards import criteria_of, newest_edition
from sri_admin.integrity.rules.answers import Answer
from sri_admin.integrity.rules.edition import CRITERIA
from sri_admin.integrity.rules.review import Verdict
from sri_admin.integrity.rules.standing import Stage
from sri_admin.integrity.sync import KINDS
from sri_admin.kernel import blobs, clock, jobs, runtime, tenancy, transaction
from sri_admin.kernel.actor import Actor, Mandate, Scope
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError, ConflictError, ElsewhereError, InvalidError, NotAllowedError, StaleError
from sri_admin.members.rules.member import MemberState
from tests.make import integrity as it
from tests.make import members as make
from tests.make import reporting

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def member() -> UUID:
    """A licensed country."""
    return make.member("QM", MemberState.LICENSED)


@pytest.fixture
def cycle(member: UUID) -> UUID:
    """A round the country is called to."""
    return it.called(member)


def read(body: Any) -> Any:
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return body()


def stage(member: UUID, cycle: UUID) -> Stage:
    return it.look(member, cycle, lambda found: found.stage)


def test_an_assessment_goes_from_answers_to_a_finished_review(member: UUID, cycle: UUID) -> None:
    seen = [stage(member, cycle)]
    it.answered(member, cycle, "access")
    seen.append(stage(member, cycle))
    it.complete(member, cycle)
    it.proposed(member, cycle)
    seen.append(stage(member, cycle))
    made = it.signed(member, cycle)
    seen.append(stage(member, cycle))
    it.received(member, made)
    seen.append(stage(member, cycle))
    it.reviewed(member, made)
    seen.append(stage(member, cycle))
    it.finished(member, made)
    assert [*seen, stage(member, cycle)] == [
        Stage.NOT_STARTED,
        Stage.ANSWERING,
        Stage.TO_SIGN,
        Stage.SENT,
        Stage.RECEIVED,
        Stage.UNDER_REVIEW,
        Stage.REVIEWED,
    ]


def test_the_edition_is_entered_once_and_never_changes(member: UUID) -> None:
    it.adopted()
    it.adopted()
    edition = read(lambda: [each.id for each in db.session.scalars(sa.select(StandardEdition))])
    assert len(edition) == 1
    assert read(lambda: [each.uid for each in criteria_of(edition[0])]) == [each.uid for each in CRITERIA]

    def change() -> None:
        found = newest_edition()
        assert found is not None
        found.edition_no = "9.9"
        db.session.flush()

    with pytest.raises(StaleError):
        make.writing(make.hub(), change)


def test_a_round_calls_every_licensed_country_and_no_other(member: UUID) -> None:
    make.member("QN", MemberState.APPLICANT)
    second = make.member("QP", MemberState.LICENSED)
    opened = it.cycle()
    make.member("QT", MemberState.LICENSED)  # licensed after the round began

    def payloads() -> set[UUID]:
        wanted = sa.text("select args from procrastinate_jobs where task_name = :name")
        return {UUID(row["member_id"]) for row in db.session.scalars(wanted, {"name": standards.CALL_MEMBER})}

    called = read(payloads)
    assert called == {member, second}
    for each in called:
        payload = {"member_id": str(each), "cycle_id": str(opened)}
        jobs.perform(runtime.current().tasks[standards.CALL_MEMBER], payload)
        jobs.perform(runtime.current().tasks[standards.CALL_MEMBER], payload)
    calls = read(lambda: [each.member_id for each in db.session.scalars(sa.select(AssessmentCall))])
    assert sorted(calls) == sorted(called)


def test_only_one_round_goes_on_at_a_time(member: UUID, cycle: UUID) -> None:
    lead, hub_id, today = make.actor("integrity_lead"), make.hub(), clock.today()
    values = {"name": "Another", "due_on": today, "covers_from": today, "covers_to": today}
    with pytest.raises(ConflictError):
        make.writing(hub_id, lambda: standards.open_cycle(lead, hub_id, values=values))


def test_nobody_signs_off_answers_of_their_own(member: UUID, cycle: UUID) -> None:
    chair = make.actor("chair", member)
    it.answered(member, cycle, "access", by=chair)
    it.complete(member, cycle)
    it.proposed(member, cycle)
    with pytest.raises(NotAllowedError):
        it.signed(member, cycle, by=chair)
    assert it.signed(member, cycle)


def test_who_saves_an_answer_as_it_is_neither_takes_it_over_nor_is_kept_from_signing(member: UUID, cycle: UUID) -> None:
    author, chair = make.actor("coordinator", member), make.actor("chair", member)
    evidence = {"evidence_ids": [it.proof(member)]}
    it.answered(member, cycle, "access", by=author, **evidence)
    it.answered(member, cycle, "access", by=chair, **evidence)
    assert authors(member, cycle) == {author.label}
    it.answered(member, cycle, "access", by=chair, statement="It was in autumn.")
    assert authors(member, cycle) == {author.label, chair.label}


def authors(member: UUID, cycle: UUID) -> set[str]:
    return it.look(member, cycle, lambda found: set(found.drafts["access"].authors.values()))


@pytest.mark.parametrize("added", ["evidence_ids", "reason", "statement"])
def test_an_answer_stays_that_of_who_gave_it_whatever_somebody_else_adds(member: UUID, cycle: UUID, added: str) -> None:
    chair = make.actor("chair", member)
    it.answered(member, cycle, "access", by=chair)
    more: dict[str, Any] = {added: [it.proof(member)] if added == "evidence_ids" else "Two towns."}
    it.answered(member, cycle, "access", **more)
    it.complete(member, cycle)
    it.proposed(member, cycle)
    with pytest.raises(NotAllowedError):
        it.signed(member, cycle, by=chair)
    assert it.signed(member, cycle, by=make.actor("member_administrator", member))


def test_evidence_stays_that_of_who_named_it_beside_the_evidence_of_others(member: UUID, cycle: UUID) -> None:
    chair, proofs = make.actor("chair", member), [it.proof(member), it.proof(member, seed=8)]
    it.answered(member, cycle, "access", by=chair, evidence_ids=proofs[:1], answer=Answer.STARTED)
    it.answered(member, cycle, "access", evidence_ids=proofs, statement="By the board.")
    assert chair.label in authors(member, cycle)


def test_who_gave_nothing_of_what_stands_signs_it_off(member: UUID, cycle: UUID) -> None:
    chair = make.actor("chair", member)
    it.answered(member, cycle, "access", by=chair, answer=Answer.STARTED, statement="Soon.")
    it.answered(member, cycle, "access", answer=Answer.IN_PLACE, statement="Since spring.")
    it.complete(member, cycle)
    it.proposed(member, cycle)
    assert it.signed(member, cycle, by=chair)


def test_nobody_signs_off_what_they_handed_on(member: UUID, cycle: UUID) -> None:
    chair = make.actor("chair", member)
    it.complete(member, cycle)
    it.proposed(member, cycle, by=chair)
    with pytest.raises(NotAllowedError):
        it.signed(member, cycle, by=chair)


@pytest.mark.parametrize("own", ["answered_by", "proposed_by"])
def test_the_database_itself_refuses_a_signature_of_ones_own(member: UUID, cycle: UUID, own: str) -> None:
    it.handed_in(member, cycle)

    def forge() -> None:
        row = db.session.scalars(sa.select(AssessmentSnapshot)).one()
        values = {each.key: getattr(row, each.key) for each in sa.inspect(AssessmentSnapshot).column_attrs}
        forged = {"answered_by": ["me"]} if own == "answered_by" else {"proposed_by": "me"}
        copy = {**values, "id": it.ids.new(), "revision": 2, "actor": "me", **forged}
        db.session.add(AssessmentSnapshot(**copy))
        db.session.flush()

    with pytest.raises(ConflictError):
        make.writing(member, forge)


def test_the_database_itself_refuses_a_digest_that_does_not_fit(member: UUID, cycle: UUID) -> None:
    it.handed_in(member, cycle)

    def forge() -> None:
        row = db.session.scalars(sa.select(AssessmentSnapshot)).one()
        values = {each.key: getattr(row, each.key) for each in sa.inspect(AssessmentSnapshot).column_attrs}
        db.session.add(AssessmentSnapshot(**{**values, "id": it.ids.new(), "revision": 2, "content": "{}"}))
        db.session.flush()

    with pytest.raises(ConflictError):
        make.writing(member, forge)


@pytest.mark.parametrize(
    "given",
    [
        {"answer": None},
        {"answer": Answer.NOT_APPLICABLE, "statement": ""},
        {"answer": Answer.IN_PLACE, "statement": ""},
        {"answer": Answer.REVIEWED, "statement": "   "},
    ],
)
def test_what_is_incomplete_is_kept_but_not_handed_on(member: UUID, cycle: UUID, given: dict[str, Any]) -> None:
    it.complete(member, cycle)
    it.answered(member, cycle, "access", **given)
    with pytest.raises(ConflictError):
        it.proposed(member, cycle)


def test_answers_that_wait_for_a_signature_are_not_changed(member: UUID, cycle: UUID) -> None:
    it.complete(member, cycle)
    it.proposed(member, cycle)
    with pytest.raises(ConflictError):
        it.answered(member, cycle, "access", statement="Something else.")


def test_a_proposal_is_given_back_with_a_reason_and_handed_on_anew(member: UUID, cycle: UUID) -> None:
    it.complete(member, cycle)
    first = it.proposed(member, cycle)
    with pytest.raises(InvalidError):
        it.given_back(member, cycle, reason=" ")
    it.given_back(member, cycle)
    assert stage(member, cycle) is Stage.GIVEN_BACK
    it.answered(member, cycle, "access", statement="Both places are named now.")
    second = it.proposed(member, cycle)
    with pytest.raises(ConflictError):
        it.signed(member, cycle, digest=first)
    it.signed(member, cycle, digest=second)
    assert stage(member, cycle) is Stage.SENT


def test_a_snapshot_holds_every_answer_and_the_digests_of_its_evidence(member: UUID, cycle: UUID) -> None:
    proof = it.proof(member)
    it.answered(member, cycle, "access", evidence_ids=[proof])
    made = it.handed_in(member, cycle)

    def look() -> tuple[list[str], str, bool]:
        profile = profile_of(it.snapshot(member, made))
        digest = hashlib.sha256(profile.snapshot.content.encode()).hexdigest()
        evidence = db.session.get_one(Evidence, (member, proof))
        named = [each.sha256 for row in profile.items for each in row.item.evidence]
        return [each.item.uid for each in profile.items], digest, named == [evidence.sha256]

    uids, digest, is_named = read(look)
    assert (uids, is_named) == ([each.uid for each in CRITERIA], True)
    assert read(lambda: it.snapshot(member, made).content_sha256) == digest


def test_evidence_about_another_time_is_not_named(member: UUID, cycle: UUID) -> None:
    old = it.proof(member, covers_from=date(2001, 1, 1), covers_to=date(2001, 12, 31))
    with pytest.raises(InvalidError):
        it.answered(member, cycle, "access", evidence_ids=[old])


def test_the_file_of_evidence_survives_the_sweep_while_its_record_stands(member: UUID, cycle: UUID) -> None:
    proof = it.proof(member)
    digest = read(lambda: db.session.get_one(Evidence, (member, proof)).sha256)
    later = clock.now() + timedelta(days=3)
    with clock.running(lambda: later):
        it.swept()
    assert blobs.is_sound(digest)


def test_a_returned_assessment_is_handed_in_anew_and_the_first_stays(member: UUID, cycle: UUID) -> None:
    first = it.handed_in(member, cycle)
    it.received(member, first)
    with pytest.raises(ConflictError):
        it.answered(member, cycle, "separation", statement="Too early.")
    it.returned(member, first, "separation")
    assert stage(member, cycle) is Stage.RETURNED
    it.answered(member, cycle, "separation", statement="Three people, no couple.")
    it.proposed(member, cycle)
    second = it.signed(member, cycle)
    it.received(member, second)
    found = it.look(member, cycle, lambda each: [(row.id, row.revision) for row in each.snapshots])
    assert found == [(first, 1), (second, 2)]


def test_a_review_is_finished_only_when_every_answer_is_reviewed(member: UUID, cycle: UUID) -> None:
    made = it.handed_in(member, cycle)
    it.received(member, made)
    it.reviewed(member, made, "access", "fidelity")
    with pytest.raises(ConflictError):
        it.finished(member, made)


def test_sri_says_why_it_sees_an_answer_differently(member: UUID, cycle: UUID) -> None:
    made = it.handed_in(member, cycle)
    it.received(member, made)
    with pytest.raises(InvalidError) as lacking:
        it.reviewed(member, made, "access", verdict=Verdict.DIFFERS)
    assert [each.field for each in lacking.value.fields] == ["score", "comment"]
    it.reviewed(member, made, "access", verdict=Verdict.DIFFERS, score=Answer.STARTED, comment="Only in one town.")

    def look() -> tuple[Answer, Answer | None]:
        row = profile_of(it.snapshot(member, made)).row("access")
        assert row is not None
        return row.item.answer, row.settled

    assert read(look) == (Answer.IN_PLACE, Answer.STARTED)


def test_nobody_reviews_a_country_they_have_a_role_in(member: UUID, cycle: UUID) -> None:
    made = it.handed_in(member, cycle)
    it.received(member, made)
    hub = Mandate(role="integrity_lead", scope=Scope.HUB, member_id=make.hub(), starts_on=date(2020, 1, 1))
    there = Mandate(role="facilitator", scope=Scope.MEMBER, member_id=member, starts_on=date(2020, 1, 1))
    both = Actor(label="usr-both", account_id=it.ids.new(), mandates=(hub, there))
    with pytest.raises(NotAllowedError):
        it.reviewed(member, made, by=both)


@pytest.mark.parametrize("role", ["country_liaison", "auditor", "materials_manager"])
def test_others_of_sri_review_nothing(member: UUID, cycle: UUID, role: str) -> None:
    made = it.handed_in(member, cycle)
    it.received(member, made)
    with pytest.raises(NotAllowedError):
        it.reviewed(member, made, by=make.actor(role))


def test_a_finished_review_is_not_changed(member: UUID, cycle: UUID) -> None:
    made = it.handed_in(member, cycle)
    it.received(member, made)
    it.reviewed(member, made)
    it.finished(member, made)
    for act in (lambda: it.reviewed(member, made, "access"), lambda: it.returned(member, made)):
        with pytest.raises(ConflictError):
            act()


def test_receiving_twice_is_noted_once(member: UUID, cycle: UUID) -> None:
    made = it.handed_in(member, cycle)
    payload = {"member_id": str(member), "snapshot_id": str(made)}
    for _time in range(2):
        jobs.perform(runtime.current().tasks[reviews.RECEIVE], payload)
    assert read(lambda: [each.place for each in profile_of(it.snapshot(member, made)).steps]) == [1]


def test_after_the_round_nothing_is_handed_in(member: UUID, cycle: UUID) -> None:
    it.complete(member, cycle)
    it.proposed(member, cycle)
    it.closed(cycle)
    assert stage(member, cycle) is Stage.LAPSED
    with pytest.raises(ConflictError):
        it.signed(member, cycle)


def test_where_the_country_works_elsewhere_nothing_is_written_for_it(member: UUID, cycle: UUID) -> None:
    make.move_to_node(member)
    for act in (lambda: it.answered(member, cycle, "access"), lambda: it.proof(member)):
        with pytest.raises(ElsewhereError):
            act()


@pytest.mark.parametrize("role", ["facilitator", "translator"])
def test_who_sees_no_papers_of_the_board_answers_nothing(member: UUID, cycle: UUID, role: str) -> None:
    with pytest.raises(AppError):
        it.answered(member, cycle, "access", by=make.actor(role, member))


def test_the_second_send_of_the_same_form_answers_with_the_first(member: UUID, cycle: UUID) -> None:
    it.complete(member, cycle)
    digest = it.proposed(member, cycle)
    first = it.signed(member, cycle, digest=digest)
    assert it.signed(member, cycle, digest=digest) == first
    chair = make.actor("chair", member)

    def again() -> UUID:
        return assessments.sign_off(chair, it.assessment(member, cycle), values={"content_sha256": digest}).id

    assert make.writing(member, again) == first
    assert read(lambda: len(assessments_of(member))) == 1


def test_everything_written_passes_its_own_wire_check(member: UUID, cycle: UUID) -> None:
    it.answered(member, cycle, "access", evidence_ids=[it.proof(member)])
    made = it.handed_in(member, cycle)
    it.received(member, made)
    it.reviewed(member, made)

    def look() -> set[str]:
        rows = [(kind, row) for kind in KINDS for row in db.session.scalars(sa.select(kind.model))]
        assert [kind.name for kind, row in rows if not kind.accepts(kind.payload(row))] == []
        return {kind.name.removeprefix("integrity.") for kind, _row in rows}

    assert read(look) == {"edition", "criterion", "cycle", "call", "evidence", "snapshot", "item_review", "step"}


def test_the_count_of_returns_is_frozen_and_counted_again_at_sri() -> None:
    with clock.running(reporting.ticking(datetime(2026, 7, 20, 8, tzinfo=UTC))):
        member = make.member("QM", MemberState.LICENSED)
        reporting.catalogue()
    with clock.running(reporting.ticking(datetime(2026, 11, 20, 8, tzinfo=UTC))):
        reporting.approved(member, date(2026, 10, 1))
        made = it.handed_in(member, it.called(member))
        it.received(member, made)
        frozen, differs = read(lambda: _counted(member, made))
        assert (frozen["late"], frozen["missing"], differs) == (1, frozen["expected"] - 1, False)
        reporting.approved(member, date(2026, 9, 1))
        assert read(lambda: _counted(member, made)) == (frozen, True)


def _counted(member: UUID, made: UUID) -> tuple[Any, bool]:
    row = profile_of(it.snapshot(member, made)).row("returns")
    assert row is not None
    return row.item.computed, row.differs


def test_nobody_answers_what_is_counted(member: UUID, cycle: UUID) -> None:
    it.answered(member, cycle, "returns", answer=Answer.REVIEWED, statement="We were ill in May.")
    row = it.look(member, cycle, lambda found: found.given("returns"))
    assert (row.answer, row.statement) == (None, "We were ill in May.")


def test_what_a_country_at_the_hub_signs_off_is_received_by_itself(member: UUID, cycle: UUID) -> None:
    made = it.handed_in(member, cycle)
    wanted = sa.text("select args from procrastinate_jobs where task_name = :name")
    payloads = read(lambda: db.session.scalars(wanted, {"name": reviews.RECEIVE}).all())
    assert [each["snapshot_id"] for each in payloads] == [str(made)]
