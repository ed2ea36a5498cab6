"""What was handed back late for a log a node writes: given to that node, where a person decides about it (§16.4)."""

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import intake, keys, limits, streams
from sri_admin.federation.answers import RefusedError
from sri_admin.federation.checkpoint import open_paper, seal_paper
from sri_admin.federation.client import BASE, HubClient, LineDownError
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import HASH_TEXT, UUID_TEXT, LineError, expect_fields, matching_text, parse
from sri_admin.federation.recovery import salvage
from sri_admin.federation.salvage_models import SalvageCause, SalvageState, SyncSalvage
from sri_admin.kernel import clock, transaction
from sri_admin.kernel.db import db

PAPER: Final = "salvage"
MOST_LINES: Final = 500
_FIELDS: Final = {"kind", "stream", "epoch", "source", "lines", "digest"}
_MOST_ROUNDS: Final = 10_000


def counts(names: Collection[str]) -> dict[str, int]:
    """Return, at the hub, how many lines of each stream wait for its writer."""
    wanted = sa.select(SyncSalvage.stream, sa.func.count()).where(_is_late(), SyncSalvage.stream.in_(names))
    return {row[0]: row[1] for row in db.session.execute(wanted.group_by(SyncSalvage.stream))}


def page(stream: str) -> bytes | None:
    """Return the next lines that wait for a stream's writer, of one epoch, and the hub's word for them."""
    wanted = sa.select(SyncSalvage).where(_is_late(), SyncSalvage.stream == stream)
    found = list(db.session.scalars(wanted.order_by(SyncSalvage.epoch, SyncSalvage.n).limit(MOST_LINES)))
    if not found:
        return None
    lines, room = list[bytes](), limits.PAGE_BYTES
    for each in found:
        room -= len(each.line) + 1
        if lines and (room < 0 or (each.epoch, each.source) != (found[0].epoch, found[0].source)):
            break
        lines.append(each.line)
    said = {
        "stream": stream,
        "epoch": found[0].epoch,
        "source": str(found[0].source),
        "lines": len(lines),
        "digest": _digest(lines),
    }
    return b"\n".join((*lines, seal_paper(PAPER, said, keys.own_key()))) + b"\n"


def settle(stream: str, body: bytes) -> int:
    """Note, at the hub, which lines their writer holds now; the transaction writes for the stream's tenant."""
    value = parse(body.strip())
    expect_fields(value, {"h"})
    named = value["h"]
    if not isinstance(named, list) or len(named) > MOST_LINES:
        raise RefusedError("malformed", "the hashes of lines were expected")
    hashes = [bytes.fromhex(matching_text({"h": each}, "h", HASH_TEXT)) for each in named]
    given = (_is_late(), SyncSalvage.stream == stream, SyncSalvage.h.in_(hashes))
    now = {"state": SalvageState.HANDED_BACK, "settled_at": clock.now(), "settled_by": "federation"}
    settled = db.session.execute(sa.update(SyncSalvage).where(*given).values(now).returning(SyncSalvage.id))
    return len(settled.all())


def fetch(client: HubClient, stream: str) -> int:
    """Take, at the stream's writer, what the hub keeps for it, and return how many lines were new here."""
    address, new = f"{BASE}/streams/{stream}/salvage", 0
    for _round in range(_MOST_ROUNDS):
        answer = client.call("GET", address)
        if answer.status == 204:
            break
        lines, said = _opened(answer.body, stream)
        new += transaction.write(intake.reach_for(stream), lambda lines=lines, said=said: _keep(stream, lines, said))
        told = client.post_json(f"{address}/taken", {"h": [sha.hex() for sha in salvage.hashes(lines)]})
        if not told.get("settled"):
            break
    return new


def _opened(body: bytes, stream: str) -> tuple[list[bytes], dict[str, Any]]:
    *lines, sealed = body.rstrip(b"\n").split(b"\n")
    said = open_paper(sealed, PAPER, keys.hub_key)
    try:
        expect_fields(said, _FIELDS)
        matching_text(said, "source", UUID_TEXT)
    except LineError as error:
        raise LineDownError("not_a_hub", "what the hub keeps for us cannot be read") from error
    if (said["stream"], said["lines"], said["digest"]) != (stream, len(lines), _digest(lines)):
        raise LineDownError("not_a_hub", "what the hub keeps for us is not what it signed")
    return lines, said


def _keep(stream: str, lines: Iterable[bytes], said: dict[str, Any]) -> int:
    row, source = streams.by_name(stream, lock=True), UUID(said["source"])
    # The hub has left out what was forgotten in the same epoch; what was forgotten since is of a later one.
    after = Place(int(said["epoch"]), limits.INTEGER_MAX)
    return salvage.keep(row, after, lines, source=source, cause=SalvageCause.LATE, state=SalvageState.OPEN)


def _digest(lines: Iterable[bytes]) -> str:
    return sha256(b"\n".join(lines)).hexdigest()


def _is_late() -> sa.ColumnElement[bool]:
    return sa.and_(SyncSalvage.state == SalvageState.OPEN, SyncSalvage.cause == SalvageCause.LATE)
