"""Which side's program is the older one, worked out from what both say they read."""

from datetime import date

import pytest

from sri_admin.federation import version_words, versions
from sri_admin.federation.versions import Demand, Difference, Side

HERE = {"a.same": (1, 2), "a.older": (1, 1), "a.newer": (2, 3), "a.only_here": (1, 1)}
THERE = {"a.same": [2, 2], "a.older": [1, 2], "a.newer": [1, 1], "a.only_there": [1, 1]}


def test_each_kind_has_its_older_side() -> None:
    found = {each.kind: each.older for each in versions.compare(HERE, THERE)}
    assert found == {
        "a.older": Side.HERE,
        "a.newer": Side.THERE,
        "a.only_here": Side.THERE,
        "a.only_there": Side.HERE,
    }


def test_what_the_newer_side_no_longer_reads_is_named() -> None:
    assert [each.kind for each in versions.compare(HERE, THERE) if each.is_unreadable] == ["a.newer"]


def test_a_kind_keeps_the_day_it_was_first_seen_to_differ() -> None:
    found = versions.compare(HERE, THERE)
    before = {"a.older": "2026-01-01T00:00:00Z", "a.same": "2025-01-01T00:00:00Z"}
    since = versions.noticed(found, before, "2026-11-28T00:00:00Z")
    assert since["a.older"] == "2026-01-01T00:00:00Z"
    assert since["a.newer"] == "2026-11-28T00:00:00Z"
    assert "a.same" not in since
    told = versions.compare(HERE, THERE, since)
    assert min(each.since.month for each in told if each.since) == 1


@pytest.mark.parametrize(
    "told", [None, [], {"a": None}, {"a": [1]}, {"a": [1, "2"]}, {"a": [True, 2]}, {"a": [1, 2, 3]}]
)
def test_what_cannot_be_read_is_not_taken_for_versions(told: object) -> None:
    assert versions.read_spans(told) is None


@pytest.mark.parametrize("told", [{}, {"a": [1, 1]}])
def test_a_program_without_a_version_or_below_it_is_below_the_floor(told: dict[str, list[int]]) -> None:
    assert versions.is_below(told, {"a": 2})
    assert not versions.is_below({"a": [1, 2]}, {"a": 2})


def test_for_machines_everything_is_a_plain_value() -> None:
    difference = Difference("a", Side.HERE, (1, 1), None)
    assert difference.to_dict() == {"kind": "a", "older": "here", "here": [1, 1], "there": None, "since": None}
    demand = Demand("a", 2, date(2027, 1, 31), None, in_force=True)
    assert demand.to_dict() == {"kind": "a", "version": 2, "from": "2027-01-31", "known": None, "in_force": True}


def test_nobody_is_told_of_an_update_nobody_demands() -> None:
    assert version_words.due_soon([]) is None
