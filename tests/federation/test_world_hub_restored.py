"""The hub restored to an earlier day: no country loses a change, and what the hub had written is handed back to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation import control, enrolment, revocation, rotation
from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.key_life import EndReason
from sri_admin.federation.models import Grant
from sri_admin.federation.recovery import deciding
from sri_admin.federation.stream_names import HUB_CONTROL, MEMBER_OPS, stream_name
from sri_admin.kernel import ids, jobs, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import RestoredError
from sri_admin.kernel.installation import Installation, Standing
from tests.conftest import settings_for
from tests.federation import invariants, records
from tests.federation.records import Shelf, Sign
from tests.federation.test_world_restored import epoch, identity, marks, salvaged
from tests.federation.world import HUB_URL, Line, Site, World
from tests.make import federation as make
from tests.make import members as make_members


def shelves(world: World) -> list[list[str]]:
    """Return the marks of the shelves at the hub and at the node."""
    sites = (world.hub, world.nodes["QM"])
    return [sorted(row["mark"] for row in make.rows(site, Shelf).values()) for site in sites]


@pytest.mark.parametrize("hours", [1, 30 * 24])
def test_f23_i22_a_restored_hub_loses_no_change_of_a_country_and_is_given_back_its_own(
    world: World, member: UUID, hours: int
) -> None:
    node, rec = world.nodes["QM"], ids.new()
    make.shelf(world.hub, member, "a", id=rec)
    make.visit(node, member, "sent before")
    world.settle()
    world.hub.keep("old")
    make.change(world.hub, records.SHELF, (member, rec), mark="b")
    make.shelf(world.hub, member, "c")
    make.sign(world.hub, world.hub_id)
    make.visit(node, member, "sent after")
    world.settle()
    world.time.now += timedelta(hours=hours)
    world.hub.go_back("old")
    world.go_on()
    invariants.at_rest(world)
    assert marks(world.hub) == ["sent after", "sent before"]
    assert shelves(world) == [["a"], ["a"]]
    world.hub.write(member, lambda: deciding.take_over(records.DOER, member))
    world.hub.write(world.hub_id, lambda: deciding.take_over(records.DOER, world.hub_id))
    invariants.at_rest(world)
    assert shelves(world) == [["b", "c"], ["b", "c"]]
    assert len(make.rows(world.nodes["QN"], Sign)) == 1
    assert {state for _cause, state in salvaged(world.hub)} == {"taken"}


def test_f23_what_two_nodes_hand_back_is_kept_once(world: World) -> None:
    world.hub.keep("old")
    make.sign(world.hub, world.hub_id)
    world.settle()
    world.hub.go_back("old")
    world.go_on()
    invariants.at_rest(world)
    assert salvaged(world.hub) == [("hub_restored", "open")]


def test_f23_a_permission_that_continues_another_day_is_written_anew_when_its_node_announces_itself(
    world: World, member: UUID
) -> None:
    node, ops = world.nodes["QM"], stream_name(MEMBER_OPS, member)
    make.visit(node, member, "a")
    world.settle()
    of_another_day = Grant(
        member_id=world.hub_id,
        id=ids.new(),
        stream=ops,
        epoch=3,
        log_id=ids.new(),
        node_id=identity(node),
        base_n=1,
        base_chain="0" * 64,
    )
    world.hub.write(world.hub_id, lambda: records.put(of_another_day))
    node.keep("old")
    node.restore("old")
    invariants.at_rest(world)
    make.visit(node, member, "b")
    invariants.at_rest(world)
    assert (epoch(node, ops), epoch(world.hub, ops), marks(world.hub)) == (3, 3, ["a", "b"])


def stand(standing: Standing) -> None:
    """Let this installation stand in a way."""
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(Installation).values(standing=standing))


def test_a_hub_that_waits_after_a_restore_grants_nothing_and_says_why(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    node.keep("old")
    node.restore("old")
    world.hub.do(lambda: stand(Standing.RESTORED))
    before = make.lines(world.hub, HUB_CONTROL.value)
    outcome = world.sync("QM")
    assert (outcome.ok, outcome.code) == (False, "hub_restored")
    with pytest.raises(RestoredError):
        make.sign(world.hub, world.hub_id)
    assert make.lines(world.hub, HUB_CONTROL.value) == before
    world.hub.do(lambda: stand(Standing.IN_USE))
    invariants.at_rest(world)


@pytest.mark.parametrize("between", [True, False])
@pytest.mark.parametrize("by_control", [True, False])
def test_f23_a_hub_set_back_twice_to_the_same_day_is_followed_and_given_back_what_it_lost(
    world: World, member: UUID, *, between: bool, by_control: bool
) -> None:
    make.shelf(world.hub, member, "first")
    world.settle()
    world.hub.keep("old")
    for number in range(2):
        make.shelf(world.hub, member, f"lost {number}")
        if by_control:
            world.nodes["QN"].write(world.members["QN"], lambda: rotation.begin(records.DOER))
        world.settle()
        world.hub.go_back("old")
        world.go_on()
        if between or number:
            world.settle()
    invariants.at_rest(world)
    assert shelves(world) == [["first"], ["first"]]
    world.hub.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert shelves(world) == [["first", "lost 0", "lost 1"]] * 2
    kept = [state for _cause, state in salvaged(world.nodes["QM"])]
    assert kept.count("handed_back") >= 2  # and a node keeps what it handed back


def test_f23_a_hub_set_back_first_a_little_and_then_far_is_followed(world: World, member: UUID) -> None:
    world.hub.keep("far")
    make.shelf(world.hub, member, "a")
    world.settle()
    world.hub.keep("near")
    make.shelf(world.hub, member, "b")
    world.settle()
    world.hub.go_back("near")
    world.go_on()
    world.settle()
    make.shelf(world.hub, member, "c")
    world.settle()
    world.hub.go_back("far")
    world.go_on()
    invariants.at_rest(world)
    assert shelves(world) == [[], []]
    world.hub.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert shelves(world) == [["a", "b", "c"]] * 2
    assert ("hub_restored", "handed_back") in salvaged(world.nodes["QM"])  # what was handed back the first time


def test_f24_hub_and_node_restored_hold_together_what_either_kept(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "in both copies")
    world.settle()
    node.keep("old")
    make.visit(node, member, "at the hub alone")
    world.settle()
    world.hub.keep("old")
    make.visit(node, member, "in neither copy")
    world.settle()
    world.hub.go_back("old")
    node.restore("old")
    world.go_on()
    invariants.at_rest(world)
    assert marks(node) == marks(world.hub) == ["at the hub alone", "in both copies"]


def test_f24_a_permission_the_hub_had_lost_is_taken_back_before_it_grants_another(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    world.hub.keep("old")
    node.keep("old")
    node.restore("old")
    world.settle()
    make.visit(node, member, "in the epoch the hub has lost")
    world.settle()
    world.hub.go_back("old")
    world.go_on()
    assert world.sync("QM").code == "hub_restored"
    world.hub.write(world.hub_id, lambda: deciding.take_over(records.DOER, world.hub_id))
    invariants.at_rest(world)
    assert marks(world.hub) == ["in the epoch the hub has lost"]


def test_f24_an_epoch_whose_grant_comes_back_before_the_lines_it_stands_on_is_gone_over_to_without_a_line_of_it(
    world: World, member: UUID
) -> None:
    node = world.nodes["QM"]
    world.hub.keep("old")
    make.visit(node, member, "lost with the grant after it")
    world.settle()
    node.keep("later")
    node.restore("later")
    world.settle()
    world.hub.go_back("old")
    world.go_on()
    world.sync("QM")
    world.hub.write(world.hub_id, lambda: deciding.take_over(records.DOER, world.hub_id))
    world.settle()
    invariants.at_rest(world)
    assert marks(world.hub) == ["lost with the grant after it"]


def withdraw(world: World, member: UUID) -> None:
    """Withdraw the keys of a member's node."""

    def act() -> None:
        node = enrolment.node_of(member)
        assert node is not None
        revocation.withdraw(records.DOER, node.id, reason=EndReason.STOLEN)

    reach = world.hub.do(lambda: enrolment.approval_reach(member))
    world.hub.do(lambda: transaction.write(reach, act))


def test_f24_an_epoch_the_hub_granted_and_forgot_is_gone_back_from_and_what_was_written_in_it_is_offered(
    world: World, member: UUID
) -> None:
    node = world.nodes["QM"]
    make.visit(node, member, "before")
    world.settle()
    withdraw(world, member)
    world.hub.keep("old")
    assert world.sync("QM").code == "key_revoked"
    world.enrol("QM")
    world.settle()
    make.visit(node, member, "sent")
    world.settle()
    make.visit(node, member, "never sent")
    world.hub.go_back("old")
    world.go_on()
    assert world.sync("QM").code == "invalid_client"
    world.enrol("QM")
    assert world.sync("QM").code == "hub_restored"
    make.take_back_permissions(world.hub, world.hub_id)
    world.settle()
    invariants.at_rest(world)
    assert marks(world.hub) == marks(node) == ["before"]
    assert salvaged(node).count(("set_back", "open")) == 2
    node.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert marks(world.hub) == marks(node) == ["before", "never sent", "sent"]


@contextmanager
def joined_later(world: World, name: str, *, hosted: str | None = None) -> Iterator[Site]:
    """Let a third node join for a while, its member perhaps with a record that was entered at the hub."""
    member = world.hub.do(lambda: make_members.member(name))
    if hosted is not None:
        make.visit(world.hub, member, hosted)
    digits = world.hub.do(control.root_digits)
    home = world.nodes["QM"].settings.installation.home.parent / name
    settings = settings_for("node", home, hub={"url": HUB_URL, "root_fingerprint": digits})
    world.members[name] = member
    world.hub.keep("old")
    world.nodes[name] = Site(world.hub.cluster, f"world_{name.lower()}", settings, world.time, records.KINDS)
    world.lines[name] = Line(world.hub)
    world.enrol(name)
    yield world.nodes[name]
    world.nodes.pop(name).stop()
    world.lines.pop(name)
    world.members.pop(name)


@pytest.fixture
def newcomer(world: World) -> Iterator[Site]:
    with joined_later(world, "QO") as site:
        yield site


def test_f23_a_hub_set_back_to_before_a_node_joined_lets_it_in_again_with_all_it_has(
    world: World, newcomer: Site
) -> None:
    member = world.members["QO"]
    world.settle()
    make.visit(newcomer, member, "sent")
    world.settle()
    make.visit(newcomer, member, "never sent")
    world.hub.go_back("old")
    world.go_on()
    assert world.sync("QO").code == "invalid_client"
    world.enrol("QO")
    assert world.sync("QO").code == "hub_restored"
    world.hub.write(world.hub_id, lambda: deciding.take_over(records.DOER, world.hub_id))
    invariants.at_rest(world)
    assert marks(world.hub) == marks(newcomer) == ["never sent", "sent"]
    assert salvaged(newcomer) == [("hub_restored", "handed_back")] * len(salvaged(newcomer))


@pytest.fixture
def once_hosted(world: World) -> Iterator[Site]:
    with joined_later(world, "QP", hosted="hosted") as site:
        yield site


def test_a_hub_set_back_to_before_a_hand_over_gives_way_to_the_node_that_writes_since(
    world: World, once_hosted: Site
) -> None:
    member = world.members["QP"]
    hand_over(world, member)
    world.settle()
    invariants.at_rest(world)
    make.visit(once_hosted, member, "at the node")
    world.settle()
    world.hub.go_back("old")
    world.go_on()
    make.visit(world.hub, member, "at the hub since")
    assert world.sync("QP").code == "invalid_client"
    world.enrol("QP")
    assert world.sync("QP").code == "hub_restored"
    world.hub.write(world.hub_id, lambda: deciding.take_over(records.DOER, world.hub_id))
    world.settle()
    assert "at the hub since" not in marks(world.hub)
    once_hosted.write(member, lambda: deciding.take_over(records.DOER, member))
    invariants.at_rest(world)
    assert marks(world.hub) == marks(once_hosted) == ["at the hub since", "at the node", "hosted"]


def hand_over(world: World, member: UUID) -> None:
    """Do the job that approving a node of a country with records at the hub left to do."""

    def act() -> None:
        with transaction.reading(tenancy.only(member)):
            node = db.session.scalars(sa.select(Node).where(Node.member_id == member)).one().id
        task = runtime.current().tasks[enrolment.HAND_OVER]
        jobs.perform(task, {"member_id": str(member), "node_id": str(node)})

    world.hub.do(act)
