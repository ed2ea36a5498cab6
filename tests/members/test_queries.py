"""What is read about member countries, on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from sri_admin.kernel import clock, ids, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.text import Text
from sri_admin.members.models.agreement import Agreement, AgreementEventRow
from sri_admin.members.queries.agreements import agreements_of, agreements_page, current_agreement, shown_state_sql
from sri_admin.members.queries.members import members_page
from sri_admin.members.queries.territories import place_names
from sri_admin.members.rules.agreement import (
    AgreementKind,
    AgreementState,
    EventKind,
    ShownState,
    facts_of,
    shown_state,
)
from sri_admin.members.rules.member import MemberState
from tests.make import members as make

pytestmark = pytest.mark.usefixtures("database")
_FIRST = date(2026, 1, 1)
_days = st.integers(-20, 60).map(lambda days: _FIRST + timedelta(days=days))
_events = st.lists(st.tuples(st.sampled_from(EventKind), _days, st.one_of(st.none(), _days)), max_size=4)
_few = st.integers(0, 12)


@st.composite
def _lives(draw: st.DrawFn) -> dict[str, Any]:
    state = draw(st.sampled_from(AgreementState))
    starts_on = draw(_days)
    closed = state in {AgreementState.SUPERSEDED, AgreementState.TERMINATED, AgreementState.ENDED}
    unsigned = state in {AgreementState.OFFERED, AgreementState.WITHDRAWN}
    return {
        "state": state,
        "starts_on": starts_on,
        "ends_on": starts_on + timedelta(days=draw(st.integers(1, 40))),
        "notice_days": draw(_few),
        "grace_days": draw(_few),
        "closed_on": draw(_days) if closed else None,
        "signed_on": None if unsigned else starts_on,
        "events": draw(_events),
    }


def test_python_and_the_database_read_the_same_table_of_days() -> None:
    member_id = make.member("QM")

    @settings(max_examples=40, deadline=None)
    @given(lives=st.lists(_lives(), min_size=1, max_size=8), on=_days)
    def both_say_the_same(lives: list[dict[str, Any]], on: date) -> None:
        with transaction.writing(tenancy.only(member_id)):
            stored = [_store(member_id, each) for each in lives]
            rows = {agreement.id: (agreement, events) for agreement, events in stored}
            db.session.flush()
            found = sa.select(Agreement.id, shown_state_sql(sa.literal(on))).where(Agreement.id.in_(rows))
            in_sql = {row.id: row[1] for row in db.session.execute(found)}
            in_python = {key: shown_state(facts_of(*row), on).value for key, row in rows.items()}
        assert in_sql == in_python

    both_say_the_same()


def _store(member_id: UUID, life: dict[str, Any]) -> tuple[Agreement, list[AgreementEventRow]]:
    kept = {name: value for name, value in life.items() if name != "events"}
    agreement = Agreement(
        member_id=member_id,
        id=ids.new(),
        ref_no=ids.label("X"),
        kind=AgreementKind.LICENCE,
        rights=[],
        programme_types=[],
        territories=[],
        exclusive=False,
        cure_days=14,
        offered_on=_FIRST,
        **kept,
    )
    events = [
        AgreementEventRow(
            member_id=member_id,
            id=ids.new(),
            agreement_id=agreement.id,
            kind=kind,
            on=on,
            effective_on=effective_on,
            at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute),
            actor="x",
            role="x",
        )
        for minute, (kind, on, effective_on) in enumerate(life["events"])
    ]
    db.session.add_all([agreement, *events])
    return agreement, events


def test_a_date_is_due_until_midnight_in_the_members_zone() -> None:
    early = make.member("QM", time_zone="Pacific/Kiritimati")
    late = make.member("QN", time_zone="Pacific/Honolulu")
    dates = {"starts_on": date(2025, 7, 1), "ends_on": date(2026, 6, 30), "grace_days": 0, "notice_days": 5}
    make.signed(early, territories=["QM"], **dates)
    make.signed(late, territories=["QN"], **dates)
    director = make.actor()
    with clock.running(clock.fixed(datetime(2026, 6, 30, 12, 0, tzinfo=UTC))), _reading():
        page = agreements_page(director, {})
        assert {row.member.code: row.shown for row in page.rows} == {"QM": "expired", "QN": "renewal_due"}
        expired = agreements_page(director, {"shown": ShownState.EXPIRED})
        assert [row.member.code for row in expired.rows] == ["QM"]


def test_the_list_finds_by_state_region_hosting_and_by_name_without_marks() -> None:
    make.member("QM", MemberState.LICENSED, names=Text.of("Éxampleland", ar="بلد المثال"), region="east")
    make.member("QN", region="west")
    director = make.actor()
    with _reading():
        assert _codes(director, {"q": "examp"}) == ["QM"]
        assert _codes(director, {"q": "المثال"}) == ["QM"]
        assert _codes(director, {"q": "qn"}) == ["QN"]
        assert _codes(director, {"q": "100%"}) == []
        assert _codes(director, {"state": MemberState.LICENSED}) == ["QM"]
        assert _codes(director, {"region": "west"}) == ["QN"]


@pytest.mark.parametrize(
    ("sort", "codes"),
    [
        ("name", ["QN", "QM", "QS"]),
        ("-name", ["QS", "QM", "QN"]),
        ("code", ["QM", "QN", "QS"]),
        ("-code", ["QS", "QN", "QM"]),
        ("ends", ["QS", "QM", "QN"]),
        ("-ends", ["QM", "QS", "QN"]),
    ],
)
def test_the_list_is_sorted_as_people_expect(sort: str, codes: list[str]) -> None:
    names, director = {"QM": "Östland", "QN": "eastland", "QS": "Zedland"}, make.actor()
    members = {code: make.member(code, names=Text.of(name)) for code, name in names.items()}
    make.signed(members["QM"], territories=["QM"], ends_on=clock.today() + timedelta(days=900))
    make.signed(members["QS"], territories=["QS"], ends_on=clock.today() + timedelta(days=100))
    with _reading():
        assert _codes(director, {"sort": sort}) == codes


def test_the_list_comes_in_pages_and_needs_few_statements() -> None:
    for number in range(5):
        make.member(f"Q{number}", MemberState.APPLICANT)
    director = make.actor()
    with _reading():
        db.session.connection()  # opens the transaction, whose settings are not counted
        with _counted() as statements:
            page = members_page(director, {"page": 2, "size": 2})
        assert (page.first, page.last, page.total) == (3, 4, 5)
    assert len(statements) == 2


def test_a_board_sees_its_own_country_in_lists_even_where_the_transaction_reaches_further() -> None:
    member_id = make.member("QM")
    make.member("QN")
    chair, facilitator = (make.actor(role, member_id) for role in ("chair", "facilitator"))
    with _reading():
        assert _codes(chair, {}) == ["QM"]
        assert _codes(facilitator, {}) == []


def test_what_stands_now_is_what_runs_else_what_waits() -> None:
    member_id = make.member("QM")
    running = make.signed(member_id)
    make.offered(member_id, amends_id=running, starts_on=clock.today() + timedelta(days=20))
    with _reading():
        current = current_agreement(agreements_of(make.found(member_id)))
        assert current is not None
        assert (current.agreement.id, current.shown) == (running, ShownState.ACTIVE)


def test_places_are_called_by_cldr_by_the_list_or_by_their_stored_names() -> None:
    make.extra("QM", "Exampleland")
    with _reading():
        assert place_names(["DE", "DE-BY", "QM", "XX"]) == {
            "DE": "Germany",
            "DE-BY": "Bayern",
            "QM": "Exampleland",
            "XX": "XX",
        }


def _codes(actor: Any, query: dict[str, Any]) -> list[str]:
    return [row.member.code for row in members_page(actor, query).rows]


@contextmanager
def _reading() -> Iterator[None]:
    everybody = make.every_member()
    with transaction.reading(tenancy.everywhere(everybody)):
        yield


@contextmanager
def _counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
