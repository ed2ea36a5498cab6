"""Taking a snapshot: its pages are kept as they come, and it stands at once when all are here (§15.4).

Each page is a transaction, so whoever is killed goes on where they were. What would remove many records, or all, waits
for a person.
"""

from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import streams
from sri_admin.federation.checkpoint import KeyResolver
from sri_admin.federation.events import SnapshotAgreed
from sri_admin.federation.intake import reach_for
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import REMOVALS
from sri_admin.federation.merge import Refused, StreamError
from sri_admin.federation.models import SyncStream
from sri_admin.federation.snapshot_models import SnapshotState, SyncSnapshot, SyncSnapshotLine
from sri_admin.federation.snapshots import manifest, replacing
from sri_admin.federation.snapshots.manifest import Line, Manifest
from sri_admin.federation.stream_names import parse_name
from sri_admin.kernel import clock, ids, installation, runtime, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l

MANY_REMOVED: Final = "many_removed"
_ONE_IN: Final = 5  # more than a fifth


class Standing(NamedTuple):
    """How far a snapshot is here: what to ask for next, and what it would remove once all of it is here."""

    state: SnapshotState
    digest: bytes
    place: Place
    total: bytes
    held: int
    records: int

    @property
    def is_whole(self) -> bool:
        """Say whether all of it is here."""
        return self.held == self.records

    def to_dict(self) -> dict[str, Any]:
        """Return it as the hub tells a node."""
        return {
            "state": self.state.value,
            "digest": self.digest.hex(),
            "epoch": self.place.epoch,
            "n": self.place.n,
            "total": self.total.hex(),
            "held": self.held,
            "records": self.records,
        }


def begin(stream: str, sealed: bytes, find_key: KeyResolver, *, anew: bool = False) -> Standing:
    """Begin to take the snapshot a manifest names, or go on with it; opens its own transaction.

    A replica that begins `anew` holds other lines than the snapshot's giver, so where it ends tells nothing.
    """

    def body() -> Standing:
        made = manifest.open_manifest(sealed, stream, find_key)
        _refuse(streams.find(stream, lock=True), made, anew=anew)
        return _standing(_opened(made, sealed), made)

    return transaction.write(reach_for(stream), body)


def _refuse(row: SyncStream | None, made: Manifest, *, anew: bool) -> None:
    member_id = parse_name(made.stream)[1]
    if row is None and (runtime.current().is_hub or member_id not in {None, installation.identity().tenant_id}):
        raise StreamError("denied", "this stream is not for this installation")
    if row is not None and row.own:
        raise StreamError("denied", "this stream is written here")
    if row is not None and row.trouble:
        raise StreamError(row.trouble, "this stream was stopped until a person decides")
    if row is not None and not anew and replacing.sure_end(row) >= made.place:
        raise StreamError("rewound", "the snapshot ends before what is here")


def _opened(made: Manifest, sealed: bytes) -> SyncSnapshot:
    found, member_id = _find(made.stream), streams.tenant_of(made.stream)
    if found is not None and found.state is not SnapshotState.DONE and _is_same(_manifest_of(found), made):
        return found
    if found is not None:
        _drop_lines(found)
        db.session.delete(found)
        db.session.flush()
    total = manifest.seed(made.stream, made.place)
    fresh = SyncSnapshot(
        member_id=member_id, id=ids.new(), stream=made.stream, manifest=sealed, records=made.records, total=total
    )
    db.session.add(fresh)
    db.session.flush()
    return fresh


def _is_same(one: Manifest, other: Manifest) -> bool:
    return one._replace(at=other.at) == other


def _find(stream: str) -> SyncSnapshot | None:
    return db.session.scalar(sa.select(SyncSnapshot).where(SyncSnapshot.stream == stream).with_for_update())


def _manifest_of(snapshot: SyncSnapshot) -> Manifest:
    return manifest.read_kept(snapshot.manifest)


def page(stream: str, body: bytes, find_key: KeyResolver) -> Standing:
    """Keep one page of a snapshot that was begun; opens its own transaction. A page that is here already is refused."""

    def take() -> Standing:
        snapshot = _find(stream)
        if snapshot is None or snapshot.state is not SnapshotState.COMING:
            raise StreamError("no_snapshot", "no snapshot of this stream is being taken")
        made = _manifest_of(snapshot)
        after = Place(snapshot.after_epoch, snapshot.after_n)
        lines, total = manifest.read_page(body, made, after=after, before=snapshot.total, resolve_key=find_key)
        _keep(snapshot, lines, total)
        if snapshot.held > made.records or (snapshot.held == made.records and total != made.digest):
            raise StreamError("bad_snapshot", "the lines are not those of the manifest")
        return _standing(snapshot, made)

    return transaction.write(reach_for(stream), take)


def _keep(snapshot: SyncSnapshot, lines: list[Line], total: bytes) -> None:
    rows = [_row(snapshot, each) for each in lines]
    db.session.execute(sa.insert(SyncSnapshotLine), rows)
    snapshot.held += len(lines)
    snapshot.after_epoch, snapshot.after_n = lines[-1].place
    snapshot.total, snapshot.moved_at = total, clock.now()


def _row(snapshot: SyncSnapshot, line: Line) -> dict[str, object]:
    change = line.of_record
    return {
        "member_id": snapshot.member_id,
        "snapshot_id": snapshot.id,
        "epoch": line.place.epoch,
        "n": line.place.n,
        "kind": change.kind if change else None,
        "rec": UUID(change.id) if change else None,
        "rev": change.rev if change else None,
        "ends": isinstance(line.entry, Refused) or line.entry.e,
        "removal": change is not None and change.op in REMOVALS,
        "line": line.raw,
    }


def finish(stream: str, *, anew: bool = False) -> Standing:
    """Let a snapshot stand that is here whole, unless a person has to look first; opens its own transaction.

    StreamError `many_removed`, `nothing_shared` when it waits for a person.
    """
    found = transaction.write(reach_for(stream), lambda: _finish(stream, anew=anew))
    if found.state is SnapshotState.ASKING and anew:
        raise StreamError("nothing_shared", "nothing that is kept here is shared by the other side")
    if found.state is SnapshotState.ASKING:
        raise StreamError(MANY_REMOVED, "the snapshot would remove many records")
    return found


def _finish(stream: str, *, anew: bool) -> Standing:
    row, snapshot = streams.find(stream, lock=True), _find(stream)
    if snapshot is None or snapshot.held != snapshot.records:
        raise StreamError("no_snapshot", "the snapshot is not here whole")
    made = _manifest_of(snapshot)
    if snapshot.state is SnapshotState.DONE:
        return _standing(snapshot, made)
    _refuse(row, made, anew=anew)
    if row is not None:
        replacing.keep_unsent(row)
    snapshot.standing, snapshot.removes = replacing.weigh(snapshot)
    if snapshot.state is not SnapshotState.AGREED and (anew or _is_grave(snapshot)):
        snapshot.state = SnapshotState.ASKING
    else:
        if anew and row is not None:
            replacing.keep_alone(row, snapshot)
        replacing.replace(row, snapshot, made, anew=anew)
        _drop_lines(snapshot)
        snapshot.state = SnapshotState.DONE
    snapshot.moved_at = clock.now()
    return _standing(snapshot, made)


def _is_grave(snapshot: SyncSnapshot) -> bool:
    standing, removes = snapshot.standing or 0, snapshot.removes or 0
    return removes * _ONE_IN > standing or (not snapshot.records and standing > 0)


def _drop_lines(snapshot: SyncSnapshot) -> None:
    mine = (SyncSnapshotLine.member_id == snapshot.member_id, SyncSnapshotLine.snapshot_id == snapshot.id)
    db.session.execute(sa.delete(SyncSnapshotLine).where(*mine).execution_options(synchronize_session=False))


def _standing(snapshot: SyncSnapshot, made: Manifest) -> Standing:
    place = made.place if snapshot.state is SnapshotState.DONE else Place(snapshot.after_epoch, snapshot.after_n)
    return Standing(snapshot.state, made.digest, place, snapshot.total, snapshot.held, snapshot.records)


def all_here() -> list[SyncSnapshot]:
    """Return the snapshots in reach that were taken or are being taken, the newest first."""
    return list(db.session.scalars(sa.select(SyncSnapshot).order_by(SyncSnapshot.moved_at.desc())))


def by_id(member_id: UUID, snapshot_id: UUID) -> SyncSnapshot:
    """Return a snapshot that is here; NotFoundError."""
    found = db.session.get(SyncSnapshot, (member_id, snapshot_id), with_for_update=True)
    if found is None:
        raise NotFoundError
    return found


def agree(actor: Actor, snapshot: SyncSnapshot, *, reason: str) -> None:
    """Let a snapshot stand although it removes many records; it does so at the next exchange."""
    if snapshot.state is not SnapshotState.ASKING:
        raise ConflictError(_l("This copy does not wait for a decision any more."), code="not_asking")
    snapshot.state, snapshot.moved_at = SnapshotState.AGREED, clock.now()
    told = SnapshotAgreed(
        member_id=snapshot.member_id,
        subject=snapshot.id,
        stream=snapshot.stream,
        removes=snapshot.removes or 0,
        reason=reason,
    )
    work.record(actor, told)
