"""What people do after a restore and in a hand-over, from page to page, between installations that really exchange."""

import re
from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from flask.testing import FlaskClient

from sri_admin.kernel import installation, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.installation import Installation, Standing
from tests.federation import invariants
from tests.federation.records import Shelf
from tests.federation.test_world_handover import writers
from tests.federation.test_world_restored import identity, marks, salvaged
from tests.federation.world import Site, World
from tests.make import federation as make
from tests.make import people

REASON = "It burnt, and this is the copy of Monday."


def browser(site: Site, role: str, member: UUID | None = None) -> FlaskClient:
    return site.do(lambda: people.browser(site.app, people.person(role, member)))


def text(site: Site, client: FlaskClient, path: str) -> str:
    page = site.do(lambda: client.get(path).get_data(as_text=True))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>|[\u2068\u2069]", "", page))


def send(site: Site, client: FlaskClient, path: str, **values: str) -> int:
    def act() -> int:
        sent: Mapping[str, str] = {"csrf_token": people.token_of(client, "/account"), **values}
        return client.post(path, data=sent).status_code

    return site.do(act)


def set_back(site: Site, label: str) -> None:
    """Restore a copy as the command does: another incarnation at a node, and read-only until somebody was heard."""
    site.go_back(label) if site.is_hub else site.restore(label)

    def act() -> None:
        with transaction.writing(tenancy.NOWHERE):
            db.session.execute(sa.update(Installation).values(standing=Standing.RESTORED))

    site.do(act)


def standing(site: Site) -> Standing:
    return site.read(installation.standing)


def shelves(site: Site) -> list[str]:
    return sorted(row["mark"] for row in make.rows(site, Shelf).values())


def test_f23_a_restored_hub_goes_on_from_its_page_and_takes_back_what_it_had_lost(world: World, member: UUID) -> None:
    hub = world.hub
    make.visit(world.nodes["QM"], member, "of the country")
    hub.keep("old")
    make.shelf(hub, member, "written after the backup")
    world.settle()
    set_back(hub, "old")
    director = browser(hub, "sri_director")
    assert "can only be read for now" in text(hub, director, "/restored")
    assert send(hub, director, "/restored/go-on", reason=REASON) == 303
    assert "Written before a restore" not in text(hub, director, "/menu")
    invariants.at_rest(world)
    assert "1 record waits for a decision" in text(hub, director, "/")
    assert "Written before a restore" in text(hub, director, "/menu")
    assert "after the backup it was restored from" in text(hub, director, "/salvage")
    assert send(hub, director, "/salvage/take", member_id=str(member)) == 303
    invariants.at_rest(world)
    assert (shelves(world.nodes["QM"]), marks(hub)) == (["written after the backup"], ["of the country"])
    assert "Taken over" in text(hub, director, "/salvage")


def test_f20_a_node_that_went_alone_offers_what_it_wrote_meanwhile(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    node.keep("old")
    make.visit(node, member, "after the backup")
    world.settle()
    set_back(node, "old")
    boss = browser(node, "member_administrator", member)
    assert send(node, boss, "/restored/alone", reason=REASON) == 303
    assert standing(node) is Standing.ALONE
    make.visit(node, member, "written alone")
    world.settle()
    assert (standing(node), marks(world.hub)) == (Standing.IN_USE, ["after the backup"])
    assert "Written before a restore" in text(node, boss, "/menu")
    waiting = node.do(lambda: boss.get("/salvage").get_data(as_text=True))
    line = re.search(r'name="line" value="([^"]+)"', waiting)
    assert line is not None
    assert send(node, boss, "/salvage/take", member_id=str(member), line=line.group(1)) == 303
    invariants.at_rest(world)
    assert marks(world.hub) == ["after the backup", "written alone"]


def test_what_is_left_out_keeps_its_reason(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    node.keep("old")
    set_back(node, "old")
    boss = browser(node, "member_administrator", member)
    send(node, boss, "/restored/alone", reason=REASON)
    make.visit(node, member, "written alone")
    world.settle()
    waiting = node.do(lambda: boss.get("/salvage").get_data(as_text=True))
    line = re.search(r'name="line" value="([^"]+)"', waiting)
    assert line is not None
    asked = {"member_id": str(member), "line": line.group(1)}
    assert send(node, boss, "/salvage/leave", **asked) == 422
    assert send(node, boss, "/salvage/leave", **asked, reason="Entered twice.") == 303
    assert "Entered twice." in text(node, boss, "/salvage")
    assert (salvaged(node), marks(world.hub)) == ([("set_back", "dismissed")], [])


def test_a_hand_over_is_begun_seen_at_both_sides_and_called_off_from_pages(world: World, member: UUID) -> None:
    hub, node = world.hub, world.nodes["QM"]
    director, chair = browser(hub, "sri_director"), browser(node, "chair", member)
    address = f"/connections/{identity(node)}"
    assert "This node writes the records" in text(node, chair, "/handover")
    assert send(hub, director, f"{address}/hand-over", direction="to_hub", reason="as agreed") == 303
    world.lines["QM"].always = lambda call: (
        call.deliver() if not call.path.endswith("/handovers") else call.deliver(b"{}")
    )
    world.sync("QM")
    for site, client in ((hub, director), (node, chair)):
        page = text(site, client, "/handover")
        assert "comes to the hub" in page
        assert "Both sides come to hold the same, by themselves" in page
    assert "Handing over" in text(node, chair, "/menu")
    assert send(hub, director, f"{address}/hand-over/cancel", reason="not yet") == 303
    invariants.at_rest(world)
    assert "Called off" in text(hub, director, "/handover")
    assert "Handing over" not in text(node, chair, "/menu")
    assert writers(world, member) == [False, True]


def test_a_node_is_given_up_from_its_page(world: World, member: UUID) -> None:
    hub = world.hub
    director, address = browser(hub, "sri_director"), f"/connections/{identity(world.nodes['QM'])}"
    assert "What the node wrote and did not send is not in it" in text(hub, director, f"{address}/decisions")
    assert send(hub, director, f"{address}/reclaim", reason="x") == 422
    assert send(hub, director, f"{address}/reclaim", reason="it was stolen") == 303
    make.visit(hub, member, "at the hub since")
    assert marks(hub) == ["at the hub since"]
    assert send(hub, browser(hub, "auditor"), f"{address}/reclaim", reason="it was stolen") == 403
