"""What a node answers a hub that misbehaves: a stable code, and nothing it holds has changed.

The other direction, a misbehaving node at the hub, stands in test_api.py.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from sri_admin.federation import export, intake, keys, limits, streams
from sri_admin.federation.chain import extend_many, line_hash
from sri_admin.federation.checkpoint import Checkpoint, Receipt, seal
from sri_admin.federation.lines import Change, ProtocolError, encode_change
from sri_admin.federation.merge import Position, read_page
from sri_admin.federation.stream_names import HUB_MEMBER, MEMBER_OPS, stream_name
from sri_admin.kernel import ids, installation
from sri_admin.kernel.signing import SigningKey
from tests.federation import invariants
from tests.federation import world as worlds
from tests.federation.peer import otherwise_signed
from tests.federation.records import Shelf
from tests.federation.world import World
from tests.make import federation as make

AT = "2026-11-23T09:00:00.000Z"
LOG = "0b8f6f2e-58b1-4c8a-9a53-6b1f0f5d7c11"
# That somebody was called, and how it ended; a fork is also kept as proof and stops its stream.
MAY_CHANGE = frozenset({"hub_contact"})
MAY_CHANGE_BY_A_FORK = MAY_CHANGE | {"sync_evidence", "sync_stream"}


@dataclass
class Liar:
    """Somebody with the hub's keys who says to node QM whatever a test lets it say."""

    world: World

    def __post_init__(self) -> None:
        member = self.world.members["QM"]
        self.file, self.ops = stream_name(HUB_MEMBER, member), stream_name(MEMBER_OPS, member)
        self.node = self.world.nodes["QM"]
        self.key: SigningKey = self.world.hub.do(keys.own_key)
        self.hub_id, self.node_id = (str(site.do(installation.identity).id) for site in (self.world.hub, self.node))

    def stands(self, stream: str) -> Position:
        """Return where the node stands."""
        return self.node.read(lambda: streams.position(streams.by_name(stream)))

    def line(self, n: int, **changed: Any) -> bytes:
        """Write a shelf's line that stands alone in its transaction."""
        payload = {"mark": str(n), "size": 1}
        made = Change(n, "probe.shelf", str(ids.new()), 1, "put", 1, n, True, AT, "liar", payload)
        return encode_change(made._replace(**changed))

    def page(self, *lines: bytes, key: SigningKey | None = None, **changed: Any) -> bytes:
        """Write a page of the member's file after where the node stands; the checkpoint says what is changed."""
        at = self.stands(self.file)
        given = lines or (self.line(at.n + 1),)
        end = extend_many(at.chain, [line_hash(each) for each in given])[-1]
        facts = {"n": at.n + len(given), "chain": end, **changed}
        return b"\n".join((*given, self.checkpoint(at, key=key, **facts))) + b"\n"

    def checkpoint(self, at: Position, *, key: SigningKey | None = None, **changed: Any) -> bytes:
        """Sign that a stream has a chain value at a place."""
        made = Checkpoint(at.stream, at.epoch, at.log_id, at.n, at.chain, AT, self.hub_id, str(uuid4()))
        return seal(made._replace(**changed), key or self.key)

    def receipt(self, *, key: SigningKey | None = None, **changed: Any) -> bytes:
        """Sign that the hub holds what the node wrote."""
        at = self.stands(self.ops)
        made = Receipt(self.ops, at.epoch, at.log_id, at.n, at.chain, AT, self.hub_id, str(uuid4()), self.node_id)
        return seal(made._replace(**changed), key or self.key)

    def next_n(self) -> int:
        """Return the number of the next line of the member's file."""
        return self.stands(self.file).n + 1

    def say_page(self, body: bytes, stream: str = "") -> str:
        """Send a page; return the code it is refused with."""
        return self._refused(lambda: intake.page(stream or self.file, read_page(body)))

    def say_head(self, sealed: bytes, stream: str = "") -> str:
        """Send a signed head; return the code it is refused with."""
        return self._refused(lambda: intake.head(stream or self.file, sealed))

    def say_receipt(self, sealed: bytes) -> str:
        """Send a receipt; return the code it is refused with."""
        return self._refused(lambda: intake.take_receipt(self.ops, sealed))

    def answer(self, fault: worlds.Fault, path: str = "/hello") -> str | None:
        """Answer the requests to one address otherwise; return how the exchange ended."""
        self.world.lines["QM"].always = lambda call: fault(call) if path in call.path else call.deliver()
        return self.world.sync("QM").code

    def hello(self, change: Callable[[dict[str, Any]], Any]) -> str | None:
        """Change what the hub says to a hello."""

        def lying(call: worlds.Call) -> worlds.Answer:
            answer = call.deliver()
            coding = answer.headers.get("content-encoding")
            told = json.loads(gzip.decompress(answer.body) if coding else answer.body)
            change(told)
            return worlds.Answer(answer.status, {"content-type": "application/json"}, json.dumps(told).encode())

        return self.answer(lying)

    def _refused(self, act: Callable[[], Any]) -> str:
        with pytest.raises(ProtocolError) as caught:
            self.node.do(act)
        return caught.value.code


def unfinished(liar: Liar) -> str:
    return liar.say_page(liar.page(liar.line(liar.next_n(), e=False)))


def skipping(liar: Liar) -> str:
    n = liar.next_n()
    return liar.say_page(liar.page(liar.line(n), liar.line(n + 2)))


def of_another_transaction(liar: Liar) -> str:
    n = liar.next_n()
    return liar.say_page(liar.page(liar.line(n, e=False), liar.line(n + 1)))


def too_many(liar: Liar) -> str:
    n = liar.next_n()
    return liar.say_page(liar.page(*(liar.line(n + more) for more in range(limits.PAGE_CHANGES + 1))))


def two_histories(liar: Liar) -> str:
    at = liar.stands(liar.file)
    return liar.say_head(liar.checkpoint(at, chain=b"\3" * 32))


def others_file(liar: Liar) -> str | None:
    name = stream_name(HUB_MEMBER, liar.world.members["QN"])
    head = liar.world.hub.read(lambda: export.head(name)).decode()
    offer = {"stream": name, "access": "read", "status": "behind", "epoch": 1, "n": 1, "log_id": LOG, "head": head}
    return liar.hello(lambda told: told["streams"].append(offer))


def others_page(liar: Liar) -> str:
    name = stream_name(HUB_MEMBER, liar.world.members["QN"])

    def page() -> bytes:
        made = export.page(name, None, max_changes=100, max_bytes=10**6)
        assert made is not None
        return made.body

    return liar.say_page(liar.world.hub.read(page), name)


def own_log(liar: Liar) -> str:
    at = liar.stands(liar.ops)
    body = liar.line(1) + b"\n" + liar.checkpoint(at, n=1, chain=extend_many(at.chain, [line_hash(liar.line(1))])[0])
    return liar.say_page(body + b"\n", liar.ops)


MESSAGES: dict[str, tuple[Callable[[Liar], str | None], str]] = {
    "a page with a flipped bit": (lambda it: it.say_page(worlds.flipped(it.page(), 80)), "bad_chain"),
    "a page with another signature": (lambda it: it.say_page(otherwise_signed(it.page())), "bad_signature"),
    "a page signed by a stranger": (lambda it: it.say_page(it.page(key=SigningKey.generate())), "unknown_key"),
    "a page signed by a node": (lambda it: it.say_page(it.page(key=it.node.do(keys.own_key))), "unknown_key"),
    "a page of another stream": (lambda it: it.say_page(it.page(stream="hub.registry")), "wrong_stream"),
    "a page of an epoch nobody granted": (lambda it: it.say_page(it.page(epoch=2)), "gap"),
    "a page of another log": (lambda it: it.say_page(it.page(log_id=str(uuid4()))), "forked"),
    "a page of an earlier head": (lambda it: it.say_page(it.page(n=1)), "rewound"),
    "a page with other lines than signed": (lambda it: it.say_page(it.page(chain=b"\1" * 32)), "bad_chain"),
    "a page that ends too early": (lambda it: it.say_page(it.page(n=it.next_n() + 1)), "truncated"),
    "a page that goes on after its end": (
        lambda it: it.say_page(it.page(it.line(it.next_n()), it.line(it.next_n() + 1), n=it.next_n())),
        "bad_chain",
    ),
    "a page with a gap before it": (lambda it: it.say_page(it.page(it.line(it.next_n() + 1))), "gap"),
    "a page with a gap in it": (skipping, "gap"),
    "a page that ends inside a transaction": (unfinished, "not_transaction_end"),
    "a page that mixes transactions": (of_another_transaction, "bad_transaction"),
    "a page with too many changes": (too_many, "page_too_large"),
    "a page without its last line end": (lambda it: it.say_page(it.page()[:-1]), "truncated"),
    "a page without a checkpoint": (lambda it: it.say_page(it.line(it.next_n()) + b"\n"), "malformed"),
    "a page that ends in a receipt": (
        lambda it: it.say_page(it.line(it.next_n()) + b"\n" + it.receipt() + b"\n"),
        "wrong_stream",
    ),
    "nothing in place of a page": (lambda it: it.say_page(b""), "truncated"),
    "a page of what the node itself writes": (own_log, "denied"),
    "i10 a page of another member's file": (others_page, "denied"),
    "i10 an offer of another member's file": (others_file, "denied"),
    "a page of a stream nobody knows": (
        lambda it: it.say_page(it.page(stream="hub.secrets"), "hub.secrets"),
        "unknown_stream",
    ),
    "f26 two heads that contradict each other": (two_histories, "forked"),
    "a head signed by a stranger": (
        lambda it: it.say_head(it.checkpoint(it.stands(it.file), key=SigningKey.generate())),
        "unknown_key",
    ),
    "a head of another stream": (lambda it: it.say_head(it.checkpoint(it.stands("hub.control"))), "wrong_stream"),
    "a head that is a receipt": (lambda it: it.say_head(it.receipt()), "wrong_kind"),
    "a receipt for somebody else": (lambda it: it.say_receipt(it.receipt(peer=str(uuid4()))), "wrong_stream"),
    "a receipt for another stream": (lambda it: it.say_receipt(it.receipt(stream="hub.registry")), "wrong_stream"),
    "a receipt for lines we never wrote": (lambda it: it.say_receipt(it.receipt(n=99)), "forked"),
    "a receipt for other lines than ours": (lambda it: it.say_receipt(it.receipt(chain=b"\2" * 32)), "forked"),
    "a receipt of another epoch": (lambda it: it.say_receipt(it.receipt(epoch=9)), "stale_epoch"),
    "a receipt signed by a stranger": (lambda it: it.say_receipt(it.receipt(key=SigningKey.generate())), "unknown_key"),
    "a receipt that is a checkpoint": (lambda it: it.say_receipt(it.checkpoint(it.stands(it.ops))), "wrong_kind"),
    "a hello that is a log-in page": (lambda it: it.answer(worlds.PORTAL), "not_a_hub"),
    "a hello that is not JSON": (lambda it: it.answer(worlds.answers(200, b"{", "application/json")), "not_a_hub"),
    "a hello without streams": (lambda it: it.hello(lambda told: told.pop("streams")), "not_a_hub"),
    "a hello with a stream that has no numbers": (
        lambda it: it.hello(lambda told: told["streams"].append({"stream": "x", "access": "read"})),
        "not_a_hub",
    ),
    "a hello that says we may write what the hub writes": (
        lambda it: it.hello(
            lambda told: told["streams"].append(
                {"stream": "hub.registry", "access": "write", "status": "ahead", "epoch": 1, "n": 0, "log_id": LOG}
            )
        ),
        "denied",
    ),
    "a bomb": (
        lambda it: it.answer(
            worlds.answers(200, gzip.compress(b" " * 50_000_000), "application/json", content_encoding="gzip")
        ),
        "too_large",
    ),
    "a body that does not fit its digest": (
        lambda it: it.answer(worlds.answers(200, b"{}", "application/json", content_digest="sha-256=:AAAA:")),
        "damaged",
    ),
    "somewhere else": (lambda it: it.answer(worlds.answers(302, location="https://elsewhere")), "redirected"),
}


@pytest.fixture(scope="module")
def liar(made_world: World) -> Liar:
    made_world.reset()
    make.shelf(made_world.hub, made_world.members["QM"], "one")
    make.shelf(made_world.hub, made_world.members["QM"], "two")
    make.visit(made_world.nodes["QM"], made_world.members["QM"], "mine")
    made_world.settle()
    return Liar(made_world)


@pytest.mark.parametrize("what", MESSAGES)
def test_a_misbehaving_hub_gets_a_code_and_changes_nothing(liar: Liar, what: str) -> None:
    misbehave, code = MESSAGES[what]
    before = worlds.every_table(liar.node)
    assert misbehave(liar) == code
    after = worlds.every_table(liar.node)
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= (MAY_CHANGE_BY_A_FORK if what.startswith("f26") else MAY_CHANGE)
    if what.startswith("f26"):
        liar.node.write(liar.world.members["QM"], lambda: setattr(streams.by_name(liar.file), "trouble", None))


def test_after_all_of_it_everything_still_goes_over(liar: Liar) -> None:
    make.shelf(liar.world.hub, liar.world.members["QM"], "after")
    invariants.at_rest(liar.world)
    marks = {row["mark"] for row in make.rows(liar.node, Shelf).values()}
    assert marks == {"one", "two", "after"}


def test_i25_what_a_liar_puts_into_its_own_stream_touches_no_other(liar: Liar) -> None:
    node, others = liar.node, UUID(int=1)
    before = worlds.every_table(liar.world.nodes["QN"])
    n = liar.next_n()
    bad = [
        liar.line(n, kind="probe.visit"),
        liar.line(n + 1, kind="federation.grant"),
        liar.line(n + 2, id=str(others)),
    ]
    node.do(lambda: intake.page(liar.file, read_page(liar.page(*bad))))
    assert make.asides(node) == [("open", "wrong_stream")] * 2
    assert worlds.every_table(liar.world.nodes["QN"]) == before


def test_i5_an_older_or_a_second_equal_revision_changes_nothing(liar: Liar) -> None:
    rec = ids.new()
    liar.node.do(lambda: intake.page(liar.file, read_page(liar.page(liar.line(liar.next_n(), id=str(rec), rev=2)))))
    stands = make.rows(liar.node, Shelf)[rec]
    for older in ({"rev": 1, "op": "del", "d": {}}, {"rev": 2, "d": {"mark": "other", "size": 9}}):
        line = liar.line(liar.next_n(), id=str(rec), **older)
        liar.node.do(lambda line=line: intake.page(liar.file, read_page(liar.page(line))))
        assert make.rows(liar.node, Shelf)[rec] == stands
    assert make.asides(liar.node)[-1] == ("open", "same_revision")
