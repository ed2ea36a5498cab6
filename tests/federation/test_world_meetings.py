"""Meetings entered at an offline node arrive at the hub; logs and leaders are in no line; forgery is set aside."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sri_admin.federation.models import SyncAside, SyncLine
from sri_admin.kernel import database, ids
from sri_admin.kernel.actor import system
from sri_admin.kernel.db import db
from sri_admin.kernel.work import record
from sri_admin.meetings.events import CommunityDescribed, MeetingDescribed, MeetingStepTaken
from sri_admin.meetings.models.community import Community
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting, MeetingEvent, MeetingLeader
from sri_admin.meetings.queries.figures import MonthFigures, month_figures
from sri_admin.meetings.rules.meeting import STEPS, MeetingState, Step, steps_from
from sri_admin.meetings.sync import KINDS
from sri_admin.people.rules import Role
from tests.federation import invariants
from tests.federation.world import Site, World, answers
from tests.make import meetings as meet
from tests.make import people

FORGER = system("test")
TUESDAY = date(2026, 11, 17)
CHECKS_OF = sa.text("select conname from pg_constraint where conrelid = cast(:table as regclass) and contype = 'c'")


def rows(site: Site, member: UUID) -> dict[str, list[dict[str, Any]]]:
    """Return what an installation holds of the travelling records of a member's meetings, as they travel."""

    def look() -> dict[str, list[dict[str, Any]]]:
        return {
            kind.name: [
                {"id": row.__getattribute__("id"), **kind.payload(row)}
                for row in db.session.scalars(
                    sa.select(kind.model).where(kind.table.c.member_id == member).order_by(kind.table.c.id)
                )
            ]
            for kind in KINDS
        }

    return site.read(look)


def same_everywhere(world: World, member: UUID) -> bool:
    """Say whether the hub holds exactly what the node holds."""
    return rows(world.hub, member) == rows(world.nodes["QM"], member)


def test_what_an_offline_node_entered_arrives_at_the_hub(world: World) -> None:
    member, node, line = world.members["QM"], world.nodes["QM"], world.lines["QM"]
    line.always = answers(503)
    place = node.do(lambda: meet.community(member))
    made = node.do(lambda: meet.meeting(member, "مكتبة الميناء", community_id=place, first_on=date(2026, 1, 6)))
    node.do(lambda: meet.step(member, made, Step.HOLD, on=TUESDAY, expected_return=date(2026, 12, 12)))
    assert rows(world.hub, member)["meetings.meeting"] == []
    world.settle()
    invariants.at_rest(world)
    assert same_everywhere(world, member)
    assert world.hub.read(lambda: meet.found(member, made).search) == node.read(lambda: meet.found(member, made).search)
    assert rows(world.hub, member)["meetings.meeting"][0]["starts_at"] == "18:30:00"


def test_no_log_and_no_leader_is_in_any_line(world: World) -> None:
    member, node = world.members["QM"], world.nodes["QM"]

    def enter() -> UUID:
        made = meet.meeting(member, first_on=date(2026, 1, 6))
        sam = people.person(Role.FACILITATOR, member)
        meet.leader(member, made, sam.account_id)
        meet.logged(member, made, TUESDAY, people=123, first_time=45, by=sam.actor)
        return sam.account_id

    account = node.do(enter)
    world.settle()
    kinds = {"meetings.community", "meetings.meeting", "meetings.meeting_event"}
    for site in (world.hub, node):
        lines = site.read(lambda: db.session.execute(sa.select(SyncLine.kind, SyncLine.line)).all())
        of_meetings = {kind: bytes(line) for kind, line in lines if kind and kind.startswith("meetings.")}
        assert set(of_meetings) == kinds
        told = b"".join(bytes(line) for _kind, line in lines)
        assert (str(account).encode() in told, b'"first_time"' in told) == (False, False)
    here, there = (site.read(lambda: (_count(MeetingLog), _count(MeetingLeader))) for site in (node, world.hub))
    assert (here, there) == ((1, 1), (0, 0))


def _count(model: type[MeetingLog] | type[MeetingLeader]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_the_hub_expects_what_the_node_expects_but_knows_no_log(world: World) -> None:
    member, node = world.members["QM"], world.nodes["QM"]
    made = node.do(lambda: meet.meeting(member, first_on=date(2026, 1, 6)))
    node.do(lambda: meet.logged(member, made, TUESDAY))
    world.settle()

    def look() -> MonthFigures:
        return month_figures(member, date(2026, 11, 1))

    here, there = node.read(look), world.hub.read(look)
    assert (here.expected, here.logged, here.attendances) == (4, 1, 9)
    assert (there.expected, there.logged, there.attendances) == (4, 0, 0)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choices=st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_any_steps_with_exchanges_between_them_arrive_alike(made_world: World, choices: list[int]) -> None:
    made_world.reset()
    member, node = made_world.members["QM"], made_world.nodes["QM"]
    made = node.do(lambda: meet.meeting(member, state=MeetingState.PROPOSED, first_on=date(2026, 1, 6)))
    for choice in choices:
        open_steps = [*steps_from(node.read(lambda: meet.found(member, made).state)), None]
        taken = open_steps[choice % len(open_steps)]
        if taken is None:
            made_world.sync("QM")
        else:
            node.do(lambda taken=taken: meet.step(member, made, taken))
    made_world.settle()
    assert same_everywhere(made_world, member)


def circle(member: UUID) -> None:
    """Put the upper of two communities below the lower one."""
    land, town = db.session.scalars(sa.select(Community).order_by(Community.parent_id.nulls_first())).all()
    land.parent_id = town.id
    record(FORGER, CommunityDescribed(member_id=member, subject=land.id, changed=("parent_id",)), land)


def leap(member: UUID) -> None:
    """Let a step lead where none leads."""
    meeting = db.session.scalars(sa.select(Meeting)).one()
    event = MeetingEvent(
        member_id=member,
        id=ids.new(),
        meeting_id=meeting.id,
        number=9,
        step=Step.APPROVE,
        from_state=MeetingState.CLOSED,
        to_state=MeetingState.ACTIVE,
        on=TUESDAY,
        actor="usr_x",
        role="coordinator",
    )
    db.session.add(event)
    told = MeetingStepTaken(
        member_id=member,
        subject=meeting.id,
        step=Step.APPROVE,
        to_state=MeetingState.ACTIVE,
        on=TUESDAY,
        reason=None,
        expected_return=None,
    )
    record(FORGER, told, event)


def silence(member: UUID) -> None:
    """Put a meeting on hold without a reason."""
    meeting = db.session.scalars(sa.select(Meeting)).one()
    meeting.state = MeetingState.ON_HOLD
    record(FORGER, MeetingDescribed(member_id=member, subject=meeting.id, changed=("state",)), meeting)


@pytest.mark.parametrize("forge", [circle, leap, silence], ids=lambda each: each.__name__)
def test_what_no_operation_writes_is_set_aside_at_the_hub(world: World, forge: Callable[[UUID], None]) -> None:
    member, node = world.members["QM"], world.nodes["QM"]
    land = node.do(lambda: meet.community(member, "Land"))
    node.do(lambda: meet.community(member, "Town", parent_id=land))
    node.do(lambda: meet.meeting(member, community_id=land, first_on=date(2026, 1, 6)))
    world.settle()
    before = rows(world.hub, member)
    node.do(_without_guards)
    node.write(member, lambda: forge(member))
    world.sync("QM")
    set_aside = world.hub.read(lambda: db.session.scalars(sa.select(SyncAside)).all())
    assert len(set_aside) == 1
    assert rows(world.hub, member) == before


def _without_guards() -> None:
    """Take away what holds the rules in the database of a node that means harm."""
    engine = sa.create_engine(database.owner_url(), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("alter table community disable trigger community_no_circle"))
        for table in ("meeting", "meeting_event"):
            checks = sa.text(
                "select conname from pg_constraint where conrelid = cast(:name as regclass) and contype = 'c'"
            )
            for name in connection.scalars(checks, {"name": table}).all():
                connection.execute(sa.text(f'alter table {table} drop constraint "{name}"'))
    engine.dispose()


def test_every_step_of_the_table_is_one_the_database_knows(world: World) -> None:
    member, node = world.members["QM"], world.nodes["QM"]
    ways = [
        (Step.APPROVE, Step.SEND_BACK, Step.APPROVE, Step.ACTIVATE, Step.CONFIRM, Step.HOLD, Step.RESUME, Step.HOLD),
        (Step.CLOSE, Step.REOPEN, Step.CLOSE),
        (Step.APPROVE, Step.ACTIVATE, Step.CLOSE),
    ]
    for number, way in enumerate([(*ways[0], *ways[1]), ways[1], ways[2]]):
        made = node.do(
            lambda number=number: meet.meeting(
                member, f"Meeting {number}", state=MeetingState.PROPOSED, first_on=date(2026, 1, 6)
            )
        )
        for taken in way:
            node.do(lambda made=made, taken=taken: meet.step(member, made, taken))
    world.settle()
    told = {(each["step"], each["from_state"]) for each in rows(world.hub, member)["meetings.meeting_event"]}
    assert told == {(step.value, source.value) for step, rule in STEPS.items() for source in rule.sources}
