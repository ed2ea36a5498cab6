"""A client that was written from docs/federation.md alone, against the program in a process of its own."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from sri_admin.kernel import postgres
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from tests.federation.hub_process import HubProcess, hub_process
from tests.federation.third_party import formats, trust
from tests.federation.third_party.client import Client
from tests.federation.third_party.formats import RefusedError, Values
from tests.make import members, people

_HERE = Path(__file__).parent
VECTORS = json.loads((_HERE / "vectors.json").read_text())


@dataclass
class Joined:
    """A hub in a process of its own, and somebody else's node of country QM."""

    hub: HubProcess
    client: Client
    member_id: UUID
    other_id: UUID

    @property
    def ops(self) -> str:
        """The stream in which the country writes what it does."""
        return f"member.{self.member_id}.ops"


@pytest.fixture(scope="module")
def joined(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    home = tmp_path_factory.mktemp("third")
    with hub_process(cluster, template, home / "hub") as hub:
        member_id = hub.do(lambda: members.member("QM", MemberState.LICENSED))
        other_id = hub.do(lambda: members.member("QN", MemberState.LICENSED))
        client = Client(home / "client", hub.url, hub.root_digits)
        asked = client.ask(hub.issue_code(member_id).lower().replace("-", " "))
        assert client.collect() == "pending"
        hub.approve(member_id, UUID(asked))
        assert client.collect() == "approved"
        yield Joined(hub, client, member_id, other_id)
        client.close()


def office_holder(name: str, **other: object) -> Values:
    payload = {
        "office": "chair",
        "display_name": name,
        "starts_on": "2026-01-01",
        "ends_on": None,
        "end_reason": None,
        "email": "chair@example.org",
        "phone": None,
        "phone_country": None,
    }
    return {"t": "members.office_holder", "id": str(uuid4()), "v": 1, "d": payload, **other}


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
