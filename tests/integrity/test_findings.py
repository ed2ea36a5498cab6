"""Findings through the operations: who may do what, in which order, and what a critical one holds back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.integrity.models.finding import CorrectiveAction, FindingStep
from sri_admin.integrity.operations.findings import SOURCE
from sri_admin.integrity.rules.finding import MOST_EXTENSIONS, OVER, Cause, FindingState, Move, Reply, Severity
from sri_admin.integrity.sync import FINDING_KINDS
from sri_admin.kernel import clock, ids, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError, InvalidError, NotAllowedError, NotFoundError
from sri_admin.members.queries.blocks import open_blocks
from sri_admin.members.rules.member import MemberState
from tests.make import findings as fi
from tests.make import integrity as it
from tests.make import members as make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def member() -> UUID:
    """A licensed country."""
    return make.member("QM", MemberState.LICENSED)


def held(member: UUID) -> list[UUID]:
    """Return the findings that hold renewals back."""
    with transaction.reading(tenancy.only(member)):
        return [each.source_id for each in open_blocks(member) if each.source_kind == SOURCE]


def test_a_finding_goes_from_its_issue_through_action_and_verification_to_its_close(member: UUID) -> None:
    made = fi.issued(member)
    seen = [fi.state(member, made)]
    for act in (fi.replied, fi.planned, fi.reported):
        act(member, made)
        seen.append(fi.state(member, made))
    fi.verified(member, made, Move.NOT_EFFECTIVE)
    seen.append(fi.state(member, made))
    fi.reported(member, made)
    fi.verified(member, made)
    assert [*seen, fi.state(member, made)] == [
        FindingState.ISSUED,
        FindingState.ACKNOWLEDGED,
        FindingState.PLANNED,
        FindingState.REPORTED,
        FindingState.NOT_EFFECTIVE,
        FindingState.CLOSED,
    ]


def test_it_copies_what_was_asked_counts_its_number_and_has_its_day(member: UUID) -> None:
    snapshot = fi.reviewed(member)
    made = [fi.issued(member, snapshot, severity=each) for each in (Severity.MINOR, Severity.OBSERVATION)]
    found = [fi.look(member, each, lambda row: (row.finding.ref_no, row.finding.due_on)) for each in made]
    year, today = clock.today().year, clock.today()
    assert found == [(f"F-QM-{year}-01", today + timedelta(days=180)), (f"F-QM-{year}-02", None)]
    assert fi.look(member, made[0], lambda row: str(row.finding.title)) == "Everybody finds a way in"
    assert fi.look(member, made[0], lambda row: len(row.finding.reviewers)) == 1


def test_sent_twice_it_is_issued_once(member: UUID) -> None:
    snapshot, again = fi.reviewed(member), ids.new()
    assert fi.issued(member, snapshot, record_id=again) == fi.issued(member, snapshot, record_id=again)


def test_nothing_is_found_in_an_answer_nobody_reviewed(member: UUID) -> None:
    snapshot = it.handed_in(member, it.called(member))
    it.received(member, snapshot)
    with pytest.raises(ConflictError):
        fi.issued(member, snapshot)


def test_who_issued_or_reviewed_or_did_it_never_verifies_it(member: UUID) -> None:
    reviewer, issuer = make.actor("integrity_lead"), make.actor("integrity_lead")
    made = fi.issued(member, fi.reviewed(member, by=reviewer), by=issuer)
    fi.done(member, made)
    for somebody in (reviewer, issuer):
        with pytest.raises(NotAllowedError):
            fi.verified(member, made, by=somebody)
    fi.verified(member, made)
    assert fi.state(member, made) is FindingState.CLOSED


def test_who_reviewed_the_answers_anew_after_the_finding_does_not_verify_it(member: UUID) -> None:
    snapshot, late = fi.reviewed(member), make.actor("integrity_lead")
    made = fi.issued(member, snapshot)
    it.reviewed(member, snapshot, fi.CRITERION, by=late)
    fi.done(member, made)
    with pytest.raises(NotAllowedError):
        fi.verified(member, made, by=late)


def test_who_issued_it_does_not_decide_whether_the_country_is_right(member: UUID) -> None:
    lead = make.actor("integrity_lead")
    made = fi.issued(member, by=lead)
    fi.replied(member, made, Reply.DISPUTE)
    with pytest.raises(NotAllowedError):
        fi.decided(member, made, Move.CONFIRM, by=lead)
    fi.decided(member, made, Move.CONFIRM)
    assert fi.state(member, made) is FindingState.ACKNOWLEDGED


@pytest.mark.parametrize("role", ["chair", "coordinator", "auditor", "training_lead"])
def test_nobody_else_issues_or_verifies(member: UUID, role: str) -> None:
    somebody = make.actor(role, member if role in {"chair", "coordinator"} else None)
    made = fi.issued(member)
    fi.done(member, made)
    with pytest.raises(NotAllowedError):
        fi.verified(member, made, by=somebody)
    with pytest.raises(NotAllowedError):
        fi.issued(member, fi.look(member, made, lambda row: row.finding.snapshot_id), by=somebody)


def test_only_who_signs_for_the_country_answers_a_finding(member: UUID) -> None:
    made = fi.issued(member)
    for somebody in (make.actor("coordinator", member), make.actor("chair", make.member("QN")), make.actor()):
        with pytest.raises(NotAllowedError):
            fi.replied(member, made, by=somebody)


def forged(member: UUID, finding_id: UUID, **changed: Any) -> None:
    """Write a verification past the operation."""

    def write() -> None:
        row = fi.finding_by_id(member, finding_id)
        values = {
            "member_id": member,
            "id": ids.new(),
            "finding_id": finding_id,
            "place": len(row.steps) + 1,
            "move": Move.EFFECTIVE,
            "reason": "",
            "about": row.standing.report_id,
            "issuer": row.finding.actor,
            "reviewers": row.finding.reviewers,
            "doers": ["usr-somebody"],
            "at": clock.now(),
            "actor": "usr-another",
            "role": "sri_director",
        }
        db.session.add(FindingStep(**{**values, **changed}))
        db.session.flush()
        db.session.execute(sa.text("set constraints all immediate"))

    make.writing(member, write)


@pytest.mark.parametrize("who", ["issuer", "reviewer", "doer"])
def test_the_database_itself_refuses_that_somebody_verifies_their_own(member: UUID, who: str) -> None:
    made = fi.issued(member)
    fi.done(member, made)
    names = {
        "issuer": fi.look(member, made, lambda row: row.finding.actor),
        "reviewer": fi.look(member, made, lambda row: row.finding.reviewers[0]),
        "doer": "usr-somebody",
    }
    with pytest.raises(ConflictError):
        forged(member, made, actor=names[who])


@pytest.mark.parametrize("lie", [{"issuer": "usr-x"}, {"reviewers": []}, {"doers": []}])
def test_the_database_itself_knows_whose_finding_it_is(member: UUID, lie: dict[str, Any]) -> None:
    made = fi.issued(member)
    fi.done(member, made)
    with pytest.raises(ConflictError):
        forged(member, made, **lie)


def test_a_grave_finding_needs_its_cause_and_its_evidence(member: UUID) -> None:
    made = fi.issued(member)
    fi.replied(member, made)
    for lacking in ({"cause": None}, {"cause": Cause.OTHER, "cause_text": " "}):
        with pytest.raises(InvalidError):
            fi.planned(member, made, **lacking)
    fi.planned(member, made)
    with pytest.raises(InvalidError) as refused:
        fi.reported(member, made, evidence_ids=[])
    assert [each.field for each in refused.value.fields] == ["evidence_ids"]
    with pytest.raises(NotFoundError):
        fi.reported(member, made, evidence_ids=[ids.new()])


def test_a_minor_one_needs_neither(member: UUID) -> None:
    made = fi.issued(member, severity=Severity.MINOR)
    fi.replied(member, made)
    fi.planned(member, made, cause=None)
    fi.reported(member, made, evidence_ids=[])
    assert fi.state(member, made) is FindingState.REPORTED


def test_a_plan_later_than_the_day_of_sri_is_refused_until_more_time_is_given_twice_at_most(member: UUID) -> None:
    made, late = fi.issued(member), clock.today() + timedelta(days=100)
    fi.replied(member, made)
    with pytest.raises(InvalidError):
        fi.planned(member, made, due_on=late)
    fi.extended(member, made, days=15)
    fi.planned(member, made, due_on=late)
    fi.extended(member, made, days=15)
    with pytest.raises(ConflictError):
        fi.extended(member, made, days=15)
    assert fi.look(member, made, lambda row: row.standing.due_on) == clock.today() + timedelta(days=120)


@pytest.mark.parametrize("is_overdue", [False, True])
@pytest.mark.parametrize("extensions", range(MOST_EXTENSIONS + 1))
def test_every_open_finding_goes_on_without_more_time(member: UUID, extensions: int, is_overdue: bool) -> None:
    snapshot = fi.reviewed(member)
    refused = fi.issued(member, snapshot, severity=Severity.CRITICAL)
    others = fi.several(member, snapshot, severity=Severity.CRITICAL)
    for each in (refused, *others.values()) * extensions:
        fi.extended(member, each, days=15)
    fi.spread(member, others)
    fi.done(member, refused)
    fi.verified(member, refused, Move.NOT_EFFECTIVE)
    states = {fi.state(member, each): each for each in (refused, *others.values())}
    assert set(states) == set(FindingState) - OVER
    on = clock.now() + timedelta(days=200 if is_overdue else 1)
    with clock.running(lambda: on):
        assert [state for state, each in states.items() if not _goes_on(member, each)] == []


def _goes_on(member: UUID, finding: UUID) -> bool:
    acts = (
        lambda: fi.replied(member, finding),
        lambda: fi.planned(member, finding),
        lambda: fi.decided(member, finding, Move.CONFIRM),
        lambda: fi.verified(member, finding),
    )
    for act in acts:
        try:
            act()
        except (ConflictError, InvalidError):
            continue
        return True
    return False


def test_a_plan_made_late_may_go_beyond_the_day_and_the_finding_stays_overdue(member: UUID) -> None:
    made = fi.issued(member)
    fi.replied(member, made)
    on = clock.now() + timedelta(days=91)
    with clock.running(lambda: on):
        fi.planned(member, made, due_on=clock.today() + timedelta(days=10))
        assert fi.look(member, made, lambda row: row.standing.is_overdue(clock.today()))
        with pytest.raises(InvalidError):
            fi.planned(member, made, due_on=clock.today() - timedelta(days=1))


def test_more_time_is_later_than_before(member: UUID) -> None:
    made = fi.issued(member)
    with pytest.raises(InvalidError):
        fi.extended(member, made, days=-1)


def test_a_new_plan_takes_the_place_of_the_old_which_stays(member: UUID) -> None:
    made = fi.issued(member)
    fi.replied(member, made)
    plans = [fi.planned(member, made), fi.planned(member, made, what="The secretary prepares.")]
    assert fi.look(member, made, lambda row: [each.id for each in row.actions]) == plans
    assert fi.look(member, made, lambda row: row.action and row.action.what) == "The secretary prepares."


def test_a_critical_finding_holds_renewals_back_until_it_is_closed(member: UUID) -> None:
    made = fi.issued(member, severity=Severity.CRITICAL)
    assert held(member) == [made]
    fi.done(member, made)
    assert held(member) == [made]
    fi.verified(member, made, Move.NOT_EFFECTIVE)
    assert held(member) == [made]
    fi.reported(member, made)
    fi.verified(member, made)
    assert held(member) == []


def test_two_critical_findings_hold_until_both_are_closed(member: UUID) -> None:
    snapshot = fi.reviewed(member)
    first, second = (fi.issued(member, snapshot, severity=Severity.CRITICAL) for _each in range(2))
    for made, left in ((first, [second]), (second, [])):
        fi.done(member, made)
        fi.verified(member, made)
        assert held(member) == left


@pytest.mark.parametrize(
    ("move", "values", "state"),
    [
        (Move.WITHDRAW, {}, FindingState.WITHDRAWN),
        (Move.DOWNGRADE, {"severity": Severity.MINOR}, FindingState.ACKNOWLEDGED),
        (Move.DOWNGRADE, {"severity": Severity.OBSERVATION}, FindingState.CLOSED),
    ],
)
def test_a_dispute_that_is_upheld_lifts_what_was_held_back(
    member: UUID, move: Move, values: dict[str, Any], state: FindingState
) -> None:
    made = fi.issued(member, severity=Severity.CRITICAL)
    fi.replied(member, made, Reply.DISPUTE)
    assert held(member) == [made]
    fi.decided(member, made, move, **values)
    assert (fi.state(member, made), held(member)) == (state, [])


def test_a_finding_is_never_made_to_weigh_more_by_a_decision(member: UUID) -> None:
    made = fi.issued(member, severity=Severity.MINOR)
    fi.replied(member, made, Reply.DISPUTE)
    with pytest.raises(InvalidError):
        fi.decided(member, made, Move.DOWNGRADE, severity=Severity.MAJOR)


def test_good_practice_is_not_disputed(member: UUID) -> None:
    made = fi.issued(member, severity=Severity.GOOD_PRACTICE)
    with pytest.raises(ConflictError):
        fi.replied(member, made, Reply.DISPUTE)
    fi.replied(member, made)
    assert fi.state(member, made) is FindingState.CLOSED


def test_a_verification_of_an_older_report_is_refused(member: UUID) -> None:
    made = fi.issued(member)
    fi.done(member, made)
    with pytest.raises(ConflictError, match="reported anew"):
        fi.verified(member, made, report_id=ids.new())


def test_the_hub_does_not_answer_for_a_country_with_a_node(member: UUID) -> None:
    made = fi.issued(member)
    make.move_to_node(member)
    with pytest.raises(ElsewhereError):
        fi.replied(member, made)


def test_everything_the_operations_write_passes_its_own_wire_check(member: UUID) -> None:
    made = fi.issued(member, severity=Severity.CRITICAL)
    fi.replied(member, made, Reply.DISPUTE)
    fi.decided(member, made, Move.CONFIRM)
    fi.extended(member, made, days=5)
    fi.planned(member, made)
    fi.reported(member, made)
    fi.verified(member, made)
    with transaction.reading(tenancy.only(member)):
        for kind in FINDING_KINDS:
            rows = db.session.scalars(sa.select(kind.model)).all()
            assert rows, kind.name
            assert all(kind.accepts(kind.payload(row)) for row in rows), kind.name
            if kind.check is not None:
                payloads = {row.__getattribute__("id"): kind.payload(row) for row in rows}
                assert kind.check(member, payloads) == {}, kind.name


def test_names_of_people_stand_in_no_plan(member: UUID) -> None:
    made = fi.issued(member)
    fi.replied(member, made)
    fi.planned(member, made)
    assert "office" in CorrectiveAction.__table__.columns
    assert not {"owner", "owner_name", "person"} & set(CorrectiveAction.__table__.columns.keys())
