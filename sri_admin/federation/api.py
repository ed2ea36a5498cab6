"""The hub's HTTP API of the exchange: who is here, tokens, joining, hello, pages out, batches in."""

from typing import Any
from uuid import UUID

from flask import current_app, request
from werkzeug.wrappers import Response

from sri_admin.federation import (
    answers,
    box_keys,
    contact,
    control,
    enrolment,
    enrolment_papers,
    export,
    files,
    floors,
    grants,
    hello,
    intake,
    keys,
    limits,
    rates,
    rotation,
    tokens,
    versions,
)
from sri_admin.federation.answers import RefusedError, speaking
from sri_admin.federation.checkpoint import to_base64url
from sri_admin.federation.client import BYTES
from sri_admin.federation.cursor import decode_cursor
from sri_admin.federation.enrolment_models import Enrolment, EnrolmentState, Node, NodeState
from sri_admin.federation.handover import steps
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import parse
from sri_admin.federation.overview import TOLD
from sri_admin.federation.packing import NDJSON, read_limited
from sri_admin.federation.recovery import incarnations, returning, salvage
from sri_admin.federation.schemas import ChangesQuery, HelloIn, SnapshotQuery, WholeQuery
from sri_admin.federation.snapshots import giving, receiving
from sri_admin.federation.tokens import NodeActor
from sri_admin.kernel import blobs, clock, installation, ip_prefix, schema, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.blob_store import Blob
from sri_admin.kernel.db import db
from sri_admin.kernel.part import HUB
from sri_admin.kernel.signing import VerifyKey
from sri_admin.kernel.tenancy import Tenant
from sri_admin.web import downloads
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("sync", description="The exchange between the hub and the nodes of member countries.")
_BASE = "/api/sync/v1"
_PIECE = 64 * 1024
_PAPER_BYTES = 16 * 1024
_PROOF_HEADER = "Sri-Proof"


@api.raw("/.well-known/sri-sync", method="GET", audience=Audience.PUBLIC, roles=HUB)
@speaking
def well_known(_actor: Actor) -> Response:
    """Say who is here and what it speaks."""
    return answers.document(
        {
            "protocols": list(hello.PROTOCOLS),
            "root_version": keys.roots()[-1].version,
            "node_id": str(installation.identity().id),
            "time": clock.wire(clock.now()),
            "issuer": tokens.issuer(),
            "token_path": tokens.TOKEN_PATH,
            "token_endpoint": tokens.issuer() + tokens.TOKEN_PATH,
            "codings": ["gzip"],
            "limits": hello.limits_told(),
        }
    )


@api.raw(tokens.TOKEN_PATH, method="POST", audience=Audience.PUBLIC, roles=HUB)
@speaking
def token(_actor: Actor) -> Response:
    """Give a node its access token (RFC 6749, RFC 7523)."""
    rates.spend(f"token {ip_prefix.prefix(request.remote_addr)}", rates.TOKENS)
    return tokens.answer_token_request(current_app, request)


@api.raw(f"{_BASE}/enrolments", method="POST", audience=Audience.PUBLIC, roles=HUB)
@speaking
def enrolment_ask(_actor: Actor) -> Response:
    """Take an installation's request to join."""
    rates.spend(f"enrolment {ip_prefix.prefix(request.remote_addr)}", rates.ENROLMENTS)
    known = enrolment.receive(_body(_PAPER_BYTES))
    return answers.document({"id": str(known.id), "state": known.state, "fingerprint": known.fingerprint}, status=202)


@api.raw(f"{_BASE}/enrolments/<uuid:id>", method="GET", audience=Audience.PUBLIC, roles=HUB)
@speaking
def enrolment_news(_actor: Actor, id: UUID) -> Response:  # noqa: A002 - the name in the address
    """Tell who asked what became of its request, and once approved all it needs."""
    rates.spend(f"question {ip_prefix.prefix(request.remote_addr)}", rates.QUESTIONS)
    with transaction.reading(tenancy.NOWHERE):
        row = db.session.get(Enrolment, id)
        if row is None:
            raise enrolment_papers.not_the_asker()  # whether there is such a request is told to who made it alone
        enrolment_papers.check_question(id, VerifyKey(row.sign_key), proof=request.headers.get(_PROOF_HEADER, ""))
        return answers.document({"state": row.state, **(_welcome(row) if _is_in(row) else {})})


@api.raw(f"{_BASE}/roots/<int:version>", method="GET", audience=Audience.PUBLIC, roles=HUB)
@speaking
def root_show(_actor: Actor, version: int) -> Response:
    """Give a version of the root file, as it was signed."""
    file = keys.root_version(version)
    if file is None:
        raise RefusedError("no_such_root", f"there is no version {version}")
    return Response(file, mimetype="application/json")


@api.raw(f"{_BASE}/keys/rotations", method="POST", audience=Audience.PUBLIC, roles=HUB)
@speaking
def rotation_take(_actor: Actor) -> Response:
    """Take a node's change of keys, which its old key and its new key have signed."""
    rates.spend(f"rotation {ip_prefix.prefix(request.remote_addr)}", rates.QUESTIONS)
    return answers.document({"kid": rotation.receive(_body(_PAPER_BYTES))})


@api.raw(f"{_BASE}/hello", method="POST", audience=Audience.NODE, roles=HUB)
@speaking
def say_hello(actor: Actor) -> Response:
    """Compare where the two sides stand."""
    node = _caller(actor)
    values = schema.load(HelloIn, parse(_body(limits.LINE_BYTES)))
    incarnations.admit(node, values["incarnation"])
    told = _hello_answer(node, values)
    contact.note_node(
        node.id,
        software=values["software"],
        skew_ms=told["skew_ms"],
        heads=hello.heads(values, told),
        positions=hello.positions(values),
        lacks=values["lacks"],
        schemas=values["schemas"],
        by_stick=False,
        trouble=values["trouble"] if values["trouble"] in TOLD else None,
    )
    return answers.document(told, accepted=request.headers.get("Accept-Encoding", ""))


def _hello_answer(node: Node, values: dict[str, Any]) -> dict[str, Any]:
    try:
        return hello.answer(node, values, tokens.reach_of(node))
    except RefusedError as error:
        if error.code in versions.TOO_OLD:
            contact.note_refused(node.id, software=values["software"], code=error.code)
        raise


@api.raw(f"{_BASE}/box-key", method="POST", audience=Audience.NODE, roles=HUB)
@speaking
def box_key(actor: Actor) -> Response:
    """Take the key bundles for a node are locked with."""
    node = _caller(actor)
    return answers.document({"box_key": box_keys.take(actor, node, _body(_PAPER_BYTES))})


@api.raw(f"{_BASE}/incarnations", method="POST", audience=Audience.NODE, roles=HUB)
@speaking
def announce(actor: Actor) -> Response:
    """Take a node's word that it was restored or set back and goes on as another incarnation."""
    state = incarnations.take(_caller(actor), _body(_PAPER_BYTES).strip())
    return answers.document({"state": state.value})


@api.raw(f"{_BASE}/handovers", method="POST", audience=Audience.NODE, roles=HUB)
@speaking
def handover_accept(actor: Actor) -> Response:
    """Take a node's word that both sides hold the same, and complete the hand-over."""
    state = steps.accept(_caller(actor), _body(_PAPER_BYTES).strip())
    return answers.document({"state": state.value})


@api.raw(f"{_BASE}/streams/<stream>/salvage", method="POST", audience=Audience.NODE, roles=HUB)
@speaking
def salvage_take(actor: Actor, stream: str) -> Response:
    """Keep lines a node hands back because their log goes on without them."""
    node = _caller(actor)
    with transaction.reading(tokens.reach_of(node)):
        _require_known(node, stream)
    body = _lines_of(node)
    if not body.endswith(b"\n"):
        raise RefusedError("truncated", "the last line has no end")
    lines = body[:-1].split(b"\n")
    kept = transaction.write(intake.reach_for(stream), lambda: salvage.receive(stream, node.id, lines))
    return answers.document({"kept": kept})


@api.raw(f"{_BASE}/streams/<stream>/salvage", method="GET", audience=Audience.NODE, roles=HUB)
@speaking
def salvage_give(actor: Actor, stream: str) -> Response:
    """Give a stream's writer the next lines another copy of it had written."""
    node = _caller(actor)
    with transaction.reading(tokens.reach_of(node)):
        _require_written(actor, stream)
        page = returning.page(stream)
    if page is None:
        return Response(status=204)
    return answers.lines(page, accepted=request.headers.get("Accept-Encoding", ""))


@api.raw(f"{_BASE}/streams/<stream>/salvage/taken", method="POST", audience=Audience.NODE, roles=HUB)
@speaking
def salvage_settle(actor: Actor, stream: str) -> Response:
    """Note which of these lines their writer holds now."""
    node = _caller(actor)
    with transaction.reading(tokens.reach_of(node)):
        _require_written(actor, stream)
    body = _body(limits.LINE_BYTES)
    return answers.document(
        {"settled": transaction.write(intake.reach_for(stream), lambda: returning.settle(stream, body))}
    )


@api.raw(f"{_BASE}/streams/<stream>/changes", method="GET", audience=Audience.NODE, roles=HUB)
@speaking
def changes(actor: Actor, stream: str) -> Response:
    """Give the page of a stream after a cursor."""
    node = _caller(actor)
    query = schema.load(ChangesQuery, request.args.to_dict())
    with transaction.reading(tokens.reach_of(node)):
        _require_read(actor, stream)
        after = decode_cursor(query["cursor"]) if query["cursor"] else None
        page = export.page(stream, after, max_changes=query["max_changes"], max_bytes=query["max_bytes"])
    if page is None:
        return Response(status=204)
    headers = {"Sri-Next-Cursor": page.cursor, "Sri-Head": str(page.head)}
    return answers.lines(page.body, accepted=request.headers.get("Accept-Encoding", ""), headers=headers)


@api.raw(f"{_BASE}/streams/<stream>/snapshot", method="GET", audience=Audience.NODE, roles=HUB)
@speaking
def snapshot_offer(actor: Actor, stream: str) -> Response:
    """Say which snapshot a stream has, for a node that lines are no longer kept for."""
    node = _caller(actor)
    query = schema.load(WholeQuery, request.args.to_dict())
    with transaction.reading(tokens.reach_of(node)):
        _require_read(actor, stream)
        sealed = giving.offer(stream, whole=query["whole"])
    return answers.lines(sealed + b"\n", accepted=request.headers.get("Accept-Encoding", ""))


@api.raw(f"{_BASE}/streams/<stream>/snapshot/lines", method="GET", audience=Audience.NODE, roles=HUB)
@speaking
def snapshot_lines(actor: Actor, stream: str) -> Response:
    """Give the page of a snapshot after a place."""
    node = _caller(actor)
    query = schema.load(SnapshotQuery, request.args.to_dict())
    digest, total = bytes.fromhex(query["digest"]), bytes.fromhex(query["total"])
    with transaction.reading(tokens.reach_of(node)):
        _require_read(actor, stream)
        after = Place(query["epoch"], query["n"])
        page = giving.page(stream, digest=digest, after=after, before=total, whole=query["whole"])
    return answers.lines(page.body, accepted=request.headers.get("Accept-Encoding", ""))


@api.raw(f"{_BASE}/streams/<stream>/snapshot", method="POST", audience=Audience.NODE, roles=HUB)
@speaking
def snapshot_begin(actor: Actor, stream: str) -> Response:
    """Begin to take a snapshot of a stream's writer, or go on with it."""
    body = _new_lines(actor, stream)
    return _snapshot_told(stream, receiving.begin(stream, body.strip(), keys.line_key))


@api.raw(f"{_BASE}/streams/<stream>/snapshot/lines", method="POST", audience=Audience.NODE, roles=HUB)
@speaking
def snapshot_page(actor: Actor, stream: str) -> Response:
    """Take one page of a snapshot; with the last one it stands."""
    body = _new_lines(actor, stream)
    return _snapshot_told(stream, receiving.page(stream, body, keys.line_key))


@api.raw(f"{_BASE}/streams/<stream>/batches", method="POST", audience=Audience.NODE, roles=HUB)
@speaking
def batches(actor: Actor, stream: str) -> Response:
    """Take a batch of the stream's writer and give the receipt."""
    node = _caller(actor)
    body = _new_lines(actor, stream)
    receipt = intake.batch(stream, node.id, node.incarnation, body)
    return answers.lines(receipt + b"\n", accepted=request.headers.get("Accept-Encoding", ""))


@api.raw(f"{_BASE}/streams/<stream>/receipt", method="GET", audience=Audience.NODE, roles=HUB)
@speaking
def last_receipt(actor: Actor, stream: str) -> Response:
    """Give the last receipt of a stream again."""
    node = _caller(actor)
    with transaction.reading(tokens.reach_of(node)):
        _require_written(actor, stream)
        receipt = intake.last_receipt(stream)
    if receipt is None:
        return Response(status=204)
    return answers.lines(receipt + b"\n", accepted=request.headers.get("Accept-Encoding", ""))


@api.raw(f"{_BASE}/blobs/<sha256>", method="GET", audience=Audience.NODE, roles=HUB)
@speaking
def blob(actor: Actor, sha256: str) -> Response:
    """Give a file, or the part that was asked for, to a node that may read a record of it."""
    node = _caller(actor)
    with transaction.reading(tokens.reach_of(node)):
        found = files.named(sha256, _readable(actor))
    if found is None:
        # The same for what is another's, what nobody has and what is no digest: nothing can be learned by asking.
        raise RefusedError("denied", "there is no such file for this node")
    if blobs.size_of(sha256) != found.size:
        raise RefusedError("file_missing", "the hub does not hold this file just now")
    downloads.note(actor, sha256, node.member_id)
    return downloads.content(Blob(sha256, found.size), BYTES)


def _new_lines(actor: Actor, stream: str) -> bytes:
    node = _caller(actor)
    with transaction.reading(tokens.reach_of(node)):
        _require_written(actor, stream)
        if node.state is not NodeState.ACTIVE:
            raise RefusedError("duplicate_writer", "two copies of this node have come")
        # Asked again here: a node may not have listened to what hello told it.
        floors.require(stream, contact.versions_of(node.id))
    return _lines_of(node)


def _snapshot_told(stream: str, found: receiving.Standing) -> Response:
    if found.is_whole:
        found = receiving.finish(stream)
    return answers.document(found.to_dict())


def _caller(actor: Actor) -> Node:
    assert isinstance(actor, NodeActor)  # the door let nobody else in
    rates.spend(f"node {actor.label}", rates.EXCHANGE)
    return actor.node


# One answer for what is another's, what does not exist and what the token was not given for. A token says what it was
# given for; what is still granted is asked again each time.


def _require_read(actor: Actor, stream: str) -> None:
    assert isinstance(actor, NodeActor)
    node, is_in_scope = actor.node, f"sync:read:{stream}" in actor.scopes
    if not (is_in_scope and control.may_read(node.id, node.member_id, stream)):
        raise _not_granted()


def _require_written(actor: Actor, stream: str) -> None:
    assert isinstance(actor, NodeActor)
    node, is_in_scope = actor.node, f"sync:write:{stream}" in actor.scopes
    if not (is_in_scope and stream in control.written_by(node.id, node.member_id)):
        raise _not_granted()


def _readable(actor: Actor) -> set[str]:
    assert isinstance(actor, NodeActor)
    granted = control.access(actor.node.id, actor.node.member_id)
    return {name for name in granted if f"sync:read:{name}" in actor.scopes}


def _not_granted() -> RefusedError:
    return RefusedError("denied", "there is no such stream for this node")


def _require_known(node: Node, stream: str) -> None:
    # Lines are handed back also by a node that writes their stream no longer, so no scope is asked for.
    if stream not in control.access(node.id, node.member_id) and stream not in grants.names_of(node.member_id):
        raise _not_granted()


def _lines_of(node: Node) -> bytes:
    # What is kept costs room on the disk: a node sends so much in a day, however often it may come.
    if request.mimetype != NDJSON:
        raise RefusedError("not_ndjson", f"lines are sent as {NDJSON}")
    body = _body(limits.BATCH_BYTES)
    rates.spend(f"lines {node.id}", rates.LINES, cost=len(body))
    return body


def _body(limit: int) -> bytes:
    pieces = iter(lambda: request.stream.read(_PIECE), b"")
    return read_limited(pieces, limit=limit, coding=request.headers.get("Content-Encoding", ""))


def _is_in(row: Enrolment) -> bool:
    return row.state is EnrolmentState.APPROVED


def _welcome(row: Enrolment) -> dict[str, Any]:
    member = db.session.get_one(Tenant, row.member_id)
    return {
        "hub": {"node_id": str(installation.identity().id), "tenant_id": str(tenancy.hub_tenant().id)},
        "member": {"tenant_id": str(member.id), "code": member.code},
        "root": to_base64url(control.first_root()),
    }
