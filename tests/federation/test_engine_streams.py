"""Streams and who writes them: begun with the member, granted by the hub, fenced by epoch."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from sri_admin.federation import control, exchange, export, intake, streams
from sri_admin.federation.chain import genesis
from sri_admin.federation.control import Access
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.models import Grant, NodeKey
from sri_admin.federation.stream_names import (
    HUB_CONTROL,
    HUB_MEMBER,
    HUB_REGISTRY,
    MEMBER_CONTRIB,
    MEMBER_OPS,
    StreamClass,
    parse_name,
    stream_name,
    topic_of,
)
from sri_admin.kernel import installation
from sri_admin.kernel.db import db
from tests.federation import invariants
from tests.federation.seen import look
from tests.federation.world import World
from tests.make import federation as make
from tests.make import members as make_members


@pytest.fixture
def ops(member: UUID) -> str:
    return stream_name(MEMBER_OPS, member)


def node_id(world: World) -> UUID:
    return world.nodes["QM"].do(installation.identity).id


@pytest.mark.parametrize("cls", StreamClass)
def test_a_name_is_read_as_it_was_written(cls: StreamClass) -> None:
    tenant, topic = uuid4(), ".".join(["pt-BR", "open"][: cls.topics])
    name = stream_name(cls, tenant, topic)
    assert (parse_name(name), topic_of(name)) == ((cls, None if cls.of_hub else tenant), topic)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "hub",
        "hub.member",
        "member.ops",
        "hub.other",
        "member.x.ops",
        "a.b.c.d",
        "hub.language",
        "hub.language.PL",
        "hub.materials.open",
        "hub.language.a.b",
        ".",
        f"hub.member.{UUID(int=1)}.x",
    ],
)
def test_what_names_no_stream_is_refused(name: str) -> None:
    with pytest.raises(ProtocolError, match="unknown_stream"):
        parse_name(name)


def test_a_new_member_has_its_streams_at_the_hub(world: World) -> None:
    made = world.hub.do(lambda: make_members.member("QP"))
    found = {each.stream for each in world.hub.read(export.positions) if str(made) in each.stream}
    assert found == {stream_name(cls, made) for cls in (HUB_MEMBER, MEMBER_OPS, MEMBER_CONTRIB)}


def test_what_a_node_may_do_follows_from_the_grants(world: World, member: UUID, ops: str) -> None:
    allowed = world.hub.read(lambda: control.access(node_id(world), member))
    assert allowed == {
        HUB_CONTROL.value: Access.READ,
        HUB_REGISTRY.value: Access.READ,
        stream_name(HUB_MEMBER, member): Access.READ,
        ops: Access.WRITE,
        stream_name(MEMBER_CONTRIB, member): Access.WRITE,
    }


def test_a_stranger_may_write_nothing(world: World, member: UUID) -> None:
    assert Access.WRITE not in world.hub.read(lambda: control.access(uuid4(), member)).values()


def test_a_granted_epoch_stands_on_the_end_of_the_one_before(world: World, ops: str) -> None:
    wanted = sa.select(Grant.log_id, Grant.base_chain).where(Grant.stream == ops)
    log_id, base = world.hub.read(lambda: db.session.execute(wanted).one())
    assert base is not None
    begun = genesis(ops, 2, log_id=str(log_id), base=bytes.fromhex(base))
    for site in (world.hub, world.nodes["QM"]):
        assert site.read(lambda: streams.position(streams.by_name(ops))).chain == begun


def test_grants_are_taken_once(world: World) -> None:
    assert world.nodes["QM"].do(control.take_grants) == 0


def test_a_hub_that_is_prepared_again_stays_as_it_is(world: World) -> None:
    before = world.hub.read(export.positions)
    world.hub.do(control.prepare_hub)
    assert world.hub.read(export.positions) == before


def test_a_stream_with_lines_of_the_hubs_own_is_not_handed_over(world: World) -> None:
    made = world.hub.do(lambda: make_members.member("QP"))
    make.visit(world.hub, made, "own")
    assert world.hub.read(lambda: control.has_own_records(made))


def test_i7_a_batch_of_an_epoch_that_is_over_is_refused(world: World, member: UUID, ops: str) -> None:
    make.visit(world.nodes["QM"], member, "late")

    def regrant() -> None:
        row = streams.by_name(ops, lock=True)
        streams.regrant(row, own=False, epoch=3, log_id=uuid4(), base=row.chain)

    world.hub.write(member, regrant)
    assert world.sync("QM").code == "stale_epoch"
    assert make.head(world.hub, ops) == 0


def test_i8_a_batch_signed_with_a_withdrawn_key_is_refused(world: World, member: UUID, ops: str) -> None:
    make.visit(world.nodes["QM"], member, "late")
    batch = world.nodes["QM"].read(lambda: export.batch(ops, 0))
    assert batch is not None
    world.hub.write(world.hub_id, lambda: db.session.execute(sa.update(NodeKey).values(revoked=True)))
    who = world.nodes["QM"].do(installation.identity)
    with pytest.raises(ProtocolError, match="key_revoked"):
        world.hub.do(lambda: intake.batch(ops, who.id, who.incarnation, batch.body))
    assert make.head(world.hub, ops) == 0


def test_a_node_without_a_hub_says_so(world: World) -> None:
    node = world.nodes["QM"]
    node.write(world.members["QM"], lambda: db.session.execute(sa.text("delete from hub_link")))
    assert node.do(lambda: exchange.synchronise(world.lines["QM"])).code == "not_enrolled"


def test_nothing_waits_and_all_is_green_after_an_exchange(world: World, member: UUID) -> None:
    make.visit(world.nodes["QM"], member, "v")
    assert not look(world).held[world.nodes["QM"].name].is_green
    seen = invariants.at_rest(world)
    assert seen.held[world.nodes["QM"].name].is_green
