"""A node's keys are withdrawn: nothing more is taken or given, what is held stays, and there is a way back."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation import enrolment, exchange, intake, joining, keyring, keys, report, revocation, rotation
from sri_admin.federation.checkpoint import SealError
from sri_admin.federation.enrolment_models import EnrolmentState, HubLink, Node
from sri_admin.federation.key_life import EndReason
from sri_admin.federation.models import Grant, NodeKey
from sri_admin.federation.revocation import WithdrawnError
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import installation, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from tests.federation import records
from tests.federation.records import Visit
from tests.federation.world import Site, World
from tests.make import federation as make


def withdraw(world: World, member: UUID, **last_good: int) -> None:
    """Withdraw the keys of the member's node as stolen."""

    def act() -> None:
        reach = enrolment.approval_reach(member)
        transaction.write(reach, lambda: _withdraw(member, last_good))

    world.hub.do(act)


def _withdraw(member: UUID, last_good: dict[str, int]) -> None:
    found = enrolment.node_of(member)
    assert found is not None
    given = {stream_name(MEMBER_OPS, member): last_good["ops"]} if last_good else None
    revocation.withdraw(records.DOER, found.id, reason=EndReason.STOLEN, last_good=given)


def key_at(site: Site, kid: str) -> NodeKey:
    """Return a key as an installation knows it."""

    def read() -> NodeKey:
        row = db.session.scalars(sa.select(NodeKey).where(NodeKey.kid == kid)).one()
        db.session.expunge(row)
        return row

    return site.read(read)


def bring(world: World, node: Site, member: UUID, after: int) -> None:
    """Bring a batch of the node to the hub by hand, as a stick would, whatever its tokens are worth."""
    ops = stream_name(MEMBER_OPS, member)
    batch = node.read(lambda: exchange.export.batch(ops, after))
    assert batch is not None
    identity = node.do(installation.identity)
    world.hub.do(lambda: intake.batch(ops, identity.id, identity.incarnation, batch.body))


def test_f49_a_withdrawn_node_is_stopped_at_once_and_told_in_plain_words(
    world: World, member: UUID, node: Site
) -> None:
    make.visit(node, member, "before")
    world.settle()
    withdraw(world, member)
    make.visit(node, member, "after")
    assert world.sync("QM").code == "key_revoked"
    assert node.read(lambda: report.of_hub_link().trouble) == "key_revoked"
    kept = key_at(world.hub, node.do(lambda: keys.own_key().kid))
    assert (kept.revoked, kept.ended_because) == (True, "stolen")
    assert [row["mark"] for row in make.rows(world.hub, Visit).values()] == ["before"]
    assert len(make.rows(node, Visit)) == 2


def test_f49_what_the_key_signs_after_the_last_good_line_is_refused_however_it_comes(
    world: World, member: UUID, node: Site
) -> None:
    make.visit(node, member, "before")
    world.settle()
    withdraw(world, member, ops=2)
    make.visit(node, member, "on a stick that was sent before")
    bring(world, node, member, after=1)
    make.visit(node, member, "by the thief")
    with pytest.raises(SealError) as refused:
        bring(world, node, member, after=2)
    assert refused.value.code == "key_revoked"
    assert len(make.rows(world.hub, Visit)) == 2


def test_f49_others_learn_of_it_and_go_on(world: World, member: UUID, node: Site) -> None:
    kid = node.do(lambda: keys.own_key().kid)
    withdraw(world, member)
    assert world.sync("QN").ok
    assert key_at(world.nodes["QN"], kid).revoked


def test_keys_are_withdrawn_once_and_a_waiting_pair_is_of_no_use(world: World, member: UUID, node: Site) -> None:
    node.write(member, lambda: rotation.begin(records.DOER))
    gone = world.hub.read(lambda: _node_of(member))
    withdraw(world, member)
    assert world.sync("QM").code == "key_revoked"
    document = node.do(keyring.last_statement)
    assert document is not None
    with pytest.raises(rotation.RotationError) as refused:
        world.hub.do(lambda: rotation.receive(document))
    assert refused.value.code == "key_revoked"
    reach = world.hub.do(lambda: enrolment.approval_reach(member))
    act = lambda: revocation.withdraw(records.DOER, gone, reason=EndReason.LOST)  # noqa: E731 - one act, tried here
    with pytest.raises(WithdrawnError):
        world.hub.do(lambda: transaction.write(reach, act))


def _node_of(member: UUID) -> UUID:
    return db.session.scalars(sa.select(Node.id).where(Node.member_id == member)).one()


def test_f49_the_way_back_is_a_new_enrolment_with_new_keys_and_the_next_epoch(
    world: World, member: UUID, node: Site
) -> None:
    old = node.do(lambda: keys.own_key().kid)
    with pytest.raises(ConflictError):
        node.do(lambda: joining.ask(world.lines["QM"], "ABCD-ABCD-ABCD-ABCD-ABCD-ABCD-ABCD"))
    withdraw(world, member)
    assert world.sync("QM").code == "key_revoked"
    world.enrol("QM")
    assert node.do(lambda: keys.own_key().kid) != old
    world.settle()
    make.visit(node, member, "again")
    world.settle()
    ops = stream_name(MEMBER_OPS, member)
    epochs = world.hub.read(lambda: sorted(db.session.scalars(sa.select(Grant.epoch).where(Grant.stream == ops))))
    assert epochs == [2, 3]
    assert len(make.rows(world.hub, Visit)) == 1
    assert node.read(lambda: db.session.scalars(sa.select(HubLink.state)).one()) is EnrolmentState.APPROVED
