"""The shortest way round: what one side writes, the other holds."""

from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation.client import WELL_KNOWN
from sri_admin.federation.tokens import TOKEN_PATH
from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member
from sri_admin.members.models.office import OfficeHolder
from sri_admin.members.rules.member import MemberState, Transition
from tests.federation import invariants, records
from tests.federation.records import Shelf, Visit
from tests.federation.world import Site, World
from tests.make import members as make_members


def marks(site: Site, model: type[Shelf] | type[Visit], member_id: UUID) -> list[str]:
    query = sa.select(model.mark).where(model.member_id == member_id).order_by(model.mark)
    return site.read(lambda: list(db.session.scalars(query)))


def test_what_the_hub_writes_its_node_holds(world: World) -> None:
    member = world.members["QM"]
    world.hub.write(member, lambda: records.put(Shelf(member_id=member, mark="a", size=1)))
    assert world.sync("QM").pulled == 1
    invariants.at_rest(world)
    assert marks(world.nodes["QM"], Shelf, member) == ["a"]


def test_what_the_node_writes_the_hub_holds(world: World) -> None:
    member = world.members["QM"]
    node = world.nodes["QM"]
    node.write(member, lambda: records.put(Visit(member_id=member, mark="v", note="", shelf_id=None)))
    assert world.sync("QM").pushed == 1
    invariants.at_rest(world)
    assert marks(world.hub, Visit, member) == ["v"]


def test_a_country_edited_at_the_hub_is_edited_at_its_node(world: World) -> None:
    member = world.members["QN"]
    world.hub.do(lambda: make_members.step(member, Transition.APPLY))
    invariants.at_rest(world)
    query = sa.select(Member.state).where(Member.member_id == member)
    assert world.nodes["QN"].read(lambda: db.session.scalars(query).one()) is MemberState.APPLICANT
    assert world.nodes["QM"].read(lambda: db.session.scalars(query).all()) == []


def test_an_office_holder_corrected_at_the_node_is_corrected_at_the_hub(world: World) -> None:
    member, node = world.members["QM"], world.nodes["QM"]
    holder = node.do(lambda: make_members.office_holder(member, display_name="Kim"))
    invariants.at_rest(world)
    node.write(member, lambda: rename(member, holder))
    invariants.at_rest(world)
    query = sa.select(OfficeHolder.display_name, OfficeHolder.version).where(OfficeHolder.id == holder)
    assert world.hub.read(lambda: db.session.execute(query).one()) == ("Robin", 2)


def test_f57_an_exchange_without_news_asks_for_no_stream(world: World) -> None:
    world.settle()
    line = world.lines["QM"]
    line.heard.clear()
    assert world.sync("QM").ok
    assert [call.path for call in line.heard] == [WELL_KNOWN, TOKEN_PATH, "/api/sync/v1/hello"]


def test_f58_a_hundred_changes_either_way_are_one_request(world: World) -> None:
    member = world.members["QM"]
    world.settle()
    world.hub.write(member, lambda: [records.put(Shelf(member_id=member, mark=str(n), size=n)) for n in range(100)])
    world.nodes["QM"].write(
        member, lambda: [records.put(Visit(member_id=member, mark=str(n), note="", shelf_id=None)) for n in range(100)]
    )
    line = world.lines["QM"]
    line.heard.clear()
    outcome = world.sync("QM")
    assert (outcome.pulled, outcome.pushed) == (100, 100)
    assert [call.method for call in line.heard[3:]] == ["GET", "POST"]
    invariants.at_rest(world)


def rename(member_id: UUID, holder: UUID) -> None:
    row = records.get(OfficeHolder, member_id, holder)
    row.display_name = "Robin"
    records.tell(row)
