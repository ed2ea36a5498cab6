"""The months the demonstration writes whole are such as operations would have left them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.cli.demo import hosted, people
from sri_admin.cli.demo.countries import COUNTRIES
from sri_admin.cli.demo.days import live
from sri_admin.cli.demo.past import Habit, Past, came
from sri_admin.kernel import clock
from sri_admin.kernel.actor import system
from sri_admin.kernel.db import db
from sri_admin.members.rules.member import MemberState, Transition
from sri_admin.people.rules import Role
from sri_admin.reporting.models.returns import ReturnIntake, ReturnRevision
from sri_admin.reporting.operations.intake import receive
from sri_admin.reporting.rules.months import due_on, last_months
from sri_admin.reporting.rules.standing import IntakeState
from tests.make import members as make
from tests.make import reporting as rep

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.usefixtures("database")
def test_sri_would_take_in_every_month_that_was_written_whole() -> None:
    with clock.running(clock.fixed(NOW)):
        rep.catalogue()
        member_id, months = make.member("QM", MemberState.LICENSED), last_months(NOW.date(), 12)
        deeds = list(_past(member_id).deeds(months, Habit(meetings=30, late=20, missing=10)))
        live([(day, member_id, do) for day, do in deeds], [member_id, make.hub()])
        states = make.writing(member_id, lambda: _judged_anew(member_id))
    assert states == [IntakeState.RECEIVED] * len(deeds)
    assert 8 <= len(deeds) <= 12


def _past(member_id: UUID) -> Past:
    coordinator, chair = (people.invented(role, member_id) for role in (Role.COORDINATOR, Role.CHAIR))
    return Past(member_id, "QM", coordinator, chair, people.invented(Role.DATA_OFFICER, make.hub()))


def _judged_anew(member_id: UUID) -> list[IntakeState]:
    db.session.execute(sa.delete(ReturnIntake).where(ReturnIntake.member_id == member_id))
    member = make.found(member_id)
    rows = db.session.scalars(sa.select(ReturnRevision).order_by(ReturnRevision.month)).all()
    taken = [receive(system("test"), member, each) for each in rows]
    return [each.state for each in taken if each]


def test_every_country_that_was_licensed_reports_and_not_always_in_time() -> None:
    steps = {each.code: {step.transition for step in each.steps} for each in COUNTRIES}
    gone = {Transition.WITHDRAW, Transition.TERMINATE}
    licensed = {code for code, taken in steps.items() if Transition.LICENSE in taken and not taken & gone}
    assert licensed == {"QM", "QN", hosted.WITH_BOARD, *hosted.HABITS}
    with clock.running(clock.fixed(NOW)):
        months = last_months(NOW.date(), 12)
        days = {code: came(code, months, habit) for code, habit in hosted.HABITS.items()}
        due = {month: (due_on(month) - NOW.date()).days for month in months}
    assert min(map(len, days.values())) > 0
    assert any(len(each) < 12 for each in days.values())
    assert any(day > due[month] for each in days.values() for month, day in each.items())
    assert all(day < 0 for each in days.values() for day in each.values())
