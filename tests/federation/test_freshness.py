"""What a node knows of keys grows old by the latest moment it has seen; entering data never asks for it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.federation import freshness, keys, rotation
from sri_admin.federation.freshness import Freshness, judge
from tests.federation import records
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
