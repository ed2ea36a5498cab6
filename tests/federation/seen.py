"""Everything that stands in a world, read at once from the stored bytes, without the code that applied them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import chain, keys, kinds, report, streams
from sri_admin.federation.checkpoint import Checkpoint, Receipt, SealError, open_sealed
from sri_admin.federation.kinds import Kind
from sri_admin.federation.merge import Position
from sri_admin.federation.models import AsideState, SyncAside, SyncLine, SyncStream
from sri_admin.federation.salvage_models import SyncSalvage
from sri_admin.federation.snapshot_models import SyncSnapshot, SyncSnapshotLine
from sri_admin.federation.stream_names import StreamClass
from sri_admin.federation.sync import GRANT
from sri_admin.kernel import installation, runtime
from sri_admin.kernel.db import db
from tests.federation.world import Site, World

Rows = dict[tuple[str, UUID, UUID], tuple[int, dict[str, Any]]]
_NOT_APPLIED = frozenset(AsideState) - {AsideState.RESOLVED}


Place = tuple[int, int]


class Line(NamedTuple):
    """A stored line."""

    epoch: int
    n: int
    kind: str | None
    rec: UUID | None
    rev: int | None
    ends: bool
    raw: bytes
    chain: bytes


class Aside(NamedTuple):
    """A line that was not applied when it came."""

    epoch: int
    n: int
    state: AsideState
    code: str


class Past(NamedTuple):
    """An epoch that has ended, as one installation holds it."""

    epoch: int
    log_id: str
    floor: int
    genesis: bytes
    n: int
    chain: bytes
    lines: list[Line]


@dataclass
class Stream:
    """One stream as one installation holds it: what is kept up to its horizon, and every line after that.

    `genesis` is the chain value at `floor`, the number after which the lines of the present epoch begin.
    """

    member_id: UUID
    name: str
    cls: str
    own: bool
    position: Position
    statement: bytes | None
    horizon: Place
    floor: int
    genesis: bytes
    peer_n: int
    peer_chain: bytes | None
    trouble: str | None
    said: Checkpoint | Receipt | SealError | None
    lines: list[Line] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    kept: list[Line] = field(default_factory=list)
    salvaged: list[Line] = field(default_factory=list)
    coming: list[Line] = field(default_factory=list)

    @property
    def history(self) -> list[Line]:
        """The lines of every epoch, in order."""
        return self.kept + [line for each in self.past for line in each.lines] + self.lines

    def after(self, horizon: Place) -> list[Line]:
        """Return the lines after a place, in order."""
        return [line for line in self.history if (line.epoch, line.n) > horizon]

    @property
    def not_applied(self) -> set[Place]:
        """The places whose lines do not stand."""
        return {(each.epoch, each.n) for each in self.asides if each.state in _NOT_APPLIED}


@dataclass
class Held:
    """Everything one installation holds."""

    site: Site
    kinds: Mapping[str, Kind]
    rows: Rows
    streams: dict[str, Stream]
    is_green: bool
    id: UUID
    root: int

    @property
    def granted(self) -> set[tuple[str, int, str]]:
        """The epochs this installation knows it was granted: stream, number and log."""
        grants = [payload for (kind, *_key), (_rev, payload) in self.rows.items() if kind == GRANT.name]
        return {(each["stream"], each["epoch"], each["log_id"]) for each in grants if each["node_id"] == str(self.id)}


@dataclass
class Seen:
    """Everything everybody holds at one moment."""

    world: World
    held: dict[str, Held]
    parted: frozenset[str] = frozenset()

    def writer(self, name: str) -> Stream | None:
        """Return a stream as its writer holds it."""
        return next((s for each in self.held.values() if (s := each.streams.get(name)) and s.own), None)

    def replicas(self) -> Iterable[tuple[Held, Stream]]:
        """Return every stream where it is read."""
        return [(each, s) for each in self.held.values() for s in each.streams.values() if not s.own]

    def all_streams(self) -> Iterable[tuple[Held, Stream]]:
        """Return every stream everywhere."""
        return [(each, s) for each in self.held.values() for s in each.streams.values()]


def look(world: World, before: dict[str, tuple[int, Held]] | None = None) -> Seen:
    """Read every installation; one where nothing happened since it was read `before` is not read again."""
    read = {} if before is None else before
    for site in world.sites:
        if site.name not in read or read[site.name][0] != site.uses:
            read[site.name] = site.uses, site.read(lambda site=site: _held(site))
    return Seen(world, {site.name: read[site.name][1] for site in world.sites})


def _held(site: Site) -> Held:
    found = {row.id: _stream(row) for row in streams.here()}
    for row in streams.here():
        found[row.id].past = _past(row)
    for line in db.session.execute(sa.select(SyncLine.__table__).order_by(SyncLine.epoch, SyncLine.n)):
        stream = found[line.stream_id]
        of = {each.epoch: each.lines for each in stream.past} | {stream.position.epoch: stream.lines}
        into = of[line.epoch] if (line.epoch, line.n) > stream.horizon else stream.kept
        into.append(Line(line.epoch, line.n, line.kind, line.rec, line.rev, line.ends, line.line, line.chain))
    for row in db.session.scalars(sa.select(SyncAside).order_by(SyncAside.epoch, SyncAside.n)):
        found[row.stream_id].asides.append(Aside(row.epoch, row.n, row.state, row.code))
    _add_kept_aside({each.name: each for each in found.values()})
    known = kinds.by_name()
    green = not runtime.current().is_hub and report.of_hub_link().is_green
    by_name = {each.name: each for each in found.values()}
    return Held(site, known, _rows(known), by_name, green, installation.identity().id, keys.roots()[-1].version)


def _add_kept_aside(found: Mapping[str, Stream]) -> None:
    """Add what is kept of lines outside the logs: for a person, and of a snapshot that is still coming."""
    for each in db.session.scalars(sa.select(SyncSalvage).where(SyncSalvage.stream.in_(found))):
        line = Line(each.epoch, each.n, each.kind, each.rec, each.rev, True, each.line, b"")
        found[each.stream].salvaged.append(line)
    coming = sa.select(SyncSnapshot.stream, SyncSnapshotLine).join(
        SyncSnapshotLine, SyncSnapshotLine.snapshot_id == SyncSnapshot.id
    )
    for stream, each in db.session.execute(coming.where(SyncSnapshot.stream.in_(found))):
        line = Line(each.epoch, each.n, each.kind, each.rec, each.rev, each.ends, each.line, b"")
        found[stream].coming.append(line)


def _past(row: SyncStream) -> list[Past]:
    found = []
    for epoch in range(streams.first_epoch(row), row.epoch):
        end = streams.end_of(row, epoch)
        assert end is not None
        found.append(Past(epoch, str(end.log_id), *_beginning(row, end), end.n, end.chain, []))
    return found


def _stream(row: SyncStream) -> Stream:
    facts = (row.member_id, row.name, row.cls.value, row.own, streams.position(row), row.statement)
    horizon = streams.horizon(row) or (0, 0)
    beginning = _beginning(row, streams.position(row))
    return Stream(*facts, horizon, *beginning, row.peer_n, row.peer_chain, row.trouble, _said(row))


def _said(row: SyncStream) -> Checkpoint | Receipt | SealError | None:
    if row.statement is None:
        return None
    key = keys.line_key if runtime.current().is_hub and not row.own else keys.receipt_key
    try:
        return open_sealed(row.statement, Receipt if row.own else Checkpoint, key)
    except SealError as error:
        return error


def _beginning(row: SyncStream, end: Position) -> tuple[int, bytes]:
    """Return the number after which an epoch's lines are here without a gap, and the chain value there."""
    horizon = streams.horizon(row)
    if horizon is not None and horizon.epoch > end.epoch:
        return end.n, end.chain
    floor = horizon.n if horizon is not None and horizon.epoch == end.epoch else 0
    chain_there = streams.chain_at(row, floor, epoch=end.epoch)
    assert chain_there is not None
    return floor, chain_there


def _rows(known: Mapping[str, Kind]) -> Rows:
    found: Rows = {}
    for kind in _with_rows(list(known.values())):
        for row in db.session.scalars(sa.select(kind.model)):
            key = (kind.name, row.__getattribute__("member_id"), row.__getattribute__("id"))
            found[key] = (getattr(row, "version", 1), kind.payload(row))
    return found


def _with_rows(known: Sequence[Kind]) -> list[Kind]:
    # Most tables are empty, and one question finds that out.
    rows = [sa.exists(sa.select(each.table.c.id)) for each in known]
    any_row = (sa.select(sa.literal(place)).where(each) for place, each in enumerate(rows))
    return [known[place] for place in db.session.scalars(sa.union_all(*any_row))]


def fold(stream: Stream, known: Mapping[str, Kind], *, without: set[Place]) -> Rows:
    """Work out, from the bytes alone, what stands after a stream's lines except some."""
    newest: dict[tuple[str, UUID, UUID], tuple[int, dict[str, Any] | None]] = {}
    for line in stream.history:
        change = json.loads(line.raw)
        kind = known.get(change.get("t", ""))
        if kind is None or (line.epoch, line.n) in without or change["k"] != "c":
            continue
        key = (kind.name, stream.member_id, UUID(change["id"]))
        if key not in newest or newest[key][0] < change["rev"]:
            names = {column.key for column in kind.columns}
            payload = {name: change["d"].get(name) for name in names}
            newest[key] = (change["rev"], None if change["op"] in {"del", "erase"} else payload)
    return {key: (rev, payload) for key, (rev, payload) in newest.items() if payload is not None}


def standing(held: Held, stream: Stream) -> Rows:
    """Return the rows of an installation that a stream brought."""
    of_stream = {kind.name for kind in held.kinds.values() if kind.stream.value == stream.cls}
    found = {key: row for key, row in held.rows.items() if key[0] in of_stream and key[1] == stream.member_id}
    cls = StreamClass(stream.cls)
    return {key: row for key, row in found.items() if held.kinds[key[0]].belongs_in(cls, stream.name, row[1])}


def hash_of(raw: bytes) -> bytes:
    """Return the hash of a line as the chain takes it, an erased one's as it says."""
    line = json.loads(raw)
    return bytes.fromhex(line["h"]) if line["k"] == "x" else chain.line_hash(raw)
