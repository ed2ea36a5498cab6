"""Returns through the operations: four eyes, hashes, revisions, corrections only by grant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, InvalidError, NotAllowedError
from sri_admin.members.rules.member import MemberState
from sri_admin.reporting.models.returns import ProposalAnswer, ReturnProposal, ReturnRevision
from sri_admin.reporting.operations import drafts, proposals
from sri_admin.reporting.queries.returns import month_of, proposal_by_id
from sri_admin.reporting.rules.standing import Answer, GrantVerdict, IntakeState, State
from sri_admin.reporting.rules.values import Cell, Indicator, ReturnKind, cells_hash
from tests.make import members as make
from tests.make import reporting as rep
from tests.make.reporting import MONTH

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """It is the 10th of November 2026."""
    with clock.running(rep.ticking(datetime(2026, 11, 10, 9, 0, tzinfo=UTC))):
        yield


@pytest.fixture
def member(november: None) -> UUID:
    """A licensed country that reports by months."""
    rep.catalogue()
    return make.member("QM", MemberState.LICENSED)


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect a conflict by its stable code."""
    with pytest.raises(ConflictError) as wrong:
        yield
    assert wrong.value.stable_code == code


def test_a_month_goes_from_preparer_to_approver_to_sri(member: UUID) -> None:
    seen = [rep.seen(member).standing.state]
    rep.entered(member)
    seen.append(rep.seen(member).standing.state)
    proposal = rep.proposed(member)
    seen.append(rep.seen(member).standing.state)
    revision = rep.agreed(member, proposal)
    seen.append(rep.seen(member).standing.state)
    rep.received(member)
    seen.append(rep.seen(member).standing.state)
    rep.decided(member, revision)
    seen.append(rep.seen(member).standing.state)
    assert seen == [
        State.NOT_STARTED,
        State.PREPARING,
        State.TO_APPROVE,
        State.TO_SEND,
        State.RECEIVED,
        State.ACCEPTED,
    ]


def test_nobody_approves_what_they_prepared(member: UUID) -> None:
    both = make.actor("chair", member)
    proposal = rep.proposed(member, by=both)
    with pytest.raises(NotAllowedError):
        rep.agreed(member, proposal, by=both)


def test_nobody_approves_values_they_entered_although_another_sent_them(member: UUID) -> None:
    both, coordinator = make.actor("chair", member), make.actor("coordinator", member)
    rep.entered(member, by=both)
    proposal = make.writing(member, lambda: proposals.propose(coordinator, make.found(member), MONTH, values={}).id)
    with pytest.raises(NotAllowedError):
        rep.agreed(member, proposal, by=both)
    rep.agreed(member, proposal)


def test_whoever_wrote_over_what_another_entered_stands_for_it_and_the_other_may_approve(member: UUID) -> None:
    chair, coordinator = make.actor("chair", member), make.actor("coordinator", member)
    rep.entered(member, by=coordinator)
    make.writing(
        member,
        lambda: drafts.keep_draft(
            chair, make.found(member), MONTH, values={"cells": {"attendances": Cell.counted(110)}}
        ),
    )
    proposal = rep.proposed(member, by=coordinator)
    assert rep.seen(member).rows.proposals[0].authors == [coordinator.label]
    rep.agreed(member, proposal, by=chair)


@pytest.mark.parametrize("table", ["answer", "author", "revision"])
def test_the_database_itself_refuses_an_approval_of_ones_own(member: UUID, table: str) -> None:
    chair, coordinator = make.actor("chair", member), make.actor("coordinator", member)
    rep.entered(member, by=chair)
    proposal = make.writing(member, lambda: proposals.propose(coordinator, make.found(member), MONTH, values={}).id)

    def forge() -> None:
        row = db.session.get_one(ReturnProposal, (member, proposal))
        if table != "revision":
            db.session.add(
                ProposalAnswer(
                    member_id=member,
                    id=ids.new(),
                    proposal_id=row.id,
                    values_hash=row.values_hash,
                    prepared_by=row.prepared_by,
                    authors=row.authors,
                    verdict=Answer.APPROVE,
                    reason="",
                    at=clock.now(),
                    actor=row.prepared_by if table == "answer" else chair.label,
                    role="chair",
                )
            )
        else:
            made = proposals._revision(make.actor("chair", member), row)
            made.approved_by = row.prepared_by
            db.session.add(made)
        db.session.flush()

    with pytest.raises(ConflictError) as refused:
        make.writing(member, forge)
    assert "another_person" in str(refused.value.__cause__)


def test_an_approval_of_other_values_than_were_shown_is_refused(member: UUID) -> None:
    proposal = rep.proposed(member)
    chair = make.actor("chair", member)
    with refused("other_values"):
        make.writing(
            member,
            lambda: proposals.approve(
                chair, make.found(member), proposal_by_id(member, proposal), values={"values_hash": "0" * 64}
            ),
        )


def test_what_waits_for_approval_is_not_changed_and_what_was_given_back_is_sent_anew(member: UUID) -> None:
    first = rep.proposed(member)
    with refused("to_approve"):
        rep.entered(member, attendances=130)
    rep.given_back(member, first)
    second = rep.proposed(member, attendances=130)
    rows = rep.seen(member).rows.proposals
    assert [(each.id, each.revision, each.sending) for each in rows] == [(first, 1, 1), (second, 1, 2)]
    assert rows[0].values_hash != rows[1].values_hash


def test_a_proposal_sent_twice_is_one(member: UUID) -> None:
    rep.entered(member)
    preparer, record_id = make.actor("coordinator", member), ids.new()

    def propose() -> UUID:
        return proposals.propose(preparer, make.found(member), MONTH, values={"record_id": record_id}).id

    assert make.writing(member, propose) == make.writing(member, propose)
    assert len(rep.seen(member).rows.proposals) == 1


def test_without_an_answer_to_every_question_nothing_is_sent(member: UUID) -> None:
    preparer = make.actor("coordinator", member)
    with pytest.raises(InvalidError) as wrong:
        make.writing(member, lambda: proposals.propose(preparer, make.found(member), MONTH, values={}))
    assert {each.field for each in wrong.value.fields} == {f"{each}_number" for each in Indicator}


def test_a_hard_rule_is_not_explained_away(member: UUID) -> None:
    with pytest.raises(InvalidError):
        rep.proposed(member, attendances=20, first_time_attendances=21)


def test_what_is_unusual_needs_an_explanation(member: UUID) -> None:
    preparer = make.actor("coordinator", member)

    def send() -> Any:
        found = make.found(member)
        drafts.keep_draft(preparer, found, MONTH, values={"cells": rep.cells(attendances=2000)})
        return proposals.propose(preparer, found, MONTH, values={})

    with pytest.raises(InvalidError) as wrong:
        make.writing(member, send)
    assert [each.field for each in wrong.value.fields] == ["attendance_per_meeting_attendances_why"]


def test_a_month_that_is_not_over_is_kept_but_not_sent(member: UUID) -> None:
    with pytest.raises(ConflictError):
        rep.proposed(member, date(2026, 11, 1))


def test_a_returned_month_is_sent_again_as_the_next_revision(member: UUID) -> None:
    first = rep.approved(member)
    rep.received(member)
    rep.decided(member, first, IntakeState.RETURNED)
    second = rep.approved(member, attendances=125)
    rows = [rep.revision(member, each) for each in (first, second)]
    assert [(each.revision, each.kind) for each in rows] == [(1, ReturnKind.ORIGINAL), (2, ReturnKind.RESUBMISSION)]


def test_what_was_accepted_changes_only_by_grant_and_counts_until_a_correction_is_accepted(member: UUID) -> None:
    first = rep.accepted(member)
    with refused("accepted"):
        rep.entered(member, attendances=130)
    request = rep.asked(member)
    with refused("accepted"):
        rep.entered(member, attendances=130)
    rep.answered(member, request)
    second = rep.approved(member, attendances=130)
    rep.received(member)
    before = rep.seen(member)
    rep.decided(member, second)
    after = rep.seen(member)
    assert before.official is not None
    assert after.official is not None
    assert (before.official.id, after.official.id, after.official.kind) == (first, second, ReturnKind.CORRECTION)


def test_a_refused_or_lapsed_correction_changes_nothing(member: UUID) -> None:
    rep.accepted(member)
    rep.answered(member, rep.asked(member), GrantVerdict.REFUSED)
    with refused("accepted"):
        rep.entered(member)
    rep.answered(member, rep.asked(member), until=date(2026, 11, 12))
    proposal = rep.proposed(member, attendances=130)
    with (
        clock.running(clock.fixed(datetime(2026, 11, 13, 9, 0, tzinfo=UTC))),
        refused("no_grant"),
    ):
        rep.agreed(member, proposal)


def test_nobody_accepts_a_return_they_prepared_or_approved(member: UUID) -> None:
    officer = make.actor("data_officer")
    revision = rep.approved(member, by=make.actor("coordinator", member))
    rep.received(member)
    row = rep.revision(member, revision)
    twin = type(officer)(label=row.prepared_by, account_id=officer.account_id, mandates=officer.mandates)
    with pytest.raises(NotAllowedError):
        rep.decided(member, revision, by=twin)


def with_roles(*roles: tuple[str, UUID | None]) -> Actor:
    """Make somebody with several roles, the oldest first."""
    people = [make.actor(*each) for each in roles]
    return replace(people[0], mandates=tuple(each.mandates[0] for each in people))


@pytest.mark.parametrize("first", ["coordinator", "auditor"])
def test_who_approves_does_it_in_the_role_that_lets_them(member: UUID, first: str) -> None:
    chair = with_roles((first, member if first == "coordinator" else None), ("chair", member))
    revision = rep.agreed(member, rep.proposed(member), by=chair)
    rep.received(member)
    assert rep.revision(member, revision).approved_role == "chair"
    assert rep.seen(member, at_home=False).standing.state is State.RECEIVED


def test_nobody_decides_for_sri_about_a_country_they_have_a_role_in(member: UUID) -> None:
    both = with_roles(("data_officer", None), ("coordinator", member))
    revision = rep.approved(member)
    rep.received(member)
    with pytest.raises(NotAllowedError):
        rep.decided(member, revision, by=both)


def test_nobody_accepts_values_they_entered_although_others_sent_and_approved_them(member: UUID) -> None:
    officer = make.actor("data_officer")
    rep.entered(member, by=replace(make.actor("coordinator", member), label=officer.label))
    revision = rep.agreed(member, rep.sent(member))
    rep.received(member)
    with pytest.raises(NotAllowedError):
        rep.decided(member, revision, by=officer)


def test_who_had_part_takes_it_back_where_nobody_else_can_approve(member: UUID) -> None:
    administrator, chair = make.actor("member_administrator", member), make.actor("chair", member)
    rep.entered(member, by=administrator)
    proposal = rep.sent(member, by=chair)
    for each in (administrator, chair):
        with pytest.raises(NotAllowedError):
            rep.agreed(member, proposal, by=each)
    with pytest.raises(NotAllowedError):
        rep.given_back(member, proposal, by=make.actor("coordinator", member))
    rep.given_back(member, proposal, by=administrator)
    assert rep.seen(member).standing.state is State.GIVEN_BACK
    rep.approved(member)
    assert rep.seen(member).standing.state is State.TO_SEND


def test_other_values_than_were_looked_over_are_not_sent(member: UUID) -> None:
    rep.entered(member)
    looked_at = rep.read(lambda: cells_hash(drafts.working_on(month_of(make.found(member), MONTH, at_home=True)).cells))
    rep.entered(member, attendances=121)
    with refused("other_values"):
        rep.sent(member, shown=looked_at)
    assert rep.seen(member).standing.state is State.PREPARING


def test_a_month_stays_accepted_when_what_came_after_led_nowhere(member: UUID) -> None:
    first = rep.approved(member)
    rep.received(member)
    rep.decided(member, first, IntakeState.RETURNED)
    rep.approved(member, attendances=121)
    rep.received(member)
    rep.decided(member, rep.seen(member).rows.revisions[-1].id)
    rep.answered(member, rep.asked(member), until=date(2026, 11, 12))
    rep.given_back(member, rep.proposed(member, attendances=130))
    assert rep.seen(member).standing.state is State.GIVEN_BACK
    with clock.running(clock.fixed(datetime(2026, 11, 13, 9, 0, tzinfo=UTC))):
        assert rep.seen(member).standing.state is State.ACCEPTED


def test_the_last_day_of_a_grant_is_a_day_of_the_country(november: None) -> None:
    rep.catalogue()
    islands = make.member("QN", MemberState.LICENSED, time_zone="Pacific/Kiritimati")
    rep.accepted(islands)
    request = rep.asked(islands)
    with clock.running(clock.fixed(datetime(2026, 11, 10, 20, 0, tzinfo=UTC))):
        with pytest.raises(InvalidError):
            rep.answered(islands, request, until=date(2026, 11, 10))
        rep.answered(islands, request, until=date(2026, 11, 11))


def test_what_is_approved_is_exactly_what_was_proposed_and_a_row_never_changes(member: UUID) -> None:
    revision = rep.approved(member)

    def change() -> int:
        wanted = sa.update(ReturnRevision).where(ReturnRevision.id == revision).values(cells=[])
        return db.session.execute(wanted).rowcount  # pyright: ignore[reportAttributeAccessIssue]

    assert make.writing(member, change) == 0
    view = rep.seen(member)
    assert view.rows.revisions[0].cells == view.rows.proposals[0].cells
    assert make.writing(member, lambda: month_of(make.found(member), MONTH, at_home=False).proposal) is None
