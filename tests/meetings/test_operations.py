"""Meetings through the operations: who may, what is refused, what the database itself holds, what is kept."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.kernel import audit, clock, ids, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError, InvalidError, NotAllowedError, StaleError
from sri_admin.meetings.models.community import Community
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting, MeetingEvent, MeetingLeader, PastSchedule
from sri_admin.meetings.operations import communities, leaders, logs, meetings
from sri_admin.meetings.queries.lives import life_of
from sri_admin.meetings.rules.community import CommunityKind
from sri_admin.meetings.rules.log import Outcome
from sri_admin.meetings.rules.meeting import MeetingState, Reason, Step
from sri_admin.meetings.sync import KINDS
from sri_admin.people.rules import Role
from tests.make import meetings as meet
from tests.make import members as make
from tests.make import people

pytestmark = pytest.mark.usefixtures("database", "_in_april")
TUESDAY = date(2026, 4, 14)
AT_HOME = {"member_id", "id", "search", "version"}


@pytest.fixture
def _in_april() -> Iterator[None]:
    with clock.running(clock.fixed(datetime(2026, 4, 15, 9, 0, tzinfo=UTC))):
        yield


@pytest.fixture
def member() -> UUID:
    return make.member("QM")


def read(member_id: UUID, body: Any) -> Any:
    with transaction.reading(tenancy.only(member_id)):
        found = body()
        db.session.expunge_all()  # what was read outlives its transaction
        return found


def changed(member_id: UUID, meeting_id: UUID, *, by: Actor | None = None, **values: Any) -> None:
    """Correct a meeting; what is not named stays as the builder says it."""
    somebody = by or meet.coordinator(member_id)

    def change() -> None:
        row = meet.found(member_id, meeting_id)
        said = {**meet.described(), "name": "Harbour library", "community_id": row.community_id, **values}
        meetings.describe_meeting(somebody, row, values=said)

    make.writing(member_id, change)


def evenings(member_id: UUID, meeting_id: UUID, month: int = 4) -> list[int]:
    def look() -> list[int]:
        life = life_of(meet.found(member_id, meeting_id))
        return [each.day for each in life.evenings(date(2026, month, 1), date(2026, month, 28))] if life else []

    return read(member_id, look)


def test_the_same_id_again_answers_with_the_first_meeting(member: UUID) -> None:
    key = ids.new()
    assert meet.meeting(member, state=MeetingState.PROPOSED, id=key) == key
    assert meet.meeting(member, "Another name", state=MeetingState.PROPOSED, id=key) == key
    assert read(member, lambda: str(meet.found(member, key).names)) == "Harbour library"


def test_a_name_is_kept_in_the_language_of_the_country() -> None:
    arabic = make.member("QN", default_locale="ar")
    made = meet.meeting(arabic, "مكتبة الميناء")
    assert read(arabic, lambda: meet.found(arabic, made).names.source) == "ar"
    changed(arabic, made, name="المكتبة")
    assert read(arabic, lambda: meet.found(arabic, made).names.texts) == {"ar": "المكتبة"}


@pytest.mark.parametrize("role", ["facilitator", "chair", "member_data_officer", "sri_director"])
def test_only_coordinator_and_administrator_keep_meetings(member: UUID, role: str) -> None:
    made = meet.meeting(member)
    stranger = make.actor(role, None if role == "sri_director" else member)
    with pytest.raises(NotAllowedError):
        changed(member, made, by=stranger, name="Taken over")
    with pytest.raises(NotAllowedError):
        make.writing(
            member, lambda: meetings.take_step(stranger, meet.found(member, made), values={"step": Step.CONFIRM})
        )


def test_a_coordinator_of_another_country_changes_nothing(member: UUID) -> None:
    made, other = meet.meeting(member), make.member("QN")
    with pytest.raises(NotAllowedError):
        changed(member, made, by=meet.coordinator(other), name="Taken over")


def test_a_meeting_that_was_changed_meanwhile_is_not_overwritten(member: UUID) -> None:
    made = meet.meeting(member)
    changed(member, made, name="Old library")
    with pytest.raises(StaleError):
        changed(member, made, name="New library", version=3)


def test_a_step_is_kept_with_its_reason_and_repeats_change_nothing(member: UUID) -> None:
    made, key = meet.meeting(member), ids.new()
    for _time in range(2):
        meet.step(member, made, Step.HOLD, on=TUESDAY, reason=Reason.HOLIDAY, record_id=key)
    rows = read(member, lambda: db.session.scalars(sa.select(MeetingEvent).order_by(MeetingEvent.number)).all())
    assert [(each.number, each.step) for each in rows] == [(1, "approve"), (2, "activate"), (3, "hold")]
    assert (rows[-1].reason, rows[-1].on) == (Reason.HOLIDAY, TUESDAY)


def test_the_first_active_day_stays_and_a_confirmation_moves_only_its_own_day(member: UUID) -> None:
    made = meet.meeting(member)
    meet.step(member, made, Step.HOLD, on=date(2026, 3, 1))
    meet.step(member, made, Step.RESUME, on=date(2026, 3, 20))
    meet.step(member, made, Step.CONFIRM, on=TUESDAY)
    row = read(member, lambda: meet.found(member, made))
    assert (row.opened_on, row.state_since, row.confirmed_on) == (date(2025, 1, 7), date(2026, 3, 20), TUESDAY)


def test_a_meeting_that_moves_keeps_its_earlier_evenings(member: UUID) -> None:
    made = meet.meeting(member)
    changed(member, made, weekday=4, first_on=date(2026, 4, 13))
    assert evenings(member, made) == [7, 16, 23]
    kept = read(member, lambda: db.session.scalars(sa.select(PastSchedule)).all())
    assert [(each.weekday, each.first_on) for each in kept] == [(2, date(2025, 1, 7))]


def test_a_corrected_hour_is_no_new_schedule(member: UUID) -> None:
    made = meet.meeting(member)
    changed(member, made, starts_at=time(19, 0))
    assert read(member, lambda: db.session.scalars(sa.select(PastSchedule)).all()) == []


def test_a_new_schedule_never_begins_before_an_earlier_one(member: UUID) -> None:
    made = meet.meeting(member)
    changed(member, made, weekday=4, first_on=date(2026, 4, 13))
    with pytest.raises(InvalidError) as refused:
        changed(member, made, weekday=5, first_on=date(2025, 1, 1))
    assert refused.value.fields[0].field == "first_on"


def test_a_meeting_belongs_to_a_community_of_its_own_country(member: UUID) -> None:
    other = make.member("QN")
    with pytest.raises(InvalidError):
        meet.meeting(member, community_id=meet.community(other))


def test_the_database_itself_refuses_a_circle(member: UUID) -> None:
    land = meet.community(member, "Land")
    town = meet.community(member, "Town", parent_id=land)

    def forge() -> None:
        db.session.get_one(Community, (member, land)).parent_id = town
        db.session.flush()
        db.session.execute(sa.text("set constraints all immediate"))

    with pytest.raises(ConflictError):
        make.writing(member, forge)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": MeetingState.ON_HOLD},
        {"state": MeetingState.CLOSED, "reason": None},
        {"reason": Reason.OTHER},
        {"expected_return": date(2026, 6, 1)},
        {"opened_on": None},
        {"weekday": 8},
        {"every_weeks": 3},
        {"minutes": 0},
    ],
)
def test_the_database_itself_refuses_a_meeting_that_contradicts_itself(member: UUID, wrong: dict[str, Any]) -> None:
    made = meet.meeting(member)

    def forge() -> None:
        for name, value in wrong.items():
            setattr(meet.found(member, made), name, value)
        db.session.flush()

    with pytest.raises(ConflictError):
        make.writing(member, forge)


def test_a_facilitator_logs_the_meetings_that_are_led_and_no_others(member: UUID) -> None:
    led, other, sam = meet.meeting(member), meet.meeting(member, "Barn"), people.person(Role.FACILITATOR, member)
    lead = meet.leader(member, led, sam.account_id)
    meet.logged(member, led, TUESDAY, by=sam.actor)
    with pytest.raises(NotAllowedError):
        meet.logged(member, other, TUESDAY, by=sam.actor)
    boss = meet.coordinator(member)
    make.writing(member, lambda: leaders.end_leader(boss, db.session.get_one(MeetingLeader, (member, lead))))
    with pytest.raises(NotAllowedError):
        meet.logged(member, led, TUESDAY, by=sam.actor)


def test_somebody_without_access_here_leads_nothing(member: UUID) -> None:
    stranger = people.person(Role.FACILITATOR, make.member("QN"))
    with pytest.raises(InvalidError):
        meet.leader(member, meet.meeting(member), stranger.account_id)


def test_naming_somebody_twice_is_one_lead(member: UUID) -> None:
    made, sam = meet.meeting(member), people.person(Role.FACILITATOR, member)
    assert meet.leader(member, made, sam.account_id) == meet.leader(member, made, sam.account_id)


def test_the_latest_log_counts_and_every_earlier_one_stays(member: UUID) -> None:
    made = meet.meeting(member)
    for number in (61, 16):
        meet.logged(member, made, TUESDAY, people=number)
    rows = read(member, lambda: db.session.scalars(sa.select(MeetingLog).order_by(MeetingLog.revision)).all())
    assert [(each.revision, each.people) for each in rows] == [(1, 61), (2, 16)]


def test_the_same_log_twice_is_kept_once(member: UUID) -> None:
    made = meet.meeting(member)
    assert meet.logged(member, made, TUESDAY) == meet.logged(member, made, TUESDAY)


def test_a_log_is_never_changed_in_place(member: UUID) -> None:
    log = meet.logged(member, meet.meeting(member), TUESDAY)
    changed_rows = sa.update(MeetingLog).values(people=99)
    make.writing(member, lambda: db.session.execute(changed_rows))
    assert read(member, lambda: meet.found_log(member, log).people) == 9


@pytest.mark.parametrize("on", [date(2026, 4, 16), date(2024, 12, 31), date(2026, 3, 10)])
def test_an_evening_to_come_before_the_first_or_during_a_hold_is_not_logged(member: UUID, on: date) -> None:
    made = meet.meeting(member, first_on=date(2026, 1, 6))
    meet.step(member, made, Step.HOLD, on=date(2026, 3, 1))
    meet.step(member, made, Step.RESUME, on=date(2026, 3, 20))
    with pytest.raises((InvalidError, ConflictError)):
        meet.logged(member, made, on)


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": 0, "first_time": 0},
        {"people": 3, "first_time": 4},
        {"people": 1000},
        {"outcome": Outcome.CANCELLED_PLANNED},
        {"outcome": Outcome.NOBODY_CAME},
        {"revision": 0},
    ],
)
def test_the_database_itself_refuses_a_log_that_contradicts_itself(member: UUID, wrong: dict[str, Any]) -> None:
    made = meet.meeting(member)
    sound: dict[str, Any] = {"outcome": Outcome.HELD, "people": 9, "first_time": 2, "revision": 1, "led_by": []}

    def forge() -> None:
        row = {**sound, **wrong, "on": TUESDAY, "meeting_id": made, "actor": "x", "role": "x"}
        db.session.add(MeetingLog(member_id=member, id=ids.new(), **row))
        db.session.flush()

    with pytest.raises(ConflictError):
        make.writing(member, forge)


def test_where_another_installation_serves_the_country_nothing_is_entered(member: UUID) -> None:
    made, sam = meet.meeting(member), people.person(Role.FACILITATOR, member)
    make.move_to_node(member)
    for act in (
        lambda: meet.logged(member, made, TUESDAY),
        lambda: meet.leader(member, made, sam.account_id),
        lambda: meet.step(member, made, Step.CONFIRM),
        lambda: meet.community(member, "Elsewhere"),
    ):
        with pytest.raises(ElsewhereError):
            act()


def test_everything_written_passes_its_own_wire_check(member: UUID) -> None:
    made = meet.meeting(member, "Barn", community_id=meet.community(member, "Hills", kind=CommunityKind.RURAL))
    changed(member, made, weekday=4, first_on=date(2026, 4, 13))
    meet.step(member, made, Step.HOLD, expected_return=date(2026, 6, 1))

    def look() -> set[str]:
        rows = [(kind, row) for kind in KINDS for row in db.session.scalars(sa.select(kind.model))]
        assert [kind.name for kind, row in rows if not kind.accepts(kind.payload(row))] == []
        return {kind.name for kind, _row in rows}

    assert read(member, look) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_travels_is_every_column_but_those_of_the_installation(kind: Any) -> None:
    assert set(kind.schema().fields) == set(kind.table.columns.keys()) - AT_HOME


def test_no_event_in_history_holds_a_number_of_people(member: UUID) -> None:
    made = meet.meeting(member)
    meet.logged(member, made, TUESDAY, people=123)
    entries = read(member, lambda: audit.entries_about(member, made))
    told = [each.values for each in entries if each.event == "meetings.MeetingLogged"]
    assert told == [{"on": "2026-04-14", "outcome": "held", "is_correction": False}]


def test_a_community_of_another_country_is_no_parent(member: UUID) -> None:
    other, boss = make.member("QN"), meet.coordinator(member)
    foreign = meet.community(other)
    values = {"name": "Town", "kind": CommunityKind.CITY, "parent_id": foreign}
    with pytest.raises(InvalidError):
        make.writing(member, lambda: communities.enter_community(boss, make.found(member), values=values))


def test_taking_back_leaves_the_evening_open(member: UUID) -> None:
    made, boss = meet.meeting(member), meet.coordinator(member)
    meet.logged(member, made, TUESDAY)
    make.writing(member, lambda: logs.take_back_log(boss, meet.found(member, made), values={"on": TUESDAY}))
    meet.logged(member, made, TUESDAY, people=7)
    rows = read(member, lambda: db.session.scalars(sa.select(MeetingLog.outcome).order_by(MeetingLog.revision)).all())
    assert rows == [Outcome.HELD, Outcome.TAKEN_BACK, Outcome.HELD]


def test_meetings_are_counted_apart_by_country(member: UUID) -> None:
    meet.meeting(make.member("QN"))
    assert read(member, lambda: db.session.scalars(sa.select(Meeting)).all()) == []
