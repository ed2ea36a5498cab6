"""A restored node that comes by stick: it says who it is, reads where its records stand, and goes on (§13.4, §16.2).

What over the network are questions and answers are here two sticks: one announces the new incarnation and names places
of its own logs, the other says that it was taken and brings what these logs have from the last place both share.
"""

from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import control, grants, intake, keys, streams
from sri_admin.federation.chain import extend_many
from sri_admin.federation.checkpoint import Checkpoint, Receipt, open_paper, seal_paper
from sri_admin.federation.lines import UUID_TEXT, ProtocolError, expect_fields, matching_text
from sri_admin.federation.merge import StreamError, read_page
from sri_admin.federation.models import Grant, SyncStream
from sri_admin.federation.recovery import cutting, salvage, shared_places
from sri_admin.federation.recovery.incarnations import PAPER
from sri_admin.federation.salvage_models import SalvageCause, SalvageState
from sri_admin.kernel import actor, clock, installation, tenancy, transaction
from sri_admin.kernel.db import db

ADMISSION = "admission"


def announcement() -> bytes:
    """Return this node's signed word which incarnation it is, with places of the logs it wrote; needs a transaction."""
    identity = installation.identity()
    said = {"node": str(identity.id), "incarnation": str(identity.incarnation), "at": clock.wire(clock.now())}
    places = {row.name: shared_places.of(row) for row in streams.here() if row.cls.by_member}
    return seal_paper(PAPER, {**said, shared_places.FIELD: places}, keys.own_key())


def admission(node_id: UUID, incarnation: UUID) -> bytes:
    """Return, at the hub, its signed word which incarnation of a node it writes for and takes lines from."""
    said = {"node": str(node_id), "incarnation": str(incarnation), "at": clock.wire(clock.now())}
    return seal_paper(ADMISSION, said, keys.own_key())


def read_admission(line: bytes) -> None:
    """Refuse, at a node, what the hub wrote for another incarnation of it; ProtocolError `other_copy`, SealError."""
    said, identity = open_paper(line, ADMISSION, keys.hub_key), installation.identity()
    expect_fields(said, {"kind", "node", "incarnation", "at"})
    if matching_text(said, "node", UUID_TEXT) != str(identity.id):
        raise ProtocolError("denied", "the hub's word is about another node")
    if matching_text(said, "incarnation", UUID_TEXT) != str(identity.incarnation):
        raise ProtocolError("other_copy", "the hub wrote it for another incarnation of this node")


def page(stream: str, body: bytes) -> int:
    """Take a page of our own member's stream, back from the last line both share; return how many changes were new.

    What stood here after that line waits for a person. A page of a log that goes on here already brings nothing.
    """
    came = read_page(body)
    if not transaction.write(intake.reach_for(stream), lambda: _make_way(stream, came.lines, came.sealed)):
        return 0
    return intake.page(stream, came, overlapping=True).changes


def _make_way(stream: str, lines: list[bytes], sealed: bytes) -> bool:
    row, said = streams.find(stream, lock=True), intake.opened_end(stream, sealed)
    if row is None:
        return True
    if row.own or said.epoch < row.epoch:
        return False
    shared = _shared(row, lines, said)
    if shared < row.n and _is_granted_to_us(row):
        cutting.back_to(row, shared, cause=SalvageCause.SET_BACK, state=SalvageState.OPEN)
    return True


def _is_granted_to_us(row: SyncStream) -> bool:
    newest = grants.newest(row.name)
    return newest is not None and newest.epoch > row.epoch and newest.node_id == installation.identity().id


def _shared(row: SyncStream, lines: list[bytes], said: Checkpoint | Receipt) -> int:
    """Return the last line here that a page of the hub's shares, or our last one where it does not tell."""
    if said.epoch > row.epoch:
        grant = grants.of_epoch(row.name, row.epoch + 1)
        base = grant.base_n if grant is not None and grant.base_n is not None else row.n
        known = grant is not None and base <= row.n and streams.chain_at(row, base) == grants.base_of(grant)
        return base if known else row.n
    before = said.n - len(lines)
    first = max(before, streams.floor(row))
    begins = streams.chain_at(row, first)
    if begins is None:
        return row.n
    chains = [begins, *extend_many(begins, salvage.hashes(lines[first - before :]))]
    if chains[-1] != said.chain:
        return row.n  # it does not continue a line of ours, and is refused for that
    low, high = first, min(row.n, said.n)
    if high == said.n and streams.chain_at(row, high) == said.chain:
        return row.n  # all of it is here, whatever stands after it
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if streams.chain_at(row, middle) == chains[middle - first] else (low, middle - 1)
    return row.n if low == row.n else streams.transaction_end(row, low)


def receipt(stream: str, sealed: bytes) -> None:
    """Keep the hub's receipt for a log of ours; StreamError `ahead` when the hub has more of it, or other lines.

    Then this is a copy of an earlier day, however it came to be.
    """
    try:
        intake.take_receipt(stream, sealed)
    except StreamError as error:
        if error.code != "forked":
            raise
        raise StreamError("ahead", "the hub holds lines of this log that are not here") from error


def is_back() -> bool:
    """Say whether every log that was granted to this node last is here up to that grant and ours to write."""
    control.take_grants()
    own = installation.identity()
    with transaction.reading(tenancy.everywhere({installation.own_tenant(), installation.hub_tenant_id()})):
        mine = sa.select(Grant.stream).where(Grant.node_id == own.id).distinct()
        return all(_stands(name, own.id) for name in db.session.scalars(mine))


def _stands(name: str, node_id: UUID) -> bool:
    newest, row = grants.newest(name), streams.find(name)
    if newest is None or newest.node_id != node_id:
        return True
    return row is not None and row.own and row.epoch == newest.epoch


def resume() -> bool:
    """Put a restored node back into use, since both sides hold the same; say whether there was need.

    A new epoch has begun where one was needed, so what it writes from now on continues what the hub holds.
    """
    own = installation.identity().tenant_id
    if own is None:
        return False
    return transaction.write(tenancy.only(own), lambda: installation.resume(actor.system("federation")))
