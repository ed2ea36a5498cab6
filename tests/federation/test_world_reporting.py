"""Returns made at an offline node arrive at the hub; what SRI decides comes back; what breaks a rule is set aside."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.members.rules.member import Transition
from sri_admin.reporting.models.returns import ReturnProposal
from sri_admin.reporting.queries.returns import MonthView
from sri_admin.reporting.rules.standing import State
from tests.federation.world import Site, World
from tests.make import members as make
from tests.make import reporting as rep


@pytest.fixture
def begun(world: World) -> World:
    """A licensed country at a node, and the indicators there."""
    member = world.members["QM"]
    world.hub.do(rep.catalogue)
    for transition in (Transition.APPLY, Transition.ACCEPT):
        world.hub.do(lambda transition=transition: make.step(member, transition))
    world.hub.do(lambda: make.signed(member, territories=["QM"]))
    world.hub.do(lambda: make.step(member, Transition.LICENSE))
    world.settle()
    return world


def settled(world: World) -> None:
    """Exchange, let the hub judge what came, and exchange again."""
    world.settle()
    world.hub.do(lambda: rep.received(world.members["QM"]))
    world.settle()


def view(world: World, site: Site) -> MonthView:
    """Return how the month stands at an installation, by what travels."""
    member = world.members["QM"]
    return site.do(lambda: rep.seen(member, at_home=False))


def at_node(world: World, act: Callable[..., Any], **more: Any) -> Any:
    """Do something for the country at its node."""
    return world.nodes["QM"].do(lambda: act(world.members["QM"], **more))


def test_a_month_is_closed_at_an_offline_node_and_accepted_by_sri(begun: World) -> None:
    revision = at_node(begun, rep.approved)
    assert view(begun, begun.nodes["QM"]).standing.state is State.TO_SEND
    settled(begun)
    begun.hub.do(lambda: rep.decided(begun.members["QM"], revision))
    begun.settle()
    assert [view(begun, each).standing.state for each in (begun.hub, begun.nodes["QM"])] == [State.ACCEPTED] * 2


def test_drafts_proposals_and_answers_stay_at_home(begun: World) -> None:
    at_node(begun, rep.approved)
    settled(begun)
    assert begun.hub.read(lambda: db.session.scalar(sa.select(sa.func.count(ReturnProposal.id)))) == 0
