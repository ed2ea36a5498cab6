"""What the hub answers a peer that misbehaves: a stable code, and nothing has changed."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from sri_admin.federation import packing
from sri_admin.federation.checkpoint import from_base64url
from sri_admin.federation.client import WELL_KNOWN, Answer
from sri_admin.federation.cursor import Cursor, encode_cursor
from sri_admin.kernel import ids, postgres, transaction
from sri_admin.kernel.signing import SigningKey
from tests.federation.pair import Pair, contents, paired
from tests.federation.peer import Peer, change, code_of, otherwise_signed

Misbehaviour = Callable[[Peer], Answer]


@pytest.fixture(scope="module")
def pair(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path_factory.mktemp("pair")) as made:
        made.enrol()
        peer = Peer(made)
        assert peer.push(peer.batch(change(1), change(2), change(3)).body()).status == 200
        yield made


@pytest.fixture
def peer(pair: Pair) -> Peer:
    def fill() -> None:
        with transaction.apart() as session:
            session.execute(sa.text("delete from rate_bucket"))

    pair.at_hub(fill)
    return Peer(pair)


def test_who_is_here_is_told_to_anybody(pair: Pair) -> None:
    told = json.loads(pair.line.request("GET", WELL_KNOWN, headers={}, body=b"").body)
    assert (told["protocols"], told["codings"]) == ([1], ["gzip"])
    assert told["token_endpoint"] == pair.line.url + "/oauth/token"


def receipted(answer: Answer) -> dict[str, object]:
    assert answer.status == 200, answer.body
    assert answer.headers["content-digest"] == packing.content_digest(answer.body)
    line = packing.unpack(answer.body, limit=10**6, coding=answer.headers.get("content-encoding", ""))
    told = json.loads(from_base64url(json.loads(line)["p"]))
    return {name: told[name] for name in ("kind", "n", "chain", "quarantined", "parked")}


def test_a_batch_is_receipted_and_may_be_sent_again(peer: Peer) -> None:
    batch = peer.batch()
    first, second = peer.push(batch.body()), peer.push(batch.body())
    assert receipted(first) == receipted(second)
    assert (receipted(first)["kind"], receipted(first)["n"]) == ("receipt", batch.from_n)


def test_the_last_receipt_can_be_had_again(peer: Peer) -> None:
    assert peer.say("GET", f"/streams/{peer.stream}/receipt").status == 200


def test_a_page_ends_in_a_checkpoint_and_names_the_next_cursor(peer: Peer) -> None:
    answer = peer.say("GET", "/streams/hub.control/changes", Accept_Encoding="gzip")
    body = packing.unpack(answer.body, limit=10**7, coding=answer.headers.get("content-encoding", ""))
    assert json.loads(body.splitlines()[-1])["k"] == "s"
    assert answer.headers["content-digest"] == packing.content_digest(answer.body)
    after = peer.say("GET", f"/streams/hub.control/changes?cursor={answer.headers['sri-next-cursor']}")
    assert (after.status, after.body) == (204, b"")


def altered(peer: Peer) -> Answer:
    return peer.push(otherwise_signed(peer.batch().body()))


def replaced(line: bytes) -> Misbehaviour:
    """Send a batch in which the change was replaced by something else, honestly chained and signed."""
    return lambda peer: peer.push(peer.batch(line).body())


def far(peer: Peer) -> Answer:
    batch = peer.batch()
    ahead = batch.from_n + 5
    return peer.push(replace(batch, from_n=ahead, changes=(change(ahead),)).body())


def overlapping(peer: Peer) -> Answer:
    batch = peer.batch()
    before = batch.from_n - 1
    return peer.push(replace(batch, from_n=before, base=b"\7" * 32, changes=(change(before),)).body())


def bomb(peer: Peer) -> Answer:
    body = gzip.compress(peer.batch().body() + b"\n" * 200_000_000, 9)
    headers = {"Content_Type": packing.NDJSON, "Content_Encoding": "gzip"}
    return peer.say("POST", f"/streams/{peer.stream}/batches", body=body, **headers)


def truncated(peer: Peer) -> Answer:
    body = packing.pack(peer.batch().body())[:-6]
    headers = {"Content_Type": packing.NDJSON, "Content_Encoding": "gzip"}
    return peer.say("POST", f"/streams/{peer.stream}/batches", body=body, **headers)


MESSAGES: dict[str, tuple[Misbehaviour, str]] = {
    "a signature that does not fit": (altered, "bad_signature"),
    "a key nobody certified": (lambda p: p.push(p.batch(key=SigningKey.generate()).body()), "unknown_key"),
    "f12 a gap": (far, "gap"),
    "f13 an overlap with other bytes": (overlapping, "forked"),
    "a chain that does not fit": (lambda p: p.push(p.batch(claimed=b"\1" * 32).body()), "bad_chain"),
    "another log under the same name": (lambda p: p.push(p.batch(claimed_log=str(ids.new())).body()), "forked"),
    "an epoch that is over": (lambda p: p.push(replace(p.batch(), epoch=1).body()), "stale_epoch"),
    "an epoch nobody granted": (lambda p: p.push(replace(p.batch(), epoch=99).body()), "stale_epoch"),
    "f22 another incarnation": (lambda p: p.push(p.batch(incarnation=str(ids.new())).body()), "duplicate_writer"),
    "another node's name": (lambda p: p.push(p.batch(node=str(ids.new())).body()), "wrong_stream"),
    "another stream inside than in the address": (
        lambda p: p.push(p.batch(stream="member.x.ops").body()),
        "wrong_stream",
    ),
    "numbers that skip": (lambda p: p.push(p.batch(*skipping(p)).body()), "gap"),
    "an unfinished transaction": (lambda p: p.push(p.batch(unfinished(p)).body()), "not_transaction_end"),
    "f14 a body cut off": (truncated, "bad_gzip"),
    "f14 a bomb": (bomb, "too_large"),
    "not lines at all": (lambda p: p.push(b"hello", packed=False), "truncated"),
    "nothing": (lambda p: p.push(b"", packed=False), "truncated"),
    "another kind of body": (
        lambda p: p.say("POST", f"/streams/{p.stream}/batches", body=b"{}", Content_Type="text/plain"),
        "not_ndjson",
    ),
    "another coding": (
        lambda p: p.say(
            "POST", f"/streams/{p.stream}/batches", body=b"x", Content_Type=packing.NDJSON, Content_Encoding="br"
        ),
        "unknown_coding",
    ),
    "f62 another member's stream": (
        lambda p: p.push(p.batch().body(), stream=f"member.{ids.new()}.ops"),
        "denied",
    ),
    "f62 reading another member's file": (
        lambda p: p.say("GET", f"/streams/hub.member.{ids.new()}/changes"),
        "denied",
    ),
    "a stream that does not exist": (lambda p: p.say("GET", "/streams/hub.nothing/changes"), "denied"),
    "a name that is no stream's": (lambda p: p.say("GET", "/streams/%2e%2e%2fetc/changes"), "not_found"),
    "writing what the hub writes": (lambda p: p.push(p.batch().body(), stream="hub.registry"), "denied"),
    "a cursor nobody gave": (lambda p: p.say("GET", "/streams/hub.control/changes?cursor=abc"), "bad_cursor"),
    "a cursor of another history": (
        lambda p: p.say("GET", f"/streams/hub.control/changes?cursor={cursor('hub.control', 1)}"),
        "forked",
    ),
    "f25 a cursor ahead of the head": (
        lambda p: p.say("GET", f"/streams/hub.control/changes?cursor={cursor('hub.control', 10**6)}"),
        "rewound",
    ),
    "a cursor of another stream": (
        lambda p: p.say("GET", f"/streams/hub.control/changes?cursor={cursor('hub.registry', 1)}"),
        "bad_cursor",
    ),
    "hello in another's name": (lambda p: p.hello(node_id=str(ids.new())), "denied"),
    "hello from a copy": (lambda p: p.hello(incarnation=str(ids.new())), "unknown_incarnation"),
    "hello of an older protocol": (lambda p: p.hello(protocols=[0]), "client_too_old"),
    "hello of a newer protocol": (lambda p: p.hello(protocols=[2]), "server_too_old"),
    "hello with a field we do not know": (lambda p: p.hello(more=1), "invalid"),
    "hello of a stream with a line feed behind its name": (
        lambda p: p.hello(streams=[{"stream": "hub.control\n", "epoch": 1, "n": 0, "chain": "0" * 64}]),
        "invalid",
    ),
    "hello that lacks a file with a line feed behind its digest": (
        lambda p: p.hello(lacks=["0" * 64 + "\n"]),
        "invalid",
    ),
    "hello with a key twice": (
        lambda p: p.say("POST", "/hello", body=b'{"now":1,"now":2}', Content_Type="application/json"),
        "duplicate_key",
    ),
}


def skipping(peer: Peer) -> tuple[bytes, bytes]:
    n = peer.batch().from_n
    return change(n), change(n + 2)


def unfinished(peer: Peer) -> bytes:
    return change(peer.batch().from_n, e=False)


def cursor(stream: str, n: int) -> str:
    return encode_cursor(Cursor(stream, 1, n, b"\7" * 8))


@pytest.mark.parametrize("what", MESSAGES)
def test_a_misbehaving_peer_gets_a_code_and_changes_nothing(peer: Peer, what: str) -> None:
    misbehave, expected = MESSAGES[what]
    before = contents(peer.pair.hub)
    code = code_of(misbehave(peer))
    assert code == expected
    after = contents(peer.pair.hub)
    if code == "forked":
        after["sync_evidence"] = before["sync_evidence"]  # the proof of a fork is kept, like what is set aside
    assert after == before


def test_a_gap_says_what_is_expected(peer: Peer) -> None:
    facts = json.loads(far(peer).body)
    assert facts["expected_n"] == peer.batch().from_n


def test_without_a_token_nothing_is_told(peer: Peer) -> None:
    peer.token = "x"
    answers = [peer.hello(), peer.say("GET", "/streams/hub.control/changes"), peer.push(b"x")]
    assert [(each.status, code_of(each)) for each in answers] == [(401, "sign_in_needed")] * 3


def long_line(peer: Peer) -> bytes:
    n = peer.batch().from_n
    return change(n, name="x").replace(b'"x"', b'"' + b"x" * (5 * 1024 * 1024) + b'"')


def twice(peer: Peer) -> bytes:
    return change(peer.batch().from_n).replace(b'"rev":1', b'"rev":1,"rev":1')


@pytest.mark.parametrize(("make", "codes"), [(long_line, "page_too_large too_large too_long"), (twice, "")])
def test_f14_a_line_that_breaks_the_profile_never_reaches_a_record(
    peer: Peer, make: Callable[[Peer], bytes], codes: str
) -> None:
    before = contents(peer.pair.hub)["office_holder"]
    answer = peer.push(peer.batch(make(peer)).body())
    assert code_of(answer) in codes.split() if codes else answer.status == 200
    assert contents(peer.pair.hub)["office_holder"] == before
