"""What the program answers a client that says something wrong, and one that has the keys of a country and wants more.

Everything is said by a client that was written from docs/federation.md alone; the codes are those of the document.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sri_admin.federation import limits, rates
from sri_admin.kernel import postgres, transaction
from tests.federation import strangers
from tests.federation.pair import contents
from tests.federation.strangers import Joined, office_holder
from tests.federation.third_party import assertions, formats, reading
from tests.federation.third_party.assertions import Keys
from tests.federation.third_party.client import Client
from tests.federation.third_party.formats import RefusedError, Values
from tests.federation.third_party.store import Place
from tests.federation.third_party.talk import API, Reply, Talk

MIB = 1024 * 1024
LINES = {"Content-Type": "application/x-ndjson"}


@dataclass
class Liar:
    """A client that says what a test lets it say."""

    joined: Joined

    @property
    def client(self) -> Client:
        """The client whose keys and token it has."""
        return self.joined.client

    @property
    def end(self) -> Place:
        """Where its own log ends, which the hub holds."""
        return self.client.writer.log(self.joined.ops)

    def get(self, path: str, **headers: str) -> str:
        """Ask for something; return the code."""
        return self.refused(lambda: self.client.hub.get(path, **headers))

    def post(self, path: str, values: Values) -> str:
        """Send an object; return the code."""
        return self.refused(lambda: self.client.hub.post(path, values))

    def send(self, path: str, body: bytes, **headers: str) -> str:
        """Send bytes as a batch; return the code."""
        named = {**LINES, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.refused(lambda: self.client.hub.send("POST", path, body, headers=named))

    def refused(self, act: Callable[[], Reply]) -> str:
        """Return the code something is refused with, or `taken`."""
        try:
            act()
        except RefusedError as error:
            return error.code
        return "taken"

    def pull(self, **changed: Any) -> str:
        """Ask for the page after a place of the registry that was changed."""
        place = self.client.store.place("hub.control")
        assert place is not None
        cursor = reading.cursor(replace(place, **changed))
        return self.get(f"{API}/streams/hub.control/changes?cursor={cursor}")

    def hello(self, **changed: Any) -> str:
        """Say hello with something changed."""
        said = {**self.client.said(), **changed}
        return self.post(f"{API}/hello", {name: value for name, value in said.items() if value is not ...})

    def line(self, n: int, *, x: int = 0, ends: bool = True, **changed: Any) -> bytes:
        """Write a change after the end."""
        values = {"at": self.client.me.moment(), "by": "liar", "k": "c", "n": n, "op": "put", "rev": 1, "x": x or n}
        values |= office_holder(f"Liar {uuid4()}", office="board_member") | changed
        return formats.encode({**values, "e": 1} if ends else values)

    def batch(self, *lines: bytes, header: Values | None = None, said: Values | None = None, key: Any = None) -> str:
        """Send lines after the end, or one that is sound; return the code."""
        end = self.end
        given = lines or (self.line(end.n + 1),)
        chain = end.chain
        for line in given:
            chain = formats.next_chain(chain, line)
        place = replace(end, n=end.n + len(given), chain=chain)
        first = formats.decode(self.client.writer.header(place, given, base=end.chain)) | (header or {})
        sealed = self.client.writer.checkpoint(place, **(said or {}))
        if key is not None:
            payload = formats.decode(formats.to_bytes(formats.decode(sealed)["p"]))
            sealed = formats.seal(key, payload)
        body = b"\n".join((formats.encode(first), *given, sealed)) + b"\n"
        return self.send(f"{API}/streams/{self.joined.ops}/batches", body)

    def token(self, **changed: Any) -> str:
        """Ask for a token with an assertion of which something is changed."""
        keys, at = changed.pop("keys", self.client.me.keys), datetime.now(UTC) + changed.pop("later", timedelta())
        audience = changed.pop("audience", self.joined.hub.url)
        assertion = keys.assertion(changed.pop("node", self.client.me.node), audience, at=at, **changed)
        return self.refused(lambda: Reply(200, {}, self._token(assertion)))

    def _token(self, assertion: str) -> bytes:
        return assertions.ask_token(Talk(self.joined.hub.url), "/oauth/token", assertion).encode()

    def token_twice(self) -> str:
        """Show one assertion twice."""
        jti = str(uuid4())
        assert self.token(jti=jti) == "taken"
        return self.token(jti=jti)

    def paper(self, kind: str, key: Ed25519PrivateKey | None = None, **values: Any) -> bytes:
        """Write a sealed line of a kind."""
        said = {"kind": kind, "node": self.client.me.node, "at": self.client.me.moment(), **values}
        return formats.seal(key or self.client.me.keys.sign, said)


def without_token(liar: Liar) -> str:
    answer = requests.get(f"{liar.joined.hub.url}{API}/streams/hub.control/changes", timeout=20)
    return str(answer.json()["code"])


def replaced(liar: Liar) -> str:
    end = liar.end
    before = replace(end, n=end.n - 1, chain=bytes(32))
    line = liar.line(end.n)
    after = replace(end, chain=formats.next_chain(before.chain, line))
    header = liar.client.writer.header(after, [line], base=before.chain)
    body = b"\n".join((header, line, liar.client.writer.checkpoint(after))) + b"\n"
    return liar.send(f"{API}/streams/{liar.joined.ops}/batches", body)


def far(liar: Liar) -> str:
    end = liar.end
    line = liar.line(end.n + 2)
    after = replace(end, n=end.n + 2, chain=formats.next_chain(end.chain, line))
    header = liar.client.writer.header(after, [line], base=end.chain)
    body = b"\n".join((header, line, liar.client.writer.checkpoint(after))) + b"\n"
    return liar.send(f"{API}/streams/{liar.joined.ops}/batches", body)


def used_code(liar: Liar) -> str:
    code = liar.joined.hub.issue_code(liar.joined.other_id)
    for name in ("one", "two"):
        client = Client(liar.joined.home / f"{name}-{uuid4()}", liar.joined.hub.url, "")
        answer = liar.refused(lambda client=client: client.hub.post(f"{API}/enrolments", client.request(code)))
        client.close()
    return answer


def asked_by_another(liar: Liar) -> str:
    asked = liar.client.store.get("enrolment")
    proof = formats.sign(Ed25519PrivateKey.generate(), "enrolment-news", asked.encode())
    return liar.get(f"{API}/enrolments/{asked}", Sri_Proof=proof)


MESSAGES: dict[str, tuple[Callable[[Liar], str], str]] = {
    "third: nothing that proves who asks": (without_token, "sign_in_needed"),
    "third: an address that does not exist": (lambda it: it.get(f"{API}/nothing"), "not_found"),
    "third: a cursor that is none": (lambda it: it.get(f"{API}/streams/hub.control/changes?cursor=e30"), "bad_cursor"),
    "third: a cursor of another stream": (lambda it: it.pull(stream="hub.registry"), "bad_cursor"),
    "third: a cursor beyond the end": (lambda it: it.pull(n=9_999), "rewound"),
    "third: a cursor of an epoch to come": (lambda it: it.pull(epoch=9), "rewound"),
    "third: a cursor of another history": (lambda it: it.pull(chain=bytes(32)), "forked"),
    "third: a page of no changes": (
        lambda it: it.get(f"{API}/streams/hub.control/changes?max_changes=0"),
        "invalid",
    ),
    "third: a hello of a protocol to come": (lambda it: it.hello(protocols=[9]), "server_too_old"),
    "third: a hello of a protocol long gone": (lambda it: it.hello(protocols=[0]), "client_too_old"),
    "third: a hello without a field": (lambda it: it.hello(streams=...), "invalid"),
    "third: a hello with a stream of no form": (lambda it: it.hello(streams=[{"stream": "x"}]), "invalid"),
    "third: a hello in the name of another": (lambda it: it.hello(node_id=str(uuid4())), "denied"),
    "third: a hello of another incarnation": (lambda it: it.hello(incarnation=str(uuid4())), "unknown_incarnation"),
    "third: a hello that is not JSON": (lambda it: it.send(f"{API}/hello", b"{"), "bad_json"),
    "third: a hello that says a thing twice": (lambda it: it.send(f"{API}/hello", b'{"a":1,"a":2}'), "duplicate_key"),
    "third: a hello of an array": (lambda it: it.send(f"{API}/hello", b"[]"), "not_object"),
    "third: a batch that is not lines": (
        lambda it: it.send(f"{API}/streams/{it.joined.ops}/batches", b"{}", Content_Type="application/json"),
        "not_ndjson",
    ),
    "third: a batch in a coding nobody named": (
        lambda it: it.send(f"{API}/streams/{it.joined.ops}/batches", b"{}", Content_Encoding="br"),
        "unknown_coding",
    ),
    "third: a batch that does not unpack": (
        lambda it: it.send(f"{API}/streams/{it.joined.ops}/batches", b"{}", Content_Encoding="gzip"),
        "bad_gzip",
    ),
    "third: a batch that would fill the memory": (
        lambda it: it.send(
            f"{API}/streams/{it.joined.ops}/batches", gzip.compress(bytes(64 * MIB)), Content_Encoding="gzip"
        ),
        "too_large",
    ),
    "third: a batch without its last line end": (
        lambda it: it.send(f"{API}/streams/{it.joined.ops}/batches", b"{}"),
        "truncated",
    ),
    "third: a batch with a header of another stream": (
        lambda it: it.batch(header={"stream": "hub.registry"}),
        "wrong_stream",
    ),
    "third: a batch with a header that says too much": (lambda it: it.batch(header={"more": 1}), "bad_field"),
    "third: a batch of another copy of the node": (
        lambda it: it.batch(header={"incarnation": str(uuid4())}),
        "duplicate_writer",
    ),
    "third: a batch of an epoch nobody granted": (lambda it: it.batch(header={"epoch": 9}), "stale_epoch"),
    "third: a batch that leaves lines out": (far, "gap"),
    "third: a batch that goes on after its checkpoint": (
        lambda it: it.batch(it.line(it.end.n + 1), it.line(it.end.n + 2), said={"n": it.end.n + 1}),
        "bad_chain",
    ),
    "third: a batch in place of what stands": (replaced, "forked"),
    "third: a batch that stops too early": (
        lambda it: it.batch(it.line(it.end.n + 1, ends=False)),
        "not_transaction_end",
    ),
    "third: a batch of mixed transactions": (lambda it: it.batch(it.line(it.end.n + 1, x=1)), "bad_transaction"),
    "third: a batch with a gap in it": (
        lambda it: it.batch(it.line(it.end.n + 1), it.line(it.end.n + 3)),
        "gap",
    ),
    "third: a batch of another log": (lambda it: it.batch(said={"log_id": str(uuid4())}), "forked"),
    "third: a batch of other lines than signed": (lambda it: it.batch(said={"chain": bytes(32).hex()}), "bad_chain"),
    "third: a batch signed by a stranger": (lambda it: it.batch(key=Ed25519PrivateKey.generate()), "unknown_key"),
    "third: a batch that ends in something else": (lambda it: it.batch(said={"kind": "receipt"}), "wrong_kind"),
    "third: a batch of two thousand and one lines": (
        lambda it: it.batch(*(it.line(it.end.n + 1 + more) for more in range(2_001))),
        "page_too_large",
    ),
    "third: a batch of very many tiny values": (
        lambda it: it.batch(*(it.line(it.end.n + 1 + more, d={"a": [{}] * 20_000}) for more in range(20))),
        "page_too_large",
    ),
    "third: a root file there is none of": (lambda it: it.get(f"{API}/roots/99"), "no_such_root"),
    "third: a snapshot of what is kept whole": (
        lambda it: it.get(f"{API}/streams/hub.registry/snapshot"),
        "no_snapshot",
    ),
    "third: a code nobody made": (lambda it: it.post(f"{API}/enrolments", it.client.request("A" * 28)), "bad_code"),
    "third: a code that was used": (used_code, "code_used"),
    "third: news for somebody else": (asked_by_another, "bad_signature"),
    "third: a change of keys that is none": (lambda it: it.post(f"{API}/keys/rotations", {"p": "e30"}), "malformed"),
    "third: an acceptance of nothing": (
        lambda it: it.send(
            f"{API}/handovers", it.paper("acceptance", incarnation=it.client.me.incarnation, streams=[])
        ),
        "not_closing",
    ),
    "third: an announcement signed by a stranger": (
        lambda it: it.send(
            f"{API}/incarnations",
            it.paper("incarnation", Ed25519PrivateKey.generate(), incarnation=str(uuid4())),
        ),
        "unknown_key",
    ),
    "third: an assertion shown twice": (lambda it: it.token_twice(), "invalid_client"),
    "third: an assertion for another hub": (lambda it: it.token(audience="https://elsewhere"), "invalid_client"),
    "third: an assertion that lives too long": (lambda it: it.token(exp=2_000_000_000), "invalid_client"),
    "third: an assertion of yesterday": (lambda it: it.token(later=-timedelta(days=1)), "invalid_client"),
    "third: an assertion by another key": (
        lambda it: it.token(keys=Keys.of(_folder(it, "other-keys"))),
        "invalid_client",
    ),
    "third: an assertion of a node nobody knows": (lambda it: it.token(node=str(uuid4())), "invalid_client"),
}


def _folder(liar: Liar, name: str) -> Path:
    folder = liar.joined.home / name
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def liar(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    with strangers.joined(cluster, template, tmp_path_factory.mktemp("refused")) as made:
        made.client.exchange()
        made.client.writer.write(
            made.ops, [office_holder("Before"), office_holder("Second", office="treasurer")], by="x"
        )
        made.client.exchange()
        yield Liar(made)


@pytest.fixture(autouse=True)
def rested(liar: Liar) -> None:
    """Let nobody wait because of the test before."""

    def fill() -> None:
        with transaction.apart() as session:
            session.execute(sa.text("delete from rate_bucket"))

    liar.joined.hub.do(fill)


@pytest.mark.parametrize("what", MESSAGES)
def test_what_is_wrong_is_refused_with_the_code_of_the_document(liar: Liar, what: str) -> None:
    say, code = MESSAGES[what]
    assert say(liar) == code
    assert liar.client.writer.receipt(liar.joined.ops)["n"] == liar.end.n


def streams_of_others(joined: Joined) -> list[str]:
    other = joined.other_id
    mine = {each["stream"] for each in joined.client.hello()["streams"]}
    languages = [f"hub.language.{tag}" for tag in ("fr", "ar", "pl")]
    materials = [f"hub.materials.four_point.{each}" for each in ("open", "licensed", "restricted")]
    named = [f"hub.member.{other}", f"member.{other}.ops", f"member.{other}.contrib", *languages, *materials]
    return [each for each in named if each not in mine]


def test_nothing_of_another_country_or_of_what_is_not_granted_can_be_asked_for(liar: Liar) -> None:
    nothing = _told(liar.client.hub, f"{API}/streams/member.{uuid4()}.ops/changes")
    asked = (
        "changes",
        "receipt",
        "snapshot",
        f"snapshot/lines?digest={'0' * 64}&epoch=0&n=0&total={'0' * 64}",
        "salvage",
    )
    for stream in streams_of_others(liar.joined):
        for what in asked:
            assert _told(liar.client.hub, f"{API}/streams/{stream}/{what}") == nothing, (stream, what)


def _told(hub: Talk, path: str) -> tuple[int, Values]:
    answer = requests.get(hub.url + path, headers={"Authorization": f"Bearer {hub.token}"}, timeout=20)
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "request_id"}


def test_nothing_is_written_but_the_own_streams(liar: Liar) -> None:
    before, batch = contents(liar.joined.hub.app), f"{liar.line(1).decode()}\n".encode()
    names = [*streams_of_others(liar.joined), "hub.control", "hub.registry", f"hub.member.{liar.joined.member_id}"]
    for stream in names:
        for what in ("batches", "snapshot", "snapshot/lines", "salvage/taken"):
            assert liar.send(f"{API}/streams/{stream}/{what}", batch) == "denied", (stream, what)
    for stream in streams_of_others(liar.joined):
        assert liar.send(f"{API}/streams/{stream}/salvage", batch) == "denied"
    assert contents(liar.joined.hub.app) == before


def test_a_token_gives_no_more_than_is_granted_whatever_is_asked_for(liar: Liar) -> None:
    joined, keys = liar.joined, liar.client.me.keys
    wanted = [f"sync:write:member.{joined.other_id}.ops", "sync:write:hub.control", "sync:read:hub.registry"]
    assertion = keys.assertion(liar.client.me.node, joined.hub.url, at=datetime.now(UTC))
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
        "scope": " ".join(wanted),
    }
    given = requests.post(f"{joined.hub.url}/oauth/token", data=form, timeout=20).json()
    assert given["scope"] == "sync:read:hub.registry"
    narrow = Talk(joined.hub.url)
    narrow.token = given["access_token"]
    assert liar.refused(lambda: narrow.get(f"{API}/streams/hub.control/changes")) == "denied"


def test_papers_of_another_node_are_not_taken(liar: Liar) -> None:
    other, me = str(uuid4()), liar.client.me
    announced = liar.paper("incarnation", node=other, incarnation=str(uuid4()))
    assert liar.send(f"{API}/incarnations", announced) == "denied"
    public = formats.to_text(bytes(range(32)))
    payload = formats.encode({"kind": "box_key", "node": other, "public": public})
    paper = {"p": formats.to_text(payload), "sig": formats.sign(me.keys.sign, "box-key", payload)}
    assert liar.post(f"{API}/box-key", paper) == "denied"
    assert liar.hello(node_id=other) == "denied"


FOREIGN: dict[str, tuple[str, Values]] = {
    "a permission": (
        "federation.grant",
        {"stream": "hub.control", "epoch": 9, "log_id": str(uuid4()), "node_id": None},
    ),
    "a key": ("federation.node_key", {}),
    "a release key": ("materials.release_key", {"kid": "0" * 16, "public_key": "", "revoked": False}),
    "an agreement": ("members.agreement", {}),
    "a country": ("members.member", {}),
    "a decision on language": ("localization.decision", {"language": "fr"}),
    "a document": ("materials.document", {"programme_type": "four_point", "licence_class": "open"}),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_only_the_hub_writes_is_set_aside_and_changes_nothing(liar: Liar, what: str) -> None:
    kind, payload = FOREIGN[what]
    before = {name: held for name, held in contents(liar.joined.hub.app).items() if not name.startswith("sync_")}
    liar.client.writer.write(liar.joined.ops, [{"t": kind, "id": str(uuid4()), "v": 1, "d": payload}], by="liar")
    assert liar.client.exchange().pushed == 1
    assert liar.end.n in liar.client.writer.receipt(liar.joined.ops)["quarantined"]
    after = {name: held for name, held in contents(liar.joined.hub.app).items() if not name.startswith("sync_")}
    assert after == before


@pytest.mark.parametrize("op", ["put", "del"])
def test_what_is_only_ever_added_is_neither_changed_nor_removed_by_a_line(liar: Liar, op: str) -> None:
    contrib, record = liar.joined.ops.replace(".ops", ".contrib"), str(uuid4())
    payload = {
        "work_id": str(uuid4()),
        "language": "fr",
        "block_uid": "b1",
        "revision": "0" * 32,
        "at": liar.client.me.moment(),
        "actor": "usr_a",
        "role": "translator",
        "text": "Bonjour",
        "waiver": None,
        "seen": [],
    }
    made = {"t": "localization.contribution", "id": record, "v": 1}
    liar.client.writer.write(contrib, [{**made, "op": "add", "d": payload}], by="liar")
    changed = {**payload, "text": "Bonsoir"} if op == "put" else {"reason": "gone"}
    liar.client.writer.write(contrib, [{**made, "op": op, "d": changed}], by="liar")
    assert liar.client.exchange().pushed == 2
    held = [each["n"] for each in liar.client.store.every_change() if each["id"] == record]
    assert held[1] in liar.client.writer.receipt(contrib)["quarantined"]


def test_pages_of_tiny_values_and_bombs_stay_within_the_memory_of_the_hub(liar: Liar) -> None:
    hub, before = liar.joined.hub, liar.joined.hub.peak_kib
    end = liar.end.n
    dense = [liar.line(end + 1 + more, d={"a": [{}] * 49_000}) for more in range(28)]
    just_taken = [liar.line(end + 1 + more, d={"a": [{}] * 24_000}, t="liar.kind") for more in range(6)]
    assert liar.batch(*dense) == "page_too_large"
    assert liar.batch(liar.line(end + 1, d={"a": [{}] * 300_000})) == "page_too_large"
    for body in (gzip.compress(bytes(60 * MIB)), gzip.compress(b"{}" * 20 * MIB)):
        assert liar.send(f"{API}/streams/{liar.joined.ops}/batches", body, Content_Encoding="gzip") == "too_large"
    assert liar.batch(*just_taken) == "taken"
    _keep(liar, just_taken)
    assert hub.peak_kib - before < 64 * 1024


def _keep(liar: Liar, lines: list[bytes]) -> None:
    # What was sent by hand belongs into the own log as well.
    place = liar.end
    with liar.client.store.together():
        for line in lines:
            place = replace(place, n=place.n + 1, chain=formats.next_chain(place.chain, line))
            liar.client.store.add(place, line)
        liar.client.store.move(place)


def test_a_node_cannot_fill_the_disk_of_the_hub(liar: Liar) -> None:
    node = liar.client.me.node
    liar.joined.hub.do(lambda: rates.spend(f"lines {node}", rates.LINES, cost=rates.LINES.size - limits.MIB))
    noise = json.dumps({"a": "x" * 900_000})
    big = [liar.line(liar.end.n + 1 + more, d=json.loads(noise)) for more in range(2)]
    assert liar.batch(*big) == "too_many"
    assert liar.hello() == "taken"


def test_a_node_cannot_fill_what_every_node_reads(liar: Liar) -> None:
    node = liar.client.me.node
    liar.joined.hub.do(lambda: rates.spend(f"published {node}", rates.PUBLISHED, cost=rates.PUBLISHED.size))
    announced = liar.paper("incarnation", incarnation=str(uuid4()))
    assert liar.send(f"{API}/incarnations", announced) == "too_many"
    assert liar.hello() == "taken"


def test_thousands_of_streams_and_kinds_in_a_hello_are_refused(liar: Liar) -> None:
    place = {"stream": "hub.registry", "epoch": 1, "n": 0, "chain": "0" * 64}
    assert liar.hello(streams=[place] * 501) == "invalid"
    assert liar.hello(schemas={f"kind.k{number}": [1, 1] for number in range(501)}) == "invalid"
    assert liar.hello(lacks=["0" * 64] * 501) == "invalid"
    assert liar.hello(software="x" * 61) == "invalid"
    assert liar.hello(now="x" * 2_000_000) == "too_large"
