"""Sticks from pages: asked for, their files kept in the store, read once every file of one is here.

What is written and read is done by jobs (`jobs.py`); here people ask for it, and its rows say how far it is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import joining, streams
from sri_admin.federation.bundle import reading
from sri_admin.federation.bundle.manifest import Manifest
from sri_admin.federation.bundle.models import Stick, StickState, StickVolume, Way
from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.limits import MIB
from sri_admin.federation.policy import POLICY
from sri_admin.kernel import blobs, clock, ids, installation, jobs
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.spool import Spooled

WRITE_STICK: Final = "federation.write_stick"
READ_STICK: Final = "federation.read_stick"
MEDIA_TYPE: Final = "application/octet-stream"
FILES_KEPT: Final = timedelta(days=7)
NOTES_KEPT: Final = timedelta(days=90)
LARGEST_VOLUME: Final = 64 * MIB  # of those a page can read
_SLOW: Final = timedelta(minutes=2)
_UNDER_WAY: Final = frozenset({StickState.WAITING, StickState.WORKING})


def ask_for_stick(actor: Actor, node: Node | None, *, values: dict[str, Any]) -> Stick:
    """Ask for a stick, at the hub for a node; the same id again answers with the first request."""
    member_id = installation.own_tenant()
    POLICY.require(actor, "federation.stick.carry", member_id)
    found = db.session.get(Stick, (member_id, values["id"]))
    if found is not None:
        return found
    made = Stick(
        member_id=member_id,
        id=values["id"],
        way=Way.OUT,
        state=StickState.WAITING,
        other_id=node.id if node else _hub_id(),
        about_id=node.member_id if node else None,
        volume_bytes=values["size"] * MIB,
        total=0,
        asked_by=actor.label,
        expires_at=clock.now() + FILES_KEPT,
    )
    db.session.add(made)
    db.session.flush()  # the job looks for it
    _defer(made)
    return made


def take_volume(actor: Actor, name: str, file: Spooled) -> Stick:
    """Keep one file of a stick that came, and have the stick read once all are here; the same file again is harmless.

    The file was looked at before (`reading.look`); a stick that was read before is read once more.
    """
    member_id, said = installation.own_tenant(), reading.label(file.path)
    POLICY.require(actor, "federation.stick.carry", member_id)
    stick = _stick_of(actor, member_id, said.manifest)
    if stick.state in _UNDER_WAY:
        raise ConflictError(_l("This stick is being read just now. Look again in a moment."), code="being_read")
    kept = {each.number for each in volumes_of(stick)}
    if said.number not in kept:
        blob = blobs.take(file)
        volume = StickVolume(
            member_id=member_id,
            id=ids.new(),
            stick_id=stick.id,
            number=said.number,
            name=name,
            sha256=blob.sha256,
            size=blob.size,
            media_type=MEDIA_TYPE,
        )
        db.session.add(volume)
    stick.moved_at, stick.expires_at = clock.now(), clock.now() + FILES_KEPT
    is_whole = len(kept | {said.number}) == stick.total
    stick.state = StickState.WAITING if is_whole else StickState.COLLECTING
    db.session.flush()
    if is_whole:
        _defer(stick)
    return stick


def _stick_of(actor: Actor, member_id: UUID, manifest: Manifest) -> Stick:
    bundle_id = UUID(manifest.id)
    # Files of one stick may be sent at the same moment; the second finds what the first began.
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(streams.lock_number(manifest.id))))
    of_bundle = (Stick.member_id == member_id, Stick.way == Way.IN, Stick.bundle_id == bundle_id)
    found = db.session.scalar(sa.select(Stick).where(*of_bundle).with_for_update())
    if found is not None:
        return found
    writer = UUID(manifest.writer)
    node = db.session.get(Node, writer)
    made = Stick(
        member_id=member_id,
        id=ids.new(),
        way=Way.IN,
        state=StickState.COLLECTING,
        other_id=writer,
        about_id=node.member_id if node else None,
        bundle_id=bundle_id,
        written_at=datetime.fromisoformat(manifest.at),
        total=len(manifest.volumes),
        asked_by=actor.label,
        expires_at=clock.now() + FILES_KEPT,
    )
    db.session.add(made)
    db.session.flush()
    return made


def begin_again(actor: Actor, stick: Stick) -> None:
    """Have a stick written or read once more: it was refused, stopped half-way, or its worker went away."""
    POLICY.require(actor, "federation.stick.carry", stick.member_id)
    if not may_begin_again(stick, len(volumes_of(stick))):
        raise ConflictError(_l("There is nothing to begin again here."), code="nothing_to_begin")
    stick.state, stick.percent, stick.moved_at = StickState.WAITING, 0, clock.now()
    db.session.flush()
    _defer(stick)


def may_begin_again(stick: Stick, kept: int) -> bool:
    """Say whether a stick can be written or read once more."""
    if stick.state in _UNDER_WAY:
        return clock.now() - stick.moved_at > _SLOW
    if stick.way is Way.OUT:
        return stick.state is StickState.REFUSED
    return stick.state is not StickState.COLLECTING and kept == stick.total


def stick_by_id(stick_id: UUID, *, lock: bool = False) -> Stick:
    """Return a stick of this installation; NotFoundError if there is none."""
    found = db.session.get(Stick, (installation.own_tenant(), stick_id), with_for_update=lock)
    if found is None:
        raise NotFoundError
    return found


def volumes_of(stick: Stick) -> Sequence[StickVolume]:
    """Return the files of a stick that are kept here, in their order."""
    wanted = sa.select(StickVolume).where(StickVolume.member_id == stick.member_id, StickVolume.stick_id == stick.id)
    return db.session.scalars(wanted.order_by(StickVolume.number)).all()


def sticks(*, about: UUID | None = None, limit: int = 20) -> Sequence[Stick]:
    """Return the sticks of this installation, the newest first; at the hub perhaps those of one member's node."""
    wanted = sa.select(Stick).where(Stick.member_id == installation.own_tenant())
    if about is not None:
        wanted = wanted.where(Stick.about_id == about)
    return db.session.scalars(wanted.order_by(Stick.asked_at.desc()).limit(limit)).all()


def last_read(stick: Stick) -> datetime | None:
    """Return when the newest stick of the same writer was written that was read here without a stop."""
    same = (Stick.member_id == stick.member_id, Stick.way == Way.IN, Stick.other_id == stick.other_id)
    whole = (Stick.state == StickState.DONE, Stick.told["ok"].as_boolean())
    return db.session.scalar(sa.select(sa.func.max(Stick.written_at)).where(*same, *whole))


def _defer(stick: Stick) -> None:
    name = WRITE_STICK if stick.way is Way.OUT else READ_STICK
    jobs.defer(name, once=f"{name} {stick.id}", member_id=stick.member_id, stick_id=stick.id)


def _hub_id() -> UUID:
    row = joining.find_link()
    if row is None or row.hub_id is None or not joining.is_in(row):
        raise ConflictError(_l("This installation is not connected to the hub yet."), code="not_enrolled")
    return row.hub_id
