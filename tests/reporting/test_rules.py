"""Rules of returns: one hash for one content, one engine for both sides, a standing for every set of rows."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.members.rules.member import MemberState
from sri_admin.reporting.rules.arrival import Arrived, Fault, fault_of, is_early, receipt_number
from sri_admin.reporting.rules.catalogue import DEFINITIONS, TimeAggregation
from sri_admin.reporting.rules.months import Change, Punctual, due_on, expected_months, last_months, months, punctual
from sri_admin.reporting.rules.plot import HEIGHT, WIDTH, line
from sri_admin.reporting.rules.standing import (
    Answer,
    Approved,
    Asked,
    GrantVerdict,
    IntakeState,
    Proposed,
    Sides,
    State,
    may_prepare,
    standing_of,
)
from sri_admin.reporting.rules.totals import Total, over_time, total
from sri_admin.reporting.rules.validation import Given, RuleCode, Severity, findings, hard, unexplained
from sri_admin.reporting.rules.values import (
    MOST,
    Approval,
    Cell,
    Content,
    Explanation,
    ExplanationCode,
    Indicator,
    ReturnKind,
    Status,
    approval,
    canonical,
    cells_of,
    cells_to_wire,
    explanations_of,
    explanations_to_wire,
    short,
    values_hash,
)

OCTOBER, TODAY = date(2026, 10, 1), date(2026, 11, 10)
numbers = st.integers(0, MOST)
sound = st.one_of(
    numbers.map(Cell.counted),
    numbers.map(lambda number: Cell(Status.ESTIMATED, number)),
    st.sampled_from([Cell(Status.NOT_COLLECTED, None), Cell(Status.NOT_APPLICABLE, None)]),
)
cells = st.fixed_dictionaries({each.value: sound for each in Indicator})
explained = st.lists(
    st.builds(
        Explanation,
        st.sampled_from([each.value for each in RuleCode]),
        st.sampled_from([each.value for each in Indicator]),
        st.sampled_from(ExplanationCode),
        st.text(max_size=20),
    ),
    max_size=3,
    unique_by=lambda each: (each.rule, each.indicator),
)
CONTENT = Content(
    member="018f6f2e-7d7e-7000-8000-000000000001",
    month=OCTOBER,
    revision=1,
    kind=ReturnKind.ORIGINAL,
    data_set="018f6f2e-7d7e-7000-8000-000000000002",
    cells={"attendances": Cell(Status.REPORTED, 120), "new_meetings": Cell(Status.ZERO, 0)},
    explanations=[Explanation("unusual", "attendances", ExplanationCode.HOLIDAYS, "عيد")],
    expected=16,
    logged=14,
)


def test_the_bytes_that_are_hashed_and_their_hash_are_fixed() -> None:
    assert canonical(CONTENT).decode() == (
        '{"cells":[{"indicator":"attendances","status":"reported","value":120},'
        '{"indicator":"new_meetings","status":"zero","value":0}],"correction":null,'
        '"data_set":"018f6f2e-7d7e-7000-8000-000000000002","expected":16,'
        '"explanations":[{"code":"holidays","indicator":"attendances","note":"عيد","rule":"unusual"}],'
        '"kind":"original","logged":14,"member":"018f6f2e-7d7e-7000-8000-000000000001","month":"2026-10-01",'
        '"revision":1}'
    )
    assert values_hash(CONTENT) == "72ec02d19cbab85944db385779afc6226245fdd30674384b4e6c798f4ee9c078"
    assert short(values_hash(CONTENT)) == "72ec 02d1"


def test_what_is_signed_names_who_said_yes_in_which_role_and_when() -> None:
    at = datetime(2026, 11, 10, 12, 30, 0, 250, tzinfo=timezone(timedelta(hours=2)))
    said = Approval(by="usr-a", role="chair", at=at, prepared_by="usr-b", prepared_at=at - timedelta(hours=1))
    assert approval(CONTENT, "72ec", said).decode() == (
        '{"approved_at":"2026-11-10T10:30:00.000250+00:00","approved_by":"usr-a","approved_role":"chair",'
        '"member":"018f6f2e-7d7e-7000-8000-000000000001","month":"2026-10-01",'
        '"prepared_at":"2026-11-10T09:30:00.000250+00:00","prepared_by":"usr-b","revision":1,"values_hash":"72ec"}'
    )


@given(cells, explained, st.randoms())
def test_the_hash_does_not_depend_on_the_order_of_values_and_is_the_same_after_travelling(
    chosen: dict[str, Cell], reasons: list[Explanation], chance: random.Random
) -> None:
    content = replace(CONTENT, cells=chosen, explanations=reasons)
    shuffled, turned = list(chosen.items()), list(reasons)
    chance.shuffle(shuffled)
    chance.shuffle(turned)
    travelled = replace(
        content,
        cells=cells_of(cells_to_wire(dict(shuffled))),
        explanations=explanations_of(explanations_to_wire(turned)),
    )
    assert values_hash(travelled) == values_hash(content)


@given(cells, st.sampled_from(Indicator), sound)
def test_another_value_gives_another_hash(chosen: dict[str, Cell], indicator: Indicator, other: Cell) -> None:
    changed = {**chosen, indicator.value: other}
    same = values_hash(replace(CONTENT, cells=chosen)) == values_hash(replace(CONTENT, cells=changed))
    assert same == (chosen[indicator.value] == other)


@pytest.mark.parametrize(
    "more",
    [
        {"member": "another"},
        {"month": date(2026, 9, 1)},
        {"revision": 2},
        {"kind": ReturnKind.CORRECTION},
        {"expected": 17},
        {"correction": "x"},
    ],
)
def test_nothing_an_approver_sees_is_left_out_of_the_hash(more: dict[str, Any]) -> None:
    assert values_hash(replace(CONTENT, **more)) != values_hash(CONTENT)


@pytest.mark.parametrize(
    ("status", "value", "is_sound"),
    [
        (Status.REPORTED, 3, True),
        (Status.REPORTED, 0, False),
        (Status.REPORTED, None, False),
        (Status.ZERO, 0, True),
        (Status.ZERO, 1, False),
        (Status.ESTIMATED, 0, True),
        (Status.ESTIMATED, None, False),
        (Status.NOT_COLLECTED, None, True),
        (Status.NOT_COLLECTED, 0, False),
        (Status.NOT_APPLICABLE, None, True),
        (Status.REPORTED, MOST + 1, False),
    ],
)
def test_a_status_has_exactly_its_number(status: Status, value: int | None, is_sound: bool) -> None:
    assert Cell(status, value).is_sound == is_sound


def given_numbers(expected: int | None = None, earlier: dict[str, list[int]] | None = None, **values: int) -> Given:
    return Given({key: Cell.counted(value) for key, value in values.items()}, expected, earlier or {})


@pytest.mark.parametrize(
    ("looked_at", "found"),
    [
        (given_numbers(attendances=20, first_time_attendances=20), []),
        (given_numbers(attendances=20, first_time_attendances=21), [RuleCode.FIRST_TIME]),
        (given_numbers(first_time_attendances=21), []),
        (given_numbers(expected=4, meetings_held=4), []),
        (given_numbers(expected=4, meetings_held=5), [RuleCode.HELD_EXPECTED]),
        (given_numbers(expected=4, meetings_held=13), [RuleCode.HELD_LIMIT, RuleCode.HELD_EXPECTED]),
        (given_numbers(expected=0, meetings_held=13), []),
        (given_numbers(meetings_held=10, attendances=9), [RuleCode.PER_MEETING]),
        (given_numbers(meetings_held=10, attendances=601), [RuleCode.PER_MEETING]),
        (given_numbers(meetings_held=0, attendances=0), []),
        (given_numbers(attendances=200, earlier={"attendances": [100, 110, 105, 98, 102]}), [RuleCode.UNUSUAL]),
        (given_numbers(attendances=112, earlier={"attendances": [100, 110, 105, 98, 102]}), []),
        (given_numbers(attendances=0, earlier={"attendances": [100, 110, 105, 98, 102]}), [RuleCode.UNUSUAL]),
        (given_numbers(new_meetings=3, earlier={"new_meetings": [0, 0, 0, 0, 0]}), []),
        (given_numbers(attendances=200, earlier={"attendances": [100]}), [RuleCode.UNUSUAL]),
        (given_numbers(attendances=115, earlier={"attendances": [100]}), []),
    ],
)
def test_the_rules_find_what_cannot_be_and_what_is_unusual(looked_at: Given, found: list[RuleCode]) -> None:
    assert [each.rule for each in findings(looked_at)] == found


def test_only_twelve_earlier_months_count() -> None:
    earlier = {"attendances": [100] * 12 + [900] * 24}
    assert [each.against for each in findings(given_numbers(attendances=900, earlier=earlier))] == [100]


@given(cells, st.one_of(st.none(), numbers), st.lists(numbers, max_size=14))
def test_the_engine_needs_nothing_but_what_travels(
    chosen: dict[str, Cell], expected: int | None, earlier: list[int]
) -> None:
    history = {each.value: earlier for each in Indicator}
    here = findings(Given(chosen, expected, history))
    there = findings(Given(cells_of(cells_to_wire(chosen)), expected, history))
    assert here == there
    reasons = [Explanation(*each.key, ExplanationCode.CHECKED) for each in here]
    assert unexplained(here, reasons) == []
    assert hard(here) == [each for each in here if each.severity is Severity.HARD]


ARRIVED = Arrived(
    content=CONTENT,
    digest=values_hash(CONTENT),
    is_signed=True,
    approved_on=TODAY,
    approved_role="chair",
    wanted={"attendances", "new_meetings"},
    data_set=CONTENT.data_set,
    official=None,
    grants=[],
)
GRANT = Asked(id="g", revision=1, verdict=GrantVerdict.GRANTED, until=TODAY)


_OF_CONTENT = ("revision", "kind", "correction", "cells", "expected", "explanations")
MANY = {"attendances": Cell.counted(2000), "meetings_held": Cell.counted(100)}


def arrived(**more: Any) -> Arrived:
    about = {name: more.pop(name) for name in _OF_CONTENT if name in more}
    content = replace(CONTENT, **about)
    here = {"expected": more.pop("expected_here", 0)}
    return replace(ARRIVED, content=content, **{"digest": values_hash(content), **here, **more})


@pytest.mark.parametrize(
    ("revision", "fault"),
    [
        (arrived(), None),
        (arrived(digest="0" * 64), Fault.HASH),
        (arrived(is_signed=False), Fault.SIGNATURE),
        (arrived(wanted={"attendances"}), Fault.INCOMPLETE),
        (arrived(cells={}), Fault.INCOMPLETE),
        (arrived(approved_on=date(2026, 10, 31)), Fault.NOT_OVER),
        (arrived(approved_on=date(2026, 11, 1)), None),
        (arrived(data_set="another"), Fault.DATA_SET),
        (arrived(data_set=None), Fault.DATA_SET),
        (arrived(approved_role="coordinator"), Fault.ROLE),
        (arrived(approved_role="member_administrator"), None),
        (arrived(cells=MANY, wanted=set(MANY), expected=None, explanations=()), None),
        (arrived(cells=MANY, wanted=set(MANY), expected=9999), None),
        (arrived(cells=MANY, wanted=set(MANY), expected_here=4, expected=None), Fault.IMPOSSIBLE),
        (arrived(cells=MANY, wanted=set(MANY), expected_here=4, expected=9999), Fault.IMPOSSIBLE),
        (arrived(cells=MANY, wanted=set(MANY), expected=80), Fault.UNEXPLAINED),
        (arrived(earlier={"attendances": [10, 11, 10, 11]}), None),
        (arrived(earlier={"attendances": [10, 11, 10, 11]}, explanations=()), Fault.UNEXPLAINED),
        (arrived(revision=2), Fault.KIND),
        (arrived(kind=ReturnKind.RESUBMISSION), Fault.KIND),
        (arrived(revision=2, kind=ReturnKind.RESUBMISSION), None),
        (arrived(revision=2, kind=ReturnKind.RESUBMISSION, official=1), Fault.ACCEPTED_MEANWHILE),
        (arrived(revision=2, kind=ReturnKind.CORRECTION, official=1), Fault.NO_GRANT),
        (
            arrived(revision=2, kind=ReturnKind.CORRECTION, correction="g", official=1, grants=[GRANT]),
            None,
        ),
        (
            arrived(
                revision=2,
                kind=ReturnKind.CORRECTION,
                correction="g",
                official=1,
                grants=[GRANT],
                approved_on=TODAY + timedelta(days=1),
            ),
            Fault.NO_GRANT,
        ),
        (
            arrived(
                cells={"attendances": Cell.counted(3), "first_time_attendances": Cell.counted(4)},
                wanted={"attendances", "first_time_attendances"},
            ),
            Fault.IMPOSSIBLE,
        ),
    ],
)
def test_what_an_operation_forbids_is_set_aside_on_arrival(revision: Arrived, fault: Fault | None) -> None:
    assert fault_of(revision) == fault


@pytest.mark.parametrize(("here", "early"), [([1, 3], True), ([3], True), ([1, 2, 3], False), ([1, 2], False)])
def test_a_revision_is_early_while_one_before_it_is_not_here(here: list[int], early: bool) -> None:
    assert is_early(3, here) == early


proposals = st.lists(
    st.builds(
        Proposed,
        id=st.uuids().map(str),
        revision=st.integers(1, 3),
        sending=st.integers(1, 3),
        answer=st.sampled_from([None, *Answer]),
    ),
    max_size=3,
)
revisions = st.lists(
    st.builds(
        Approved,
        id=st.uuids().map(str),
        revision=st.integers(1, 3),
        kind=st.sampled_from(ReturnKind),
        intake=st.sampled_from([None, *IntakeState]),
    ),
    max_size=3,
    unique_by=lambda each: each.revision,
)
requests = st.lists(
    st.builds(
        Asked,
        id=st.uuids().map(str),
        revision=st.integers(1, 3),
        verdict=st.sampled_from([None, *GrantVerdict]),
        until=st.sampled_from([None, TODAY, TODAY - timedelta(days=1)]),
    ),
    max_size=3,
)


@given(st.booleans(), proposals, revisions, requests, st.randoms())
def test_every_set_of_rows_has_one_standing_whatever_its_order(
    has_draft: bool,
    proposed: list[Proposed],
    approved: list[Approved],
    asked: list[Asked],
    chance: random.Random,
) -> None:
    standing = standing_of(
        Sides(has_draft=has_draft, proposals=proposed, revisions=approved, requests=asked), today=TODAY
    )
    for rows in (proposed, approved, asked):
        chance.shuffle(rows)
    again = standing_of(Sides(has_draft=has_draft, proposals=proposed, revisions=approved, requests=asked), today=TODAY)
    assert standing == again
    accepted = [each.revision for each in approved if each.intake is IntakeState.ACCEPTED]
    assert (standing.official.revision if standing.official else None) == max(accepted, default=None)
    if accepted and may_prepare(standing, today=TODAY):
        assert any(each.verdict is GrantVerdict.GRANTED and each.until == TODAY for each in asked)


def test_what_is_official_stays_until_a_correction_is_accepted() -> None:
    first = Approved(id="1", revision=1, kind=ReturnKind.ORIGINAL, intake=IntakeState.ACCEPTED)
    second = Approved(id="2", revision=2, kind=ReturnKind.CORRECTION, intake=IntakeState.RECEIVED)
    before = standing_of(Sides(revisions=[first, second], requests=[GRANT]), today=TODAY)
    accepted = replace(second, intake=IntakeState.ACCEPTED)
    after = standing_of(Sides(revisions=[first, accepted], requests=[GRANT]), today=TODAY)
    assert (before.official, before.state) == (first, State.RECEIVED)
    assert (after.official, after.state) == (accepted, State.ACCEPTED)
    assert not may_prepare(after, today=TODAY)


def test_a_month_is_expected_of_whoever_was_licensed_at_its_end() -> None:
    changes = [
        Change(date(2026, 2, 28), MemberState.IN_FORMATION, MemberState.LICENSED),
        Change(date(2026, 4, 10), MemberState.LICENSED, MemberState.SUSPENDED),
        Change(date(2026, 6, 1), MemberState.SUSPENDED, MemberState.LICENSED),
    ]
    year = list(months(date(2026, 1, 1), date(2026, 7, 1)))
    found = expected_months(year, changes, now=MemberState.LICENSED)
    assert [each.month for each in found] == [2, 3, 6, 7]


def test_a_month_is_due_until_the_fifteenth_of_the_next() -> None:
    assert [due_on(date(2026, 12, 1)), due_on(date(2026, 1, 1))] == [date(2027, 1, 15), date(2026, 2, 15)]


def test_who_was_late_who_was_in_time_and_who_is_missing() -> None:
    july, august, september = (date(2026, number, 1) for number in (7, 8, 9))
    approved = {july: date(2026, 8, 15), august: date(2026, 9, 16)}
    found = punctual([july, august, september, OCTOBER], approved, until=date(2026, 11, 9))
    assert found == Punctual(expected=3, on_time=1, late=1, missing=1)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(1, 40))
def test_the_last_months_follow_one_another_and_are_over(today: date, count: int) -> None:
    found = last_months(today, count)
    assert len(found) == count
    assert all((later - earlier).days in {28, 29, 30, 31} for earlier, later in pairwise(found))
    assert found[-1] < today.replace(day=1) <= found[-1] + timedelta(days=31)


def test_a_total_says_of_how_many_it_is_one() -> None:
    one, two, three = (UUID(int=number) for number in (1, 2, 3))
    reported = {
        one: {"attendances": Cell.counted(10)},
        two: {"attendances": Cell(Status.NOT_COLLECTED, None)},
        three: {"attendances": Cell(Status.ESTIMATED, 5)},
    }
    found = total("attendances", reported=reported, expected=[one, two])
    assert found == Total(15, reported=2, estimated=1, expected=3)
    assert total("attendances", reported={}, expected=[]).value is None


def test_months_add_up_or_the_last_one_counts() -> None:
    year = [Total(9, 3, 0, 3), Total(None, 0, 0, 3), Total(11, 3, 0, 3), Total(None, 0, 0, 3)]
    assert over_time(year, TimeAggregation.SUM).value == 20
    assert over_time(year, TimeAggregation.LAST).value == 11


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**7)), min_size=1, max_size=24))
def test_a_chart_shows_every_number_in_its_frame_and_no_other(values: list[int | None]) -> None:
    found = line(values)
    marks = [mark for run in found.runs for mark in run]
    assert [(each.place, each.value) for each in marks] == [
        (place, value) for place, value in enumerate(values) if value is not None
    ]
    assert all(0 <= each.x <= WIDTH and 0 <= each.y <= HEIGHT for each in marks)
    assert found.ticks[0].value == 0


def test_every_indicator_says_in_every_language_what_counts_and_what_does_not() -> None:
    languages = {"en", "ar", "es", "fr", "pl"}
    for each in DEFINITIONS.values():
        assert [set(words) for words in (each.name, each.counts, each.leaves_out)] == [languages] * 3


def test_a_receipt_has_the_same_number_at_both_sides() -> None:
    assert receipt_number("QM", OCTOBER, 2) == "QM-202610-2"
