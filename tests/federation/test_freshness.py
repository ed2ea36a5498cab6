"""What a node knows of keys grows old by the latest moment it has seen; entering data never asks for it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.federation import contact, freshness, jobs, keys, rates, report, rotation
from sri_admin.federation.freshness import Freshness, judge
from sri_admin.kernel.errors import TooManyError
from tests.federation import invariants, records, sticks
from tests.federation import world as worlds
from tests.federation.records import Visit
from tests.federation.world import Site, World
from tests.make import federation as make

HEAD = datetime(2026, 11, 25, tzinfo=UTC)
DAYS = st.integers(0, 400).map(lambda days: timedelta(days=days))


@given(DAYS, DAYS)
def test_a_node_never_grows_younger_while_time_goes_on(first: timedelta, more: timedelta) -> None:
    order = list(Freshness)
    assert order.index(judge(HEAD, HEAD + first)) <= order.index(judge(HEAD, HEAD + first + more))


@pytest.mark.parametrize(
    ("days", "state"),
    [(0, Freshness.FRESH), (13, Freshness.FRESH), (14, Freshness.STALE), (90, Freshness.STALE), (91, Freshness.FROZEN)],
)
def test_fresh_for_two_weeks_and_frozen_after_ninety_days(days: int, state: Freshness) -> None:
    assert judge(HEAD, HEAD + timedelta(days=days)) is state


@pytest.fixture
def node(world: World) -> Site:
    world.settle()
    return world.nodes["QM"]


def state(node: Site) -> Freshness:
    """Return how fresh a node is."""
    return node.do(lambda: freshness.known().state)


def silent(world: World, days: int) -> None:
    """Let days pass without a line to the hub; the node tries once at their end."""
    world.time.now += timedelta(days=days)
    world.lines["QM"].always = worlds.cut_before
    world.sync("QM")


def test_f47_a_clock_turned_back_makes_nothing_young_again(world: World, node: Site) -> None:
    assert state(node) is Freshness.FRESH
    silent(world, 20)
    assert state(node) is Freshness.STALE
    node.offset = timedelta(days=-3650)
    assert state(node) is Freshness.STALE
    node.offset = timedelta()
    world.settle()
    assert state(node) is Freshness.FRESH


def test_f47_a_clock_turned_back_leaves_no_connection_green(world: World, node: Site) -> None:
    world.sync("QM")
    assert greens(world, node) == (True, True)
    node.offset = world.hub.offset = timedelta(days=-3650)
    assert greens(world, node) == (False, False)
    assert node.read(lambda: report.of_hub_link().days_silent) == 0
    world.sync("QM")
    assert greens(world, node) == (True, True)
    node.offset = world.hub.offset = timedelta()
    world.sync("QM")
    silent(world, 20)
    node.offset = timedelta(days=-10)
    assert (node.read(lambda: report.of_hub_link().days_silent), greens(world, node)) == (20, (False, False))


def greens(world: World, node: Site) -> tuple[bool, bool]:
    """Return whether a node and the hub say that their connection is in step."""

    def of_node() -> bool:
        return report.of_node(sticks.node_of_here(world.members["QM"])).is_green

    return node.read(lambda: report.of_hub_link().is_green), world.hub.read(of_node)


def test_f47_an_exchange_begun_by_a_clock_that_ran_ahead_is_known_to_hang(world: World, node: Site) -> None:
    node.offset = timedelta(days=3650)
    node.do(contact.note_try)
    node.offset = timedelta()
    assert node.read(lambda: report.of_hub_link().is_hanging)


@pytest.mark.parametrize(("later", "comes"), [(timedelta(), False), (timedelta(days=3650), True)])
def test_f47_a_wait_noted_by_a_clock_that_ran_ahead_is_not_kept(
    node: Site, monkeypatch: pytest.MonkeyPatch, *, later: timedelta, comes: bool
) -> None:
    node.offset = later
    node.do(lambda: contact.note_end(code="busy", wait=600))
    node.offset = timedelta()
    came: list[bool] = []
    monkeypatch.setattr(jobs, "synchronise", lambda: came.append(True))
    node.do(lambda: jobs.sync_now(records.DOER))
    assert bool(came) is comes


def test_f47_a_bucket_emptied_by_a_clock_that_ran_ahead_is_full_again(world: World) -> None:
    world.hub.offset = timedelta(days=3650)
    world.hub.do(lambda: rates.spend("somebody", rates.TOKENS, cost=rates.TOKENS.size))
    world.hub.offset = timedelta()
    world.hub.do(lambda: rates.spend("somebody", rates.TOKENS, cost=rates.TOKENS.size))
    with pytest.raises(TooManyError):
        world.hub.do(lambda: rates.spend("somebody", rates.TOKENS, cost=rates.TOKENS.size))


def test_f47_a_clock_that_ran_ahead_is_forgiven_at_the_next_word_of_the_hub(world: World, node: Site) -> None:
    node.offset = timedelta(days=3650)
    silent(world, 1)
    assert state(node) is Freshness.FROZEN
    node.offset = timedelta()
    assert state(node) is Freshness.FROZEN
    world.settle()
    assert state(node) is Freshness.FRESH


def test_frozen_a_node_takes_no_new_key_and_goes_on_entering(world: World, node: Site) -> None:
    member: UUID = world.members["QM"]
    old = node.do(lambda: keys.own_key().kid)
    node.write(member, lambda: rotation.begin(records.DOER))
    silent(world, 91)
    assert state(node) is Freshness.FROZEN
    assert node.do(rotation.settle) is False
    make.visit(node, member, "goes on")
    assert node.do(lambda: keys.own_key().kid) == old
    world.settle()
    assert node.do(lambda: keys.own_key().kid) != old
    assert len(make.rows(world.hub, Visit)) == 1


def test_the_control_head_is_signed_anew_every_day_although_nothing_changes(world: World, node: Site) -> None:
    heads = set[object]()
    for _day in range(5):
        world.time.now += timedelta(days=20)
        world.sync("QM")
        heads.add(node.do(lambda: freshness.known().head_at))
        assert state(node) is Freshness.FRESH
    assert len(heads) == 5


def test_a_stick_brings_the_day_it_was_written_on(world: World, node: Site, tmp_path: Path) -> None:
    silent(world, 95)
    assert state(node) is Freshness.FROZEN
    written = sticks.from_hub(world, tmp_path)
    world.time.now += timedelta(days=20)
    sticks.read(node, written.files)
    assert state(node) is Freshness.STALE


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("at_hub", [True, False])
def test_f47_clocks_put_forward_and_back_for_summer_change_nothing(
    world: World, node: Site, *, at_hub: bool, hours: int
) -> None:
    site = world.hub if at_hub else node
    for number, offset in enumerate((0, hours, 0, hours)):
        site.offset = timedelta(hours=offset)
        make.visit(node, world.members["QM"], f"at {number}")
        make.shelf(world.hub, world.members["QM"], f"s{number}")
        assert world.sync("QM").ok
    site.offset = timedelta()
    invariants.at_rest(world)
    assert len(make.rows(world.hub, Visit)) == 4
