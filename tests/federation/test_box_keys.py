"""The key bundles are locked with: told by its holder alone, published by the hub, known to both sides."""

import json
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sri_admin.federation import box_keys, enrolment
from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.lines import ProtocolError
from sri_admin.kernel import installation, runtime, tenancy, transaction
from tests.federation import records
from tests.federation.world import Site, World
from tests.make import federation as make


def id_of(site: Site) -> UUID:
    return site.do(lambda: installation.identity().id)


def node_at_hub(world: World, code: str) -> Node:
    def read() -> Node:
        with transaction.reading(tenancy.NOWHERE):
            node = enrolment.node_of(world.members[code])
            assert node is not None
            transaction.detach(node)
            return node

    return world.hub.do(read)


def test_both_sides_know_the_key_of_the_other_after_the_first_exchange(world: World) -> None:
    hub, node = world.hub, world.nodes["QM"]
    assert node.read(lambda: box_keys.public_of(id_of(hub))) == hub.do(box_keys.own_public)
    assert hub.read(lambda: box_keys.public_of(id_of(node))) == node.do(box_keys.own_public)


def test_the_key_lies_where_only_its_owner_reads_it(world: World) -> None:
    home = world.nodes["QM"].settings.installation.home
    assert (home / "instance" / "box_key.pem").stat().st_mode & 0o777 == 0o600


def test_a_key_is_published_once_however_often_hello_is_said(world: World) -> None:
    before = make.head(world.hub, "hub.control")
    world.settle()
    assert make.head(world.hub, "hub.control") == before


def test_a_new_key_replaces_the_old_one_at_the_next_hello(world: World) -> None:
    hub, node = world.hub, world.nodes["QM"]
    file = node.settings.installation.home / "instance" / "box_key.pem"
    kept = file.read_bytes()
    file.unlink()
    try:
        world.settle()
        assert hub.read(lambda: box_keys.public_of(id_of(node))) == node.do(box_keys.own_public)
    finally:
        file.write_bytes(kept)


@pytest.mark.parametrize(("signer", "code"), [("QN", "bad_signature"), ("QM", "denied")])
def test_nobody_tells_a_key_for_another(world: World, signer: str, code: str) -> None:
    node = node_at_hub(world, "QN" if code == "denied" else "QM")
    paper = world.nodes[signer].do(box_keys.paper)
    if code == "denied":
        node.sign_key = node_at_hub(world, "QM").sign_key
    with pytest.raises(ProtocolError) as raised:
        world.hub.do(lambda: box_keys.take(records.DOER, node, paper))
    assert raised.value.code == code


@pytest.mark.parametrize("document", [b"", b"{}", b'{"p":"","sig":""}', json.dumps({"p": 1, "sig": 2}).encode()])
def test_what_is_no_paper_is_refused(world: World, document: bytes) -> None:
    node = node_at_hub(world, "QM")
    with pytest.raises(ProtocolError) as raised:
        world.hub.do(lambda: box_keys.take(records.DOER, node, document))
    assert raised.value.code in {"malformed", "bad_signature"}


def test_two_processes_that_make_the_key_at_once_get_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    generate, others = X25519PrivateKey.generate, list[bytes]()

    def overtaken() -> X25519PrivateKey:
        with monkeypatch.context() as undone:
            undone.setattr(X25519PrivateKey, "generate", generate)
            others.append(box_keys.own_public())
        return generate()

    def make() -> bytes:
        (installation.instance_folder(runtime.current().settings) / "box_key.pem").unlink()
        monkeypatch.setattr(X25519PrivateKey, "generate", overtaken)
        return box_keys.own_public()

    assert [world.nodes["QM"].do(make)] == others
