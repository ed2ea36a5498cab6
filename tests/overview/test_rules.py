"""What needs somebody, in which order, and how a country sits in the circle."""

from datetime import date, timedelta
from typing import Any

import pytest

from sri_admin.kernel import ids
from sri_admin.kernel.actor import Actor, Mandate, Scope
from sri_admin.members.rules.agreement import AgreementKind, AgreementState, Facts, ShownState, shown_state
from sri_admin.members.rules.member import MemberState, SuspensionKind
from sri_admin.members.rules.office import Office
from sri_admin.overview.rules import words
from sri_admin.overview.rules.due import days_ahead
from sri_admin.overview.rules.facts import (
    AgreementFacts,
    ConnectionFacts,
    CountryFacts,
    HolderFacts,
    TermFacts,
    View,
    view_of,
)
from sri_admin.overview.rules.needs import (
    MOST,
    Need,
    NeedKind,
    arranged,
    needs_by_code,
    needs_of_board,
    needs_of_country,
    needs_of_hub,
)
from sri_admin.overview.rules.places import shared_out
from sri_admin.overview.rules.seats import SeatState, counted, seat_state, seats_of

TODAY = date(2026, 4, 14)


def _agreement(*, ends: int, starts: int = -400, **more: Any) -> AgreementFacts:
    """Make a signed licence by days from today; `more` are facts of it."""
    state, cure_days = more.pop("state", AgreementState.SIGNED), more.pop("cure_days", 14)
    facts = Facts(
        state=state,
        starts_on=TODAY + timedelta(days=starts),
        ends_on=TODAY + timedelta(days=ends),
        notice_days=90,
        grace_days=30,
        **more,
    )
    return AgreementFacts(
        id=ids.new(),
        ref_no="QM-2026-01",
        kind=AgreementKind.LICENCE,
        shown=shown_state(facts, TODAY),
        facts=facts,
        cure_days=cure_days,
        offered_on=TODAY - timedelta(days=20),
    )


def _country(*agreements: AgreementFacts, **more: Any) -> CountryFacts:
    values = {"code": "QM", "name": "Exampleland", "state": MemberState.LICENSED, "state_since": date(2025, 1, 1)}
    held = HolderFacts(ever=2, now=2, people=2)
    return CountryFacts(
        **{"member_id": ids.new(), "today": TODAY, "agreements": agreements, "holders": held, **values, **more}
    )


def _line(**more: Any) -> ConnectionFacts:
    reached = {"node_id": ids.new(), "reached_at": TODAY, "days_silent": 0, "has_parted": False, "set_aside": 0}
    return ConnectionFacts(**{**reached, **more})


def _needs(country: CountryFacts) -> list[tuple[str, str, bool]]:
    found = needs_of_country(country, stale_days=14)
    return [(each.kind.value, each.family, each.is_urgent) for each in found]


def test_a_country_in_order_needs_nobody() -> None:
    assert _needs(_country(_agreement(ends=500), connection=_line())) == []


@pytest.mark.parametrize(
    ("agreement", "need"),
    [
        (_agreement(ends=58), ("renewal", "soon", False)),
        (_agreement(ends=1), ("renewal", "soon", True)),
        (_agreement(ends=-5), ("grace", "soon", False)),
        (_agreement(ends=-30), ("grace", "soon", True)),
        (_agreement(ends=-31), ("expired", "stop", True)),
        (_agreement(ends=500, cure_opened_on=TODAY), ("cure", "soon", False)),
        (_agreement(ends=500, cure_opened_on=TODAY - timedelta(days=15)), ("cure", "stop", True)),
        (_agreement(ends=500, noticed_on=TODAY), ("notice", "soon", False)),
        (_agreement(ends=500, state=AgreementState.OFFERED), ("offered", "wait", False)),
    ],
)
def test_an_agreement_says_why_it_needs_somebody(agreement: AgreementFacts, need: tuple[str, str, bool]) -> None:
    assert _needs(_country(agreement)) == [need]


def test_a_renewal_that_has_begun_is_not_asked_for_again() -> None:
    ending, next_one = _agreement(ends=58), _agreement(starts=59, ends=800)
    assert _needs(_country(ending, next_one)) == []


def test_an_offer_does_not_hide_that_the_licence_is_over() -> None:
    over, offer = _agreement(ends=-40), _agreement(starts=1, ends=800, state=AgreementState.OFFERED)
    assert [kind for kind, *_rest in _needs(_country(over, offer))] == ["expired", "offered"]


def test_nothing_is_asked_about_the_licence_of_a_country_that_left() -> None:
    assert _needs(_country(_agreement(ends=-400), state=MemberState.WITHDRAWN)) == []


@pytest.mark.parametrize(("days", "found"), [(1, [("emergency_ending", "soon", True)]), (7, None), (8, [])])
def test_an_emergency_suspension_is_seen_a_week_before_it_ends(days: int, found: list[Any] | None) -> None:
    until = TODAY + timedelta(days=days)
    paused = {"state": MemberState.SUSPENDED, "suspension": SuspensionKind.EMERGENCY, "suspension_until": until}
    needs = _needs(_country(_agreement(ends=500), **paused))
    assert needs == (found if found is not None else [("emergency_ending", "soon", False)])


@pytest.mark.parametrize(("waited", "family"), [(30, "wait"), (31, "soon")])
def test_an_applicant_is_asked_about_more_loudly_after_a_month(waited: int, family: str) -> None:
    since = TODAY - timedelta(days=waited)
    assert _needs(_country(state=MemberState.APPLICANT, state_since=since)) == [("applicant", family, False)]


@pytest.mark.parametrize(
    ("line", "needs"),
    [
        (_line(days_silent=13), []),
        (_line(days_silent=14), [("silent", "soon", False)]),
        (_line(reached_at=None, days_silent=40), [("never_reached", "unk", False)]),
        (_line(set_aside=2), [("set_aside", "soon", False)]),
        (_line(has_parted=True), [("parted", "stop", True)]),
    ],
)
def test_a_node_says_why_it_needs_somebody(line: ConnectionFacts, needs: list[Any]) -> None:
    assert _needs(_country(connection=line)) == needs


def test_what_waits_from_before_a_restore_needs_a_decision() -> None:
    assert _needs(_country(salvaged=2)) == [("salvaged", "soon", False)]
    assert next(each.kind for each in needs_of_board(_country(salvaged=2), stale_days=14)) is NeedKind.SALVAGED
    assert [(each.kind, each.is_urgent) for each in needs_of_hub(1, TODAY)] == [(NeedKind.LOST_PERMISSIONS, True)]
    assert needs_of_hub(0, TODAY) == []


@pytest.mark.parametrize(
    ("holders", "needs"),
    [
        (HolderFacts(), []),
        (HolderFacts(ever=3), ["nobody"]),
        (HolderFacts(ever=1, now=1, people=1), []),
        (HolderFacts(ever=2, now=2, people=1), ["one_person"]),
    ],
)
def test_offices_are_asked_about_only_where_something_is_known(holders: HolderFacts, needs: list[str]) -> None:
    assert [kind for kind, *_rest in _needs(_country(holders=holders))] == needs


def _need(kind: NeedKind, family: str, *, days: int | None = None) -> Need:
    day = TODAY + timedelta(days=days) if days is not None else None
    return Need(kind=kind, family=family, code="QM", name="Exampleland", today=TODAY, day=day)


def test_the_gravest_comes_first_then_the_nearest_day() -> None:
    far, near = _need(NeedKind.RENEWAL, "soon", days=60), _need(NeedKind.RENEWAL, "soon", days=3)
    waits, over = _need(NeedKind.OFFERED, "wait"), _need(NeedKind.EXPIRED, "stop", days=-40)
    due = _need(NeedKind.GRACE, "soon", days=1)
    work = arranged([waits, far, near, due, over])
    assert work.urgent == (over, due)
    assert work.later == (near, far, waits)


def test_at_most_ten_things_are_shown() -> None:
    needs = [_need(NeedKind.RENEWAL, "soon", days=days) for days in range(2, 14)]
    work = arranged([*needs, _need(NeedKind.EXPIRED, "stop")])
    assert (len(work.urgent), len(work.later)) == (1, MOST - 1)
    assert work.urgent[0].kind is NeedKind.EXPIRED


@pytest.mark.parametrize(
    ("waiting", "places"),
    [
        ([], []),
        ([[], [0, 1]], [0, 2]),
        ([[0] * 12, [1] * 12, [5]], [8, 1, 1]),
        ([[1] * 12, [1] * 12, [0, 1]], [4, 4, 2]),
        ([[1] * 12, [], [0] * 3 + [1] * 12], [5, 0, 5]),
        ([[5], *([[0]] * 10)], [0, *([1] * 10)]),
    ],
)
def test_every_part_gets_a_place_and_then_the_gravest_do(waiting: list[list[int]], places: list[int]) -> None:
    assert shared_out(waiting, most=MOST) == places


def test_every_reason_can_be_told_to_those_it_is_for() -> None:
    only_board = {NeedKind.SUSPENDED, NeedKind.TERM_ENDING}
    assert set(words.TO_SRI) == set(NeedKind) - only_board
    assert set(words.TO_BOARD) == set(NeedKind) - {
        NeedKind.JOINING,
        NeedKind.LOST_PERMISSIONS,
        NeedKind.EMERGENCY_ENDING,
        NeedKind.ONE_PERSON,
        NeedKind.APPLICANT,
    }
    for table in (words.TO_SRI, words.TO_BOARD):
        for kind, said in table.items():
            for days in (None, 0, 1, 9):
                told = _need(kind, "soon", days=days)
                assert said.title(told)
                assert str(said.reason(told)).endswith((".", "\u2069"))


def test_a_board_is_told_of_offices_and_of_its_suspension() -> None:
    ending = TermFacts(office=Office.CHAIR, ends_on=TODAY + timedelta(days=60))
    far = TermFacts(office=Office.TREASURER, ends_on=TODAY + timedelta(days=61))
    country = _country(_agreement(ends=500), terms=(ending, far), state=MemberState.SUSPENDED, state_reason="Misuse.")
    found = needs_of_board(country, stale_days=14)
    assert [(each.kind, each.office) for each in found] == [
        (NeedKind.SUSPENDED, None),
        (NeedKind.TERM_ENDING, Office.CHAIR),
    ]
    assert [each.kind for each in needs_of_board(_country(holders=HolderFacts()), stale_days=14)] == [NeedKind.NOBODY]


def test_the_days_ahead_stand_in_order_and_none_lies_behind() -> None:
    over = TermFacts(office=Office.CHAIR, ends_on=TODAY - timedelta(days=1))
    soon = TermFacts(office=Office.TREASURER, ends_on=TODAY + timedelta(days=20))
    country = _country(_agreement(ends=100), terms=(over, soon))
    assert [(each.day - TODAY).days for each in days_ahead(country)] == [10, 20, 100]


@pytest.mark.parametrize(
    ("country", "state"),
    [
        (_country(_agreement(ends=500)), SeatState.HERE),
        (_country(_agreement(ends=58)), SeatState.QUESTION),
        (_country(state=MemberState.WITHDRAWING), SeatState.QUESTION),
        (_country(_agreement(ends=-31)), SeatState.OVERDUE),
        (_country(state=MemberState.SUSPENDED), SeatState.PAUSED),
        (_country(_agreement(ends=58), state=MemberState.DORMANT), SeatState.PAUSED),
        (_country(_agreement(ends=500), connection=_line(reached_at=None)), SeatState.UNKNOWN),
        (_country(_agreement(ends=500, state=AgreementState.OFFERED)), SeatState.HERE),
    ],
)
def test_a_seat_shows_how_a_country_stands(country: CountryFacts, state: SeatState) -> None:
    assert seat_state(country, needs_of_country(country, stale_days=14)) is state


def test_seats_stand_by_name_and_only_for_countries_that_have_one() -> None:
    names = {"QA": "Öland", "QB": "Zedia", "QC": "Obland", "QD": "Nobody yet"}
    known = [
        _country(code=code, name=name, state=MemberState.PROSPECT if code == "QD" else MemberState.LICENSED)
        for code, name in names.items()
    ]
    seats = seats_of(known, needs_by_code(known, stale_days=14))
    assert [each.country.name for each in seats] == ["Obland", "Öland", "Zedia"]
    assert counted(seats)[SeatState.HERE] == 3


@pytest.mark.parametrize(
    ("role", "scope", "is_hub", "view"),
    [
        ("country_liaison", Scope.HUB, True, View.HUB),
        ("auditor", Scope.HUB, True, View.HUB),
        ("sri_director", Scope.HUB, False, View.PERSON),
        ("country_liaison", Scope.MEMBER, True, View.COUNTRY),
        ("chair", Scope.MEMBER, True, View.COUNTRY),
        ("member_administrator", Scope.MEMBER, False, View.COUNTRY),
        ("facilitator", Scope.MEMBER, True, View.PERSON),
    ],
)
def test_the_first_page_follows_the_role(role: str, scope: Scope, is_hub: bool, view: View) -> None:
    mandate = Mandate(role=role, scope=scope, member_id=ids.new(), starts_on=TODAY)
    assert view_of(Actor(label="x", mandates=(mandate,)), is_hub=is_hub)[0] is view


def test_shown_states_without_a_need_are_quiet() -> None:
    quiet = {ShownState.ACTIVE, ShownState.UPCOMING}
    found = [_agreement(ends=500), _agreement(starts=5, ends=800)]
    assert {each.shown for each in found} == quiet
    assert [_needs(_country(each)) for each in found] == [[], []]
