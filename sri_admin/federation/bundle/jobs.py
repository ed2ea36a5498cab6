"""Sticks written and read by the worker; one that is killed begins anew, and what was taken stays taken."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation.bundle import carrying, reading, writing
from sri_admin.federation.bundle.box import BundleError
from sri_admin.federation.bundle.models import Stick, StickState, StickVolume
from sri_admin.federation.bundle.writing import Written
from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.lines import ProtocolError
from sri_admin.kernel import blobs, clock, ids, installation, spool, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.blob_store import Blob, NoRoomError, StoreUnreachableError
from sri_admin.kernel.db import db
from sri_admin.kernel.part import Task

_FOLDER: Final = "stick-"
_UNDER_WAY: Final = frozenset({StickState.WAITING, StickState.WORKING})


def write_stick(_actor: Actor, *, member_id: UUID, stick_id: UUID) -> None:
    """Write a stick somebody asked for, and keep its files."""
    stick = _begin(member_id, stick_id)
    if stick is None:
        return
    with _folder() as folder, _told(stick):
        written = _written(stick, folder)
        kept = [(path.name, _kept(path)) for path in written.files]
        transaction.write(tenancy.only(member_id), lambda: _keep(stick, written, kept))


def _written(stick: Stick, folder: Path) -> Written:
    size, progress = stick.volume_bytes or carrying.LARGEST_VOLUME, _Progress(stick)
    if stick.about_id is None:
        return writing.for_hub(folder, volume_bytes=size, progress=progress)
    with transaction.reading(tenancy.NOWHERE):
        node = db.session.get_one(Node, stick.other_id)
        transaction.detach(node)
    return writing.for_node(node, folder, volume_bytes=size, progress=progress)


def _kept(path: Path) -> Blob:
    with path.open("rb") as file:
        return blobs.put(spool.pieces_of(file), limit=path.stat().st_size)


def _keep(stick: Stick, written: Written, kept: list[tuple[str, Blob]]) -> None:
    row = _locked(stick)
    if row is None:
        return
    for number, (name, blob) in enumerate(kept, 1):
        volume = StickVolume(
            member_id=row.member_id,
            id=ids.new(),
            stick_id=row.id,
            number=number,
            name=name,
            sha256=blob.sha256,
            size=blob.size,
            media_type=carrying.MEDIA_TYPE,
        )
        db.session.add(volume)
    told = {name: value for name, value in written.to_dict().items() if name != "files"} | {"ok": not written.troubles}
    row.bundle_id, row.written_at, row.total = UUID(written.id), clock.now(), len(kept)
    _end(row, StickState.DONE, told)


def read_stick(_actor: Actor, *, member_id: UUID, stick_id: UUID) -> None:
    """Read a stick whose files are all here; when everything of it was taken the files are no longer kept."""
    stick = _begin(member_id, stick_id)
    if stick is None:
        return
    with _folder() as folder, _told(stick):
        taken = reading.read(_laid_out(stick, folder), progress=_Progress(stick))
        transaction.write(tenancy.only(member_id), lambda: _note(stick, taken.to_dict()))


def _laid_out(stick: Stick, folder: Path) -> list[Path]:
    with transaction.reading(tenancy.only(stick.member_id)):
        kept = [(each.number, each.sha256) for each in carrying.volumes_of(stick)]
    paths: list[Path] = []
    for number, sha256 in kept:
        path = folder / str(number)
        with path.open("wb") as file:
            for piece in blobs.read(sha256):
                file.write(piece)
        paths.append(path)
    return paths


def _note(stick: Stick, told: dict[str, Any]) -> None:
    row = _locked(stick)
    if row is None:
        return
    _end(row, StickState.DONE, told)
    if told["ok"]:
        _let_go(StickVolume.member_id == row.member_id, StickVolume.stick_id == row.id)


def forget_sticks(_actor: Actor) -> None:
    """Let go of files nobody fetched or completed in time, of old notes, and of what killed workers left."""
    own = installation.identity().tenant_id
    if own is not None:
        transaction.write(tenancy.only(own), lambda: _forget(own))
    spool.sweep_folders(_FOLDER)


def _forget(own: UUID) -> None:
    now, mine = clock.now(), Stick.member_id == own
    over = sa.select(Stick.id).where(mine, Stick.expires_at <= now)
    _let_go(StickVolume.member_id == own, StickVolume.stick_id.in_(over))
    db.session.execute(sa.delete(Stick).where(mine, Stick.expires_at <= now, Stick.state == StickState.COLLECTING))
    db.session.execute(sa.delete(Stick).where(mine, Stick.expires_at <= now - carrying.NOTES_KEPT))


def _let_go(*which: sa.ColumnElement[bool]) -> None:
    db.session.execute(sa.delete(StickVolume).where(*which))


class _Progress:
    """Writes down how far a stick is, at each per cent, between the transactions of the work itself."""

    def __init__(self, stick: Stick) -> None:
        self._stick, self._percent = stick, 0

    def __call__(self, done: int, whole: int) -> None:
        percent = min(99, 100 * done // max(1, whole))
        if percent > self._percent:
            self._percent = percent
            transaction.write(tenancy.only(self._stick.member_id), lambda: self._note(percent))

    def _note(self, percent: int) -> None:
        here = (Stick.member_id == self._stick.member_id, Stick.id == self._stick.id)
        db.session.execute(sa.update(Stick).where(*here).values(percent=percent, moved_at=clock.now()))


def _begin(member_id: UUID, stick_id: UUID) -> Stick | None:
    def body() -> Stick | None:
        row = db.session.get(Stick, (member_id, stick_id), with_for_update=True)
        if row is None or row.state not in _UNDER_WAY:
            return None
        row.state, row.percent, row.moved_at = StickState.WORKING, 0, clock.now()
        db.session.flush()
        transaction.detach(row)
        return row

    return transaction.write(tenancy.only(member_id), body)


@contextmanager
def _told(stick: Stick) -> Iterator[None]:
    """Note a refusal with the stick, for whoever asked to read in words."""
    try:
        yield
    except ProtocolError as error:
        facts = error.facts if isinstance(error, BundleError) else {}
        _refuse(stick, error.code, error.detail, facts)
    except (NoRoomError, StoreUnreachableError) as error:
        _refuse(stick, error.stable_code, "", {})


def _refuse(stick: Stick, code: str, detail: str, facts: Any) -> None:
    told = {"ok": False, "code": code, "detail": detail, "facts": dict(facts)}

    def body() -> None:
        row = _locked(stick)
        if row is not None:
            _end(row, StickState.REFUSED, told)

    transaction.write(tenancy.only(stick.member_id), body)


def _locked(stick: Stick) -> Stick | None:
    # Another worker that took this one for dead may have come to its end first.
    row = db.session.get(Stick, (stick.member_id, stick.id), with_for_update=True)
    return row if row is not None and row.state is StickState.WORKING else None


def _end(row: Stick, state: StickState, told: dict[str, Any]) -> None:
    row.state, row.told, row.percent, row.moved_at = state, told, 100, clock.now()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=_FOLDER, dir=spool.folder()) as name:
        yield Path(name)


TASKS = (
    Task(name=carrying.WRITE_STICK, run=write_stick, own_transactions=True, while_restored=True),
    Task(name=carrying.READ_STICK, run=read_stick, own_transactions=True, while_restored=True),
    Task(name="federation.forget_sticks", run=forget_sticks, own_transactions=True, every="23 * * * *"),
)
