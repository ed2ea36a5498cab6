"""A node's side of going back: a new incarnation, the last line both sides share, and what stood after it."""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import structlog

from sri_admin.federation import export, intake, keys, limits, streams
from sri_admin.federation.checkpoint import Checkpoint, open_sealed, seal_paper
from sri_admin.federation.client import BASE, HubClient, HubError
from sri_admin.federation.cursor import Cursor, encode_cursor
from sri_admin.federation.lines import Header, LineError, ProtocolError, encode_header, erased_form
from sri_admin.federation.models import SyncStream
from sri_admin.federation.packing import pack
from sri_admin.federation.recovery import cutting, salvage
from sri_admin.federation.recovery.incarnations import PAPER
from sri_admin.federation.salvage_models import SalvageCause, SalvageState, SyncSalvage
from sri_admin.federation.stream_names import HUB_CONTROL
from sri_admin.kernel import clock, installation, transaction

log = structlog.get_logger(__name__)

_UNPROVABLE = frozenset({409, 422})
NOTHING_SHARED: Final = "nothing_shared"
_PARTED = frozenset({"forked", "past_end", "rewound"})


def announce(client: HubClient) -> None:
    """Tell the hub, signed, which incarnation goes on from here; it grants the next epoch of our streams."""
    identity = installation.identity()
    said = {"node": str(identity.id), "incarnation": str(identity.incarnation), "at": clock.wire(clock.now())}
    client.post_signed(f"{BASE}/incarnations", seal_paper(PAPER, said, keys.own_key()))


def follow_permissions(client: HubClient) -> None:
    """Give a hub that was restored the permissions it had lost, before it is asked for new ones."""
    with transaction.reading(intake.reach_for(HUB_CONTROL.value)):
        row = streams.find(HUB_CONTROL.value)
        n = row.n if row else 0
    if n and _has_more(client, n):
        try:
            step_back(client, HUB_CONTROL.value, ours=False)
        except ProtocolError as error:
            # What can be proven was handed back; a person here decides about the rest once the exchange comes to it.
            if error.code != NOTHING_SHARED:
                raise


def _has_more(client: HubClient, n: int) -> bool:
    """Say whether this node holds permissions the hub has lost."""
    try:
        return not _is_shared(client, HUB_CONTROL.value, n)
    except HubError as error:
        if error.code != "expired":
            raise
        return False  # the hub keeps no lines that old any more, so it is ahead


def renew(client: HubClient) -> None:
    """Take a new incarnation, since this one was set back to an earlier day, and announce it."""
    installation.renew()
    announce(client)


def step_back(client: HubClient, stream: str, *, ours: bool) -> None:
    """Go back to the last line that the hub shares; what stood after it is kept.

    What is `ours` to write again waits here for a person; all else is handed back to the hub first. A hub that was set
    back, perhaps twice, may share nothing of our epoch, not even its beginning: then the one before it is gone back to.
    Raises ProtocolError `nothing_shared` when the hub was set back to before everything that is kept here.
    """
    while not _step_back_here(client, stream, ours=ours):
        transaction.write(intake.reach_for(stream), lambda: _reopen(stream))


def _reopen(stream: str) -> None:
    try:
        streams.reopen(streams.by_name(stream, lock=True))
    except ProtocolError as error:
        raise ProtocolError(NOTHING_SHARED, error.detail) from error


def _step_back_here(client: HubClient, stream: str, *, ours: bool) -> bool:
    # Says whether the hub shares the line that was gone back to.
    common = _common(client, stream)
    if not ours:
        _hand_back_again(client, stream)
        _hand_back(client, stream, common)
    state = SalvageState.OPEN if ours else SalvageState.HANDED_BACK
    cause = SalvageCause.SET_BACK if ours else _cause_at_hub(stream)

    def body() -> None:
        row, lines = streams.by_name(stream, lock=True), export.after(stream, common)
        proof = (streams.chain_at(row, common), _proof(row)) if lines and not ours and not row.cls.by_member else None
        cutting.back_to(row, common, cause=cause, state=state)
        if proof is not None and proof[0] is not None:
            salvage.prove(row, lines, base=proof[0], proof=proof[1])

    transaction.write(intake.reach_for(stream), body)
    shared = _begins_alike(client, stream)
    if shared and not ours:
        _prove(client, stream)
    return shared


def _prove(client: HubClient, stream: str) -> None:
    # The hub's word for the line that is the last now: should it be set back further, these lines are handed back too.
    with transaction.reading(intake.reach_for(stream)):
        row = streams.by_name(stream)
        before = streams.transaction_end(row, row.n - 1)
        chain = streams.chain_at(row, before)
        if row.cls.by_member or row.proof is not None or row.n <= streams.floor(row) or chain is None:
            return
        cursor = encode_cursor(Cursor(stream, row.epoch, before, chain))
    answer = client.call("GET", f"{BASE}/streams/{stream}/changes?{urlencode({'cursor': cursor, 'max_changes': 1})}")
    sealed = answer.body.rstrip(b"\n").rpartition(b"\n")[2]
    transaction.write(intake.reach_for(stream), lambda: _keep_proof(stream, sealed))


def _keep_proof(stream: str, sealed: bytes) -> None:
    row = streams.by_name(stream, lock=True)
    said = open_sealed(sealed, Checkpoint, keys.receipt_key)
    if (said.stream, said.epoch, said.n, said.chain) == (row.name, row.epoch, row.n, row.chain):
        row.proof = sealed


def _begins_alike(client: HubClient, stream: str) -> bool:
    with transaction.reading(intake.reach_for(stream)):
        row = streams.by_name(stream)
        n, epoch = row.n, row.epoch
        first = streams.floor(row)
    if 0 < n == first and not _is_shared(client, stream, n):
        raise ProtocolError(NOTHING_SHARED, "the hub shares no line that is kept here")
    return n > 0 or epoch == 1 or _is_shared(client, stream, n)


def _cause_at_hub(stream: str) -> SalvageCause:
    return SalvageCause.HUB_RESTORED if stream.startswith("hub.") else SalvageCause.LATE


def _common(client: HubClient, stream: str) -> int:
    """Find the last line both sides share: the hub is asked about fewer than twenty places, whatever the length."""
    with transaction.reading(intake.reach_for(stream)):
        row = streams.by_name(stream)
        low, high = streams.floor(row), row.n
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _is_shared(client, stream, middle) else (low, middle - 1)
    with transaction.reading(intake.reach_for(stream)):
        return streams.transaction_end(streams.by_name(stream), low)


def _is_shared(client: HubClient, stream: str, n: int) -> bool:
    with transaction.reading(intake.reach_for(stream)):
        row = streams.by_name(stream)
        chain = streams.chain_at(row, n)
        assert chain is not None
        cursor = encode_cursor(Cursor(stream, row.epoch, n, chain))
    try:
        client.call("GET", f"{BASE}/streams/{stream}/changes?{urlencode({'cursor': cursor, 'max_changes': 1})}")
    except HubError as error:
        if error.code in _PARTED:
            return False
        raise
    return True


def _hand_back(client: HubClient, stream: str, common: int) -> None:
    with transaction.reading(intake.reach_for(stream)):
        bodies = _handed_back(streams.by_name(stream), common)
    for body in bodies:
        client.send_lines(f"{BASE}/streams/{stream}/salvage", pack(body))


def _hand_back_again(client: HubClient, stream: str) -> None:
    # A hub that is set back once more has lost what was handed back to it before, and nobody would decide about it.
    with transaction.reading(intake.reach_for(stream)):
        bodies = [body for each in salvage.proven(stream) for body in _handed_back_again(each)]
    for body in bodies:
        try:
            client.send_lines(f"{BASE}/streams/{stream}/salvage", pack(body))
        except HubError as error:
            if error.status not in _UNPROVABLE:
                raise
            log.warning("not handed back again", stream=stream, reason=error.code)


def _handed_back_again(kept: Sequence[SyncSalvage]) -> list[bytes]:
    last, base, proof = kept[-1], kept[0].base_chain, kept[0].proof
    assert base is not None
    assert proof is not None
    return _bodies(last.stream, last.epoch, base, [each.line for each in kept], last.n, proof)


def _handed_back(row: SyncStream, common: int) -> list[bytes]:
    lines = export.after(row.name, common)
    if not lines:
        return []
    base = streams.chain_at(row, common)
    assert base is not None
    return _bodies(row.name, row.epoch, base, lines, row.n, _proof(row))


def _bodies(stream: str, epoch: int, base: bytes, lines: Sequence[bytes], n: int, proof: bytes) -> list[bytes]:
    identity = installation.identity()
    own = str(identity.id), str(identity.incarnation)
    ends = encode_header(Header(stream, epoch, n - len(lines) + 1, n, base, *own)), proof
    room = limits.BATCH_BYTES - sum(len(each) + 1 for each in ends)
    return [b"\n".join((ends[0], *part, ends[1])) + b"\n" for part in parted(lines, room)]


def parted(lines: Sequence[bytes], room: int) -> Iterator[list[bytes]]:
    """Give the lines in as few lists as fit, each with all places: what another list holds stands in its erased form.

    So every list proves itself by the one checkpoint at their end. Raises ProtocolError if even the places do not fit.
    """
    thin = [_thin(line) for line in lines]
    spare = room - sum(len(each) + 1 for each in thin)
    start = 0
    while start < len(lines):
        stop, left = start, spare
        while stop < len(lines) and len(lines[stop]) - len(thin[stop]) <= left:
            left -= len(lines[stop]) - len(thin[stop])
            stop += 1
        if stop == start:
            raise ProtocolError("page_too_large", f"{len(lines)} lines cannot be handed back at once")
        yield [*thin[:start], *lines[start:stop], *thin[stop:]]
        start = stop


def _thin(line: bytes) -> bytes:
    try:
        return erased_form(line)
    except LineError:
        return line


def _proof(row: SyncStream) -> bytes:
    if row.cls.by_member:
        return export.checkpoint(row, row.n, row.chain, of=row)
    for kept in filter(None, (row.proof, row.statement)):
        said = open_sealed(kept, Checkpoint, keys.kept_key)
        if (said.epoch, said.n, said.chain) == (row.epoch, row.n, row.chain):
            return kept
    raise ProtocolError("unproven", "the hub's word for these lines is not kept here")


def hand_back_unsent(client: HubClient) -> None:
    """Give the hub what this copy wrote and never sent, once it is told that another copy goes on."""
    own = installation.identity().tenant_id
    assert own is not None
    for stream in _unsent(own):
        _hand_back(client, stream, _common(client, stream))
        transaction.write(intake.reach_for(stream), lambda stream=stream: _stop(stream))


def _unsent(member_id: UUID) -> list[str]:
    with transaction.reading(intake.reach_for(streams.stream_name(streams.OF_MEMBER[0], member_id))):
        return [row.name for row in streams.here() if row.own and row.trouble != "given_up"]


def _stop(stream: str) -> None:
    streams.by_name(stream, lock=True).trouble = "given_up"
