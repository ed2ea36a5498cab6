"""What pull and push decide: is this page sound, does this batch fit, is this change news (docs/federation.md §7)."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from sri_admin.federation import limits
from sri_admin.federation.chain import extend_many, line_hash
from sri_admin.federation.checkpoint import Checkpoint, Receipt
from sri_admin.federation.lines import Change, Erased, LineError, ProtocolError, decode_entry, has_more_values

ChainAt = Callable[[int], bytes | None]


class StreamError(ProtocolError):
    """A page or batch cannot be taken; nothing of it is applied."""


class Position(NamedTuple):
    """A place in one epoch of one stream: after line `n`, with the chain value there."""

    stream: str
    epoch: int
    log_id: str
    n: int
    chain: bytes


class Refused(NamedTuple):
    """An authentic line that breaks the profile: it keeps its place and goes to quarantine."""

    n: int
    code: str
    detail: str


Entry = Change | Erased | Refused


class PageIn(NamedTuple):
    """A page as it came: its lines, what was read in them, and the sealed line at its end; nothing is verified."""

    lines: list[bytes]
    entries: list[Entry]
    sealed: bytes


class Page(NamedTuple):
    """A verified page: its entries, their hashes and the chain value after each, and where it ends."""

    start: Position
    end: Position
    entries: list[Entry]
    hashes: list[bytes]
    chains: list[bytes]


def split_page(body: bytes) -> tuple[list[bytes], bytes]:
    """Return the lines of a page or a batch and the sealed line at its end; StreamError `truncated`."""
    if not body.endswith(b"\n"):
        raise StreamError("truncated", "the last line has no end")
    *lines, sealed = body[:-1].split(b"\n")
    return lines, sealed


def read_page(body: bytes) -> PageIn:
    """Decode the lines of a page within its limits, wherever it belongs; StreamError `truncated`, `page_too_large`."""
    lines, sealed = split_page(body)
    return PageIn(lines, read_entries(lines), sealed)


def read_entries(lines: Sequence[bytes], *, limited: bool = True) -> list[Entry]:
    """Decode lines, those that break the profile as refused; StreamError `page_too_large` before one is decoded.

    What is handed back (§16.4) is not `limited`.
    """
    if limited:
        _check_size(lines)
    check_values(lines, most=limits.PAGE_VALUES if limited else limits.BATCH_VALUES)
    return [_entry(raw) for raw in lines]


def check_page(
    lines: Sequence[bytes], entries: Sequence[Entry], *, start: Position, checkpoint: Checkpoint | Receipt
) -> Page:
    """Verify the lines after `start`, and what was read in them, against an opened checkpoint (§7.1); StreamError.

    The checkpoint's signature is the caller's to open first; here its content is compared with the lines. A page of
    a log the server only holds ends in the server's receipt instead.
    """
    _check_same_log(start, checkpoint)
    # A refused line keeps the place it came at: it cannot say its own.
    entries = [e._replace(n=n) if isinstance(e, Refused) else e for n, e in enumerate(entries, start.n + 1)]
    _check_count(entries, start, checkpoint)
    hashes = [e.h if isinstance(e, Erased) else line_hash(raw) for e, raw in zip(entries, lines, strict=True)]
    chains = extend_many(start.chain, hashes)
    if (chains[-1] if chains else start.chain) != checkpoint.chain:
        raise StreamError("bad_chain", f"the lines up to {checkpoint.n} do not give the signed chain value")
    _check_transactions(entries, start.n)
    return Page(start, start._replace(n=checkpoint.n, chain=checkpoint.chain), entries, hashes, chains)


def _check_same_log(start: Position, checkpoint: Checkpoint | Receipt) -> None:
    if checkpoint.stream != start.stream:
        raise StreamError("wrong_stream", f"{checkpoint.stream} instead of {start.stream}")
    if checkpoint.epoch < start.epoch:
        raise StreamError("stale_epoch", f"epoch {checkpoint.epoch}, now {start.epoch}")
    if checkpoint.epoch > start.epoch:
        raise StreamError("unknown_epoch", f"epoch {checkpoint.epoch}, here {start.epoch}")
    if checkpoint.log_id != start.log_id:
        raise StreamError("forked", "another log under the same stream and epoch")
    if checkpoint.n < start.n:
        raise StreamError("rewound", f"the head is {checkpoint.n}, before {start.n}")


def _check_size(lines: Sequence[bytes]) -> None:
    if len(lines) > limits.PAGE_CHANGES:
        raise StreamError("page_too_large", f"{len(lines)} changes")
    size = sum(map(len, lines)) + len(lines)
    if size > limits.PAGE_BYTES:
        raise StreamError("page_too_large", f"{size} bytes")


def check_values(lines: Sequence[bytes], *, most: int = limits.PAGE_VALUES) -> None:
    """Refuse lines of too many values before one is decoded; StreamError `page_too_large`."""
    # Many tiny values take far more memory than the bytes they came as.
    if has_more_values(lines, most):
        raise StreamError("page_too_large", f"more than {most} values")


def _entry(raw: bytes) -> Entry:
    try:
        return decode_entry(raw)
    except LineError as error:
        return Refused(0, error.code, error.detail)


def _check_count(entries: Sequence[Entry], start: Position, checkpoint: Checkpoint | Receipt) -> None:
    for n, entry in enumerate(entries, start.n + 1):
        if entry.n != n:
            raise StreamError("gap", f"line {entry.n} where {n} was expected")
    end = start.n + len(entries)
    if end < checkpoint.n:
        raise StreamError("truncated", f"the lines end at {end}, the checkpoint at {checkpoint.n}")
    if end > checkpoint.n:
        raise StreamError("bad_chain", f"the lines go on after the checkpoint at {checkpoint.n}")


def _check_transactions(entries: Sequence[Entry], after: int) -> None:
    # A refused line hides which transaction it belongs to, so the lines after it may go on with any begun on this page.
    opened: int | None = None
    unknown = False
    for entry in entries:
        if isinstance(entry, Refused):
            unknown = True
            continue
        begins = entry.n if opened is None else opened
        if entry.x != begins and not (unknown and after < entry.x <= entry.n):
            raise StreamError("bad_transaction", f"line {entry.n} names transaction {entry.x}, not {begins}")
        opened = None if entry.e else entry.x
        unknown = False
    if opened is not None and not unknown:
        raise StreamError("not_transaction_end", f"the page ends inside transaction {opened}")


class Batch(NamedTuple):
    """What a pushing writer claims: lines from `from_n` with these hashes, built on `base_chain`."""

    epoch: int
    from_n: int
    base_chain: bytes
    hashes: Sequence[bytes]


class Already(NamedTuple):
    """All of the batch is here: answer with the receipt."""


class Apply(NamedTuple):
    """Leave out the first `skip` lines, which are here, and apply the rest."""

    skip: int


class Gap(NamedTuple):
    """Lines before the batch are missing here, or too old to compare: send from `expected`."""

    expected: int


class Forked(NamedTuple):
    """Writer and receiver hold different lines at or before `n`."""

    n: int


class StaleEpoch(NamedTuple):
    """The batch is of another epoch than the one granted."""

    granted: int


PushVerdict = Already | Apply | Gap | Forked | StaleEpoch


def judge_push(batch: Batch, ack: Position, *, chain_at: ChainAt) -> PushVerdict:
    """Say what to do with a verified batch when everything up to `ack` is here (§7.4).

    `chain_at(n)` gives the own chain value after line n ≤ ack.n, or None when it is no longer kept.
    """
    if batch.epoch != ack.epoch:
        return StaleEpoch(ack.epoch)
    if batch.from_n > ack.n + 1:
        return Gap(ack.n + 1)
    chains = [batch.base_chain, *extend_many(batch.base_chain, batch.hashes)]
    known = min(len(batch.hashes), ack.n - batch.from_n + 1)
    common = batch.from_n - 1 + known
    own = ack.chain if common == ack.n else chain_at(common)
    if own is None:
        return Gap(ack.n + 1)
    if own != chains[known]:
        return Forked(common)
    return Already() if known == len(batch.hashes) else Apply(known)


class PeerStatus(StrEnum):
    """How a peer's position relates to ours."""

    OK = "ok"
    BEHIND = "behind"
    AHEAD = "ahead"
    FORKED = "forked"
    STALE_EPOCH = "stale_epoch"
    EXPIRED = "expired"
    PAST_END = "past_end"


class PeerPosition(NamedTuple):
    """Where a peer says it stands; `chain` is its chain value or at least the first eight bytes of it."""

    epoch: int
    n: int
    chain: bytes


SHORTEST_PREFIX: Final = 8


def judge_peer(own: Position, theirs: PeerPosition, *, chain_at: ChainAt) -> PeerStatus:
    """Compare a peer's position with ours (§7.2); `ahead` is what a rewound installation sees, never an error."""
    if len(theirs.chain) < SHORTEST_PREFIX:
        raise ValueError("a chain prefix has at least eight bytes")
    if theirs.epoch != own.epoch:
        return PeerStatus.STALE_EPOCH if theirs.epoch < own.epoch else PeerStatus.AHEAD
    if theirs.n > own.n:
        return PeerStatus.AHEAD
    chain = own.chain if theirs.n == own.n else chain_at(theirs.n)
    if chain is None:
        return PeerStatus.EXPIRED
    if not chain.startswith(theirs.chain):
        return PeerStatus.FORKED
    return PeerStatus.OK if theirs.n == own.n else PeerStatus.BEHIND


def judge_across(own: Position, ended: Position | None, theirs: PeerPosition, *, chain_at: ChainAt) -> PeerStatus:
    """Compare a peer's position with ours when it may stand in an epoch that has ended (§7.2).

    `ended` is the end of that epoch here, None if it is the present one or unknown; `chain_at` is about that epoch.
    """
    if ended is None or theirs.epoch >= own.epoch:
        return judge_peer(own, theirs, chain_at=chain_at)
    status = judge_peer(ended, theirs, chain_at=chain_at)
    return {PeerStatus.OK: PeerStatus.BEHIND, PeerStatus.AHEAD: PeerStatus.PAST_END}.get(status, status)


def is_equivocation(one: Checkpoint, other: Checkpoint) -> bool:
    """Tell whether two authentic checkpoints contradict each other: proof against their writer, to keep and to show."""
    same_place = (one.stream, one.epoch, one.n) == (other.stream, other.epoch, other.n)
    return same_place and (one.chain, one.log_id) != (other.chain, other.log_id)


class Action(StrEnum):
    """What becomes of one change."""

    APPLY = "apply"
    ALREADY = "already"
    SUPERSEDED = "superseded"
    PARK = "park"
    QUARANTINE = "quarantine"


class Held(NamedTuple):
    """The newest revision of a record that is here, deleted or not, and the hash of its line."""

    rev: int
    h: bytes


class ChangeVerdict(NamedTuple):
    """An action and, for park and quarantine, its stable code."""

    action: Action
    code: str = ""


def judge_change(change: Change, h: bytes, *, versions: tuple[int, int] | None, held: Held | None) -> ChangeVerdict:
    """Say what becomes of an authentic change (§7.3).

    `versions` are the schema versions this installation reads for the kind, None for a kind it does not know.
    """
    if versions is None:
        return ChangeVerdict(Action.PARK, "unknown_kind")
    oldest, newest = versions
    if change.v > newest:
        return ChangeVerdict(Action.PARK, "newer_version")
    if held is not None and change.rev <= held.rev:
        return _not_newer(change, h, held)
    if change.v < oldest:
        return ChangeVerdict(Action.QUARANTINE, "older_version")
    if change.op == "add" and held is not None:
        return ChangeVerdict(Action.QUARANTINE, "added_twice")
    return ChangeVerdict(Action.APPLY)


def _not_newer(change: Change, h: bytes, held: Held) -> ChangeVerdict:
    if change.rev < held.rev:
        return ChangeVerdict(Action.SUPERSEDED)
    if h == held.h:
        return ChangeVerdict(Action.ALREADY)
    return ChangeVerdict(Action.QUARANTINE, "same_revision")
