"""Keys change by position: the old pair goes on until the hub has confirmed the new one, whatever is cut or killed."""

import itertools
import json
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from sri_admin.federation import credentials, exchange, intake, keyring, keys, rotation, rotation_papers
from sri_admin.federation.checkpoint import SealError
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.models import NodeKey
from sri_admin.federation.rotation_papers import RotationError
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import installation
from sri_admin.kernel.db import db
from sri_admin.kernel.signing import SigningKey
from tests.federation import invariants, records
from tests.federation import world as worlds
from tests.federation.records import Visit
from tests.federation.world import Site, World
from tests.make import federation as make


def rotate(world: World) -> str:
    """Make new keys at the node; return the new key's name."""
    return world.nodes["QM"].write(world.members["QM"], lambda: rotation.begin(records.DOER))


def in_use(node: Site) -> str:
    """Return the name of the key the node signs with."""
    return node.do(lambda: keys.own_key().kid)


def published(site: Site, kid: str) -> NodeKey:
    """Return a key as an installation knows it."""

    def read() -> NodeKey:
        row = db.session.scalars(sa.select(NodeKey).where(NodeKey.kid == kid)).one()
        db.session.expunge(row)
        return row

    return site.read(read)


def test_the_new_key_begins_where_the_old_one_ends(world: World, member: UUID, node: Site) -> None:
    make.visit(node, member, "before")
    world.settle()
    old, new = in_use(node), rotate(world)
    world.settle()
    make.visit(node, member, "after")
    world.settle()
    ops = stream_name(MEMBER_OPS, member)
    ends, begins = published(node, old).ends, published(node, new).begins
    assert ends is not None
    assert begins is not None
    assert ends[ops] == [2, 1]
    assert begins[ops] == [2, 2]
    assert in_use(node) == new
    assert len(make.rows(world.hub, Visit)) == 2
    invariants.at_rest(world)


def test_f48_offline_the_old_key_goes_on_and_the_new_one_waits(world: World, member: UUID, node: Site) -> None:
    old, new = in_use(node), rotate(world)
    world.lines["QM"].always = worlds.cut_before
    make.visit(node, member, "offline")
    assert world.sync("QM").code == "unreachable"
    assert (in_use(node), rotate(world)) == (old, new)
    world.settle()
    assert in_use(node) == new
    assert len(make.rows(world.hub, Visit)) == 1
    invariants.at_rest(world)


def test_f48_wherever_the_line_is_cut_everything_arrives_in_the_end(world: World, member: UUID, node: Site) -> None:
    for count, (at, fault) in enumerate(itertools.product(range(7), (worlds.cut_before, worlds.cut_after))):
        new = rotate(world)
        make.visit(node, member, f"v{count}")
        world.lines["QM"].faults = [*[None] * at, fault]
        world.sync("QM")
        world.settle()
        assert in_use(node) == new
        assert len(make.rows(world.hub, Visit)) == count + 1
    invariants.at_rest(world)


def test_f48_a_kill_between_the_files_leaves_a_pair_that_works(
    world: World, member: UUID, node: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count, last in enumerate(("statement", "sign", "auth")):
        new = rotate(world)
        monkeypatch.setattr(keyring, "use", lambda pair, last=last: _stop_after(pair, last))
        with pytest.raises(KeyboardInterrupt):
            world.sync("QM")
        monkeypatch.undo()
        make.visit(node, member, f"v{count}")
        world.settle()
        assert in_use(node) == new
        assert node.do(keyring.waiting) is None
        assert len(make.rows(world.hub, Visit)) == count + 1


def _stop_after(pair: keyring.Waiting, last: str) -> None:
    folder = installation.instance_folder(worlds.runtime.current().settings)
    steps: dict[str, Callable[[], None]] = {
        "statement": lambda: installation.write_private(folder / "rotation.json", pair.statement),
        "sign": lambda: keys.use(pair.sign),
        "auth": lambda: credentials.use(pair.auth),
    }
    for name, step in steps.items():
        step()
        if name == last:
            raise KeyboardInterrupt


def test_the_assertion_key_changes_in_the_same_act(world: World, member: UUID, node: Site) -> None:
    before = node.do(lambda: credentials.public_jwk(credentials.auth_key()))
    rotate(world)
    world.settle()
    world.settle()
    now = node.do(lambda: credentials.public_jwk(credentials.auth_key()))
    kept = world.hub.read(lambda: _node_of(member))
    assert now != before
    assert (kept.auth_key, kept.next_auth_key) == (now, None)


def _node_of(member: UUID) -> Node:
    row = db.session.scalars(sa.select(Node).where(Node.member_id == member)).one()
    db.session.expunge(row)
    return row


def test_announcements_are_signed_by_the_old_key_until_the_new_one_is_used(world: World, node: Site) -> None:
    old, new = in_use(node), rotate(world)
    statement, node_id = node.do(lambda: keyring.prepare(keys.own_id()).statement), node.do(keys.own_id)
    world.hub.do(lambda: rotation.receive(statement))
    good = [world.hub.read(lambda kid=kid: keys.node_key(kid, node_id)) is not None for kid in (old, new)]
    world.settle()  # the node learns that its keys are taken
    world.settle()  # and asks for a token with the new one
    after = [world.hub.read(lambda kid=kid: keys.node_key(kid, node_id)) is not None for kid in (old, new)]
    assert (good, after) == ([True, True], [False, True])


def test_lines_after_its_end_are_refused_from_the_old_key(world: World, member: UUID, node: Site) -> None:
    rotate(world)
    document = node.do(keyring.last_statement)
    assert document is not None
    world.hub.do(lambda: rotation.receive(document))
    make.visit(node, member, "too late")
    ops = stream_name(MEMBER_OPS, member)
    batch = node.read(lambda: exchange.export.batch(ops, 0))
    assert batch is not None
    identity = node.do(installation.identity)
    with pytest.raises(SealError) as refused:
        world.hub.do(lambda: intake.batch(ops, identity.id, identity.incarnation, batch.body))
    assert refused.value.code == "unknown_key"
    world.settle()
    assert len(make.rows(world.hub, Visit)) == 1


def test_a_hub_set_back_before_the_change_takes_it_once_more(world: World, node: Site) -> None:
    world.hub.keep("old")
    new = rotate(world)
    world.settle()
    world.settle()
    world.hub.go_back("old")
    assert world.sync("QM").code != "invalid_client"
    assert published(world.hub, new).kid == new


def refusal(world: World, document: bytes) -> str:
    """Return the code with which the hub refuses a change of keys."""
    with pytest.raises(RotationError) as refused:
        world.hub.do(lambda: rotation.receive(document))
    return refused.value.code


def signed(
    node: Site, *, old: SigningKey | None = None, new: SigningKey | None = None, by: UUID | None = None
) -> bytes:
    """Return a change of keys of the node, with something else in the place of its own."""

    def make_it() -> bytes:
        jwk = credentials.public_jwk(credentials.auth_key())
        pair = {"old": old or keys.own_key(), "new": new or SigningKey.generate()}
        return rotation_papers.sign_rotation(by or keys.own_id(), **pair, auth_key=jwk)

    return node.do(make_it)


def test_f50_a_change_signed_by_a_stranger_is_refused(world: World, node: Site) -> None:
    assert refusal(world, signed(node, old=SigningKey.generate())) == "unknown_key"
    assert refusal(world, signed(node, by=uuid4())) == "unknown_key"
    assert refusal(world, signed(world.nodes["QN"], by=node.do(keys.own_id))) == "unknown_key"


def test_f50_a_change_needs_both_signatures(world: World, node: Site) -> None:
    good, other = json.loads(signed(node)), json.loads(signed(node))
    for name in ("by_old", "by_new"):
        document = json.dumps({**good, name: other[name]}).encode()
        assert refusal(world, document) == "bad_signature"


def test_f50_a_signature_under_another_tag_is_refused(world: World, node: Site) -> None:
    said = json.loads(signed(node))
    payload = rotation_papers.from_base64url(said["p"])
    wrong = node.do(lambda: keys.own_key().sign("sri-sync/1 checkpoint", payload))
    document = json.dumps({**said, "by_old": rotation_papers.to_base64url(wrong)}).encode()
    assert refusal(world, document) == "bad_signature"


def test_a_key_gets_one_successor_and_a_key_in_use_is_not_taken_again(world: World, node: Site) -> None:
    first = signed(node)
    other = world.nodes["QN"].do(keys.own_key)
    assert refusal(world, signed(node, new=other)) == "key_taken"
    kid = world.hub.do(lambda: rotation.receive(first))
    assert world.hub.do(lambda: rotation.receive(first)) == kid
    assert refusal(world, signed(node)) == "key_ended"


def test_what_is_no_change_of_keys_is_refused(world: World) -> None:
    empty = b'{"p":"","by_old":"","by_new":""}'
    for document in (b"", b"{}", empty, b"[]", b'{"p":"e30","by_old":"AA","by_new":"AA"}'):
        assert refusal(world, document) == "malformed"


def test_a_withdrawn_node_changes_no_keys(world: World, member: UUID, node: Site) -> None:
    stopped = sa.update(Node).where(Node.member_id == member).values(state=NodeState.REVOKED)
    world.hub.write(member, lambda: db.session.execute(stopped))
    assert refusal(world, signed(node)) == "key_revoked"


@pytest.mark.parametrize("waits", [True, False])
def test_f48_a_hub_that_forgot_several_changes_of_keys_learns_all_of_them(
    world: World, member: UUID, node: Site, *, waits: bool
) -> None:
    world.hub.keep("old")
    for _number in range(2):
        rotate(world)
        world.settle()
    if waits:
        rotate(world)
    world.hub.go_back("old")
    world.go_on()
    world.settle()
    make.visit(node, member, "afterwards")
    world.settle()
    invariants.at_rest(world)
    assert node.do(keyring.waiting) is None
