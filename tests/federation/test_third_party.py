"""A client that was written from docs/federation.md alone, against the program in a process of its own."""

import ast
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest

from sri_admin.federation import keys
from sri_admin.federation.checkpoint import Checkpoint, seal
from sri_admin.kernel import postgres
from sri_admin.people.rules import Role
from tests.federation import strangers
from tests.federation.strangers import Joined, office_holder
from tests.federation.third_party import formats, stick, trust
from tests.federation.third_party.client import Client, Outcome
from tests.federation.third_party.formats import RefusedError, Values
from tests.federation.third_party.talk import Reply, Talk
from tests.make import files, people

_HERE = Path(__file__).parent
VECTORS = json.loads((_HERE / "vectors.json").read_text())


@contextmanager
def cut(hub: Talk, path: str, *, after: int = 0) -> Iterator[None]:
    """Cut the line while an answer from an address comes; the hub has done what it was asked for."""
    send, answered = hub.send, 0

    def cutting(method: str, where: str, body: bytes = b"", **more: Any) -> Reply:
        nonlocal answered
        reply = send(method, where, body, **more)
        answered += path in where
        if answered > after:
            raise ConnectionResetError
        return reply

    with patch.object(hub, "send", cutting):
        yield


@contextmanager
def answering(client: Client, hello: Values) -> Iterator[None]:
    """Let the hub answer every hello with this one."""
    with patch.object(client, "hello", lambda: hello):
        yield


def agreement_of(joined: Joined) -> UUID:
    """The agreement in force."""
    return UUID(next(iter(joined.client.store.newest("members.agreement"))))


def told_by(told: Values) -> Values:
    """What the hub signed as head of a stream."""
    return json.loads(formats.to_bytes(json.loads(told["head"])["p"]))


@pytest.fixture(scope="module")
def joined(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    with strangers.joined(cluster, template, tmp_path_factory.mktemp("third")) as made:
        yield made


def test_it_joins_pulls_everything_and_then_nothing_is_new(joined: Joined) -> None:
    outcome = joined.client.exchange()
    assert outcome.pulled > 0
    assert not outcome.trouble
    assert joined.client.exchange().pulled == 0
    named = joined.client.store.newest("members.member")
    assert [each["d"]["code"] for each in named.values()] == ["QM"]
    for told in joined.client.hello()["streams"]:
        assert (told["access"], told["status"]) in {("read", "ok"), ("write", "behind")}, told


def test_what_it_writes_is_receipted_and_stands_on_the_hubs_page(joined: Joined) -> None:
    joined.client.writer.write(joined.ops, [office_holder("Noor of the third party")], by="somebody")
    outcome = joined.client.exchange()
    assert (outcome.pushed, dict(outcome.trouble)) == (1, {})
    receipt = joined.client.writer.receipt(joined.ops)
    assert (receipt["n"], receipt["quarantined"], receipt["parked"]) == (1, [], [])
    director = joined.hub.do(lambda: people.person(Role.SRI_DIRECTOR))
    assert "Noor of the third party" in joined.hub.page(director, "/countries/QM/office-holders")


def test_it_goes_on_where_it_was_cut_and_nothing_is_lost_or_doubled(joined: Joined) -> None:
    before = joined.client.writer.receipt(joined.ops)["n"]
    names = [f"Person {number}" for number in range(5)]
    for name in names:
        joined.client.writer.write(joined.ops, [office_holder(name, office="board_member")], by="somebody")
    hello = joined.client.hello()
    told = next(each for each in hello["streams"] if each["stream"] == joined.ops)
    with cut(joined.client.hub, "/batches"), pytest.raises(ConnectionResetError):
        joined.client.writer.push(told)
    client = joined.again()
    assert client.exchange().pushed == 0  # the hub had taken it, only its answer was lost
    assert client.writer.receipt(joined.ops)["n"] == before + 5
    director = joined.hub.do(lambda: people.person(Role.SRI_DIRECTOR))
    page = joined.hub.page(director, "/countries/QM/office-holders")
    assert all(name in page for name in names)
    assert len({page.count(name) for name in names}) == 1
    joined.hub.do(lambda: files.signed_copy(joined.member_id, agreement_of(joined)))
    with cut(client.hub, "/changes"), pytest.raises(ConnectionResetError):
        client.exchange()
    assert joined.again().exchange().pulled > 0
    assert joined.client.exchange() == Outcome(0, 0, {})


def test_a_file_comes_by_pieces_and_goes_on_after_a_cut(joined: Joined) -> None:
    content = files.pdf(padding=200_000, seed=7)
    joined.hub.do(lambda: files.signed_copy(joined.member_id, agreement_of(joined), content))
    joined.client.exchange()
    digest = formats.sha256(content).hex()
    size = joined.client.reader.files()[digest]
    assert size == len(content)
    with cut(joined.client.hub, "/blobs/", after=2), pytest.raises(ConnectionResetError):
        joined.client.reader.fetch(digest, size, folder=joined.client.folder, piece=50_000)
    client = joined.again()
    assert (client.folder / f"{digest}.part").stat().st_size == 100_000
    assert client.reader.fetch(digest, size, folder=client.folder, piece=50_000).read_bytes() == content


def test_what_it_writes_and_reads_goes_by_stick_as_well(joined: Joined, tmp_path: Path) -> None:
    client = joined.client
    stick.tell_box_key(client)
    client.exchange()
    client.writer.write(joined.ops, [office_holder("Stick of the third party")], by="somebody")
    stick.write(client, tmp_path / "there.sribundle")
    joined.hub.run("node", "bundle", "import", str(tmp_path / "there.sribundle"))
    director = joined.hub.do(lambda: people.person(Role.SRI_DIRECTOR))
    assert "Stick of the third party" in joined.hub.page(director, "/countries/QM/office-holders")
    content = files.pdf(seed=8)
    joined.hub.do(lambda: files.signed_copy(joined.member_id, agreement_of(joined), content))
    joined.hub.run("node", "bundle", "export", "--to", str(tmp_path), "--member", "QM")
    back = next(path for path in tmp_path.iterdir() if path.name != "there.sribundle")
    for _twice in range(2):
        assert stick.read(client, back) == {}
    assert (client.folder / formats.sha256(content).hex()).read_bytes() == content
    assert client.store.get(f"receipt {joined.ops}")["n"] == client.writer.log(joined.ops).n
    assert client.exchange() == Outcome(0, 0, {})


def test_it_stops_at_a_hub_that_was_set_back(joined: Joined) -> None:
    old = joined.client.hello()
    joined.hub.do(lambda: files.signed_copy(joined.member_id, agreement_of(joined)))
    assert joined.client.exchange().pulled > 0
    with answering(joined.client, old):
        outcome = joined.client.exchange()
    assert set(outcome.trouble.values()) == {"rewound"}
    with pytest.raises(RefusedError, match="rewound"):
        joined.client.exchange()
    joined.client.go_on()
    assert not joined.client.exchange().trouble


def test_it_stops_at_a_hub_that_tells_two_histories(joined: Joined) -> None:
    hello = joined.client.hello()
    stream = f"hub.member.{joined.member_id}"
    told = next(each for each in hello["streams"] if each["stream"] == stream)
    key = joined.hub.do(keys.own_key)
    said = told_by(told)
    place = (said["stream"], said["epoch"], said["log_id"], said["n"])
    other = Checkpoint(*place, bytes(32), said["at"], said["node"], said["incarnation"])
    told |= {"chain": bytes(32).hex(), "head": seal(other, key).decode()}
    with answering(joined.client, hello):
        assert dict(joined.client.exchange().trouble) == {stream: "forked"}
    assert joined.client.store.proof(stream)
    joined.client.go_on()


def test_it_uses_nothing_of_the_program() -> None:
    for path in (_HERE / "third_party").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = [name for name in names if name.split(".")[0] in {"sri_admin", "tests"}]
            assert all(name.startswith("tests.federation.third_party") for name in ours), path


def test_it_computes_every_vector() -> None:
    keys = {each["kid"]: formats.to_bytes(each["public"]) for each in VECTORS["keys"]}
    for each in VECTORS["keys"]:
        public = keys[each["kid"]]
        assert (formats.kid_of(public), formats.digits("key-fingerprint", public)) == (each["kid"], each["fingerprint"])
    chains = [
        formats.chain_0(each["stream"], each["epoch"], each["log_id"], each["base"]) for each in VECTORS["genesis"]
    ]
    assert [each.hex() for each in chains] == [each["chain_0"] for each in VECTORS["genesis"]]
    chain = chains[0]
    for each in VECTORS["changes"]:
        line = each["line"].encode()
        assert formats.encode(formats.decode(line)) == line
        chain = formats.next_chain(chain, line)
        assert (formats.sha256(line).hex(), chain.hex()) == (each["h"], each["chain"])
    after_erasing = formats.next_chain(chains[0], VECTORS["erased"]["line"].encode())
    assert after_erasing.hex() == VECTORS["changes"][0]["chain"]
    for kind in ("checkpoint", "receipt"):
        assert formats.opened(VECTORS[kind].encode(), kind, keys)["n"] == 3
    trust.first_root(VECTORS["root"]["file"].encode(), VECTORS["root"]["fingerprint"])


@pytest.mark.parametrize("line", VECTORS["refused"], ids=lambda line: line["what"])
def test_it_refuses_what_the_document_refuses(line: dict[str, str]) -> None:
    with pytest.raises(RefusedError) as caught:
        formats.decode(bytes.fromhex(line["hex"]))
    assert caught.value.code == line["code"]
