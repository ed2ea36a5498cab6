"""Who this installation is, written in the database and in a file outside it.

The two must agree: a database restored from an old backup, or a copied folder, is noticed before anything is sent.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock, folders, ids, runtime, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, Identified, db, enum_column
from sri_admin.kernel.errors import ConfigurationError, RestoredError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.runtime import Identity
from sri_admin.kernel.settings import Settings
from sri_admin.kernel.tenancy import GLOBAL, NOWHERE, Tenant, TenantKind
from sri_admin.kernel.work import Event

HUB_CODE = "SRI"


class Standing(StrEnum):
    """Whether this installation may write: it does, it waits after a restore, or it goes on alone."""

    IN_USE = "in_use"
    RESTORED = "restored"
    ALONE = "alone"


class Installation(Identified, Base):
    """This installation; its id is also its node id on the wire. One row."""

    __tablename__ = "installation"
    __table_args__ = {"info": {"tenancy": GLOBAL}}
    role: Mapped[str]
    tenant_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("tenant.id"))
    incarnation: Mapped[UUID]
    standing: Mapped[Standing] = enum_column(Standing, default=Standing.IN_USE)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


@dataclass(frozen=True, kw_only=True)
class InstallationResumed(Event):
    """A restored installation heard from the other side and is in use again."""

    subject_kind: ClassVar[str] = "installation"


@dataclass(frozen=True, kw_only=True)
class WentOnAlone(Event):
    """An administrator let a restored installation write before it heard from the other side."""

    subject_kind: ClassVar[str] = "installation"
    reason: str


def establish() -> Identity:
    """Give a new database its identity; a hub also gets the tenant that is SRI itself. Safe to repeat."""
    settings = runtime.current().settings
    with transaction.writing(NOWHERE):
        row = db.session.scalar(sa.select(Installation))
        if row is None:
            role = settings.installation.role
            row = Installation(id=ids.new(), role=role, tenant_id=None, incarnation=uuid4())
            if role == TenantKind.HUB:
                hub = Tenant(id=ids.new(), code=HUB_CODE, kind=TenantKind.HUB)
                db.session.add(hub)
                db.session.flush()  # the row below refers to it
                row.tenant_id = hub.id
            db.session.add(row)
            _write_file(settings, row.id, row.incarnation)
    return identify()


def identify() -> Identity:
    """Read the identity, refuse a start with the wrong role or incarnation, and keep it for this process."""
    current = runtime.current()
    with transaction.apart() as session:
        row = session.scalar(sa.select(Installation))
        hub = session.scalar(sa.select(Tenant.id).where(Tenant.kind == TenantKind.HUB))
    if row is None:
        raise ConfigurationError(_("This database has no installation yet. Run “sri-admin db upgrade” first."))
    if row.role != current.settings.installation.role:
        message = _("This database belongs to a %(role)s. Correct installation.role or database.", role=row.role)
        raise ConfigurationError(message)
    if (row.id, row.incarnation) not in _read_file(current.settings):
        message = _(
            "The database and the folder %(home)s do not belong together: one of them was copied or restored."
            " Start with the pair that was in use last.",
            home=str(current.settings.installation.home),
        )
        raise ConfigurationError(message, code="identity_mismatch")
    current.identity = Identity(row.id, row.role, row.incarnation, row.tenant_id, hub)
    return current.identity


def identity() -> Identity:
    """Return who this installation is."""
    known = runtime.current().identity
    # A node is taken in by another process as often as not, so it asks again until it serves somebody.
    return known if known is not None and known.tenant_id is not None else identify()


def standing() -> Standing:
    """Return how this installation stands now; needs an open transaction.

    A restored installation is `restored`: everything can be read, records of the exchange come in, people sign in, and
    every other door that writes answers RestoredError. It is `alone` once an administrator chose to write without
    having heard from the other side. Both end with `resume`, which the exchange calls after the other side was heard.
    """
    return db.session.scalar(sa.select(Installation.standing)) or Standing.IN_USE


def require_writing() -> None:
    """Raise RestoredError while this installation waits for the other side; needs an open transaction."""
    if standing() is Standing.RESTORED:
        raise RestoredError


def resume(actor: Actor) -> bool:
    """Put an installation that was restored, gone on alone or not, back into use; say whether there was need.

    The exchange calls it once both sides know what the restored one had lost, inside a write transaction for the
    installation's own tenant. Safe to repeat.
    """
    if standing() is Standing.IN_USE:
        return False
    own = identity()
    assert own.tenant_id is not None
    _change_standing(Standing.IN_USE)
    work.record(actor, InstallationResumed(member_id=own.tenant_id, subject=own.id))
    return True


def go_on_alone(actor: Actor, *, reason: str) -> bool:
    """Let a restored installation write before it heard from the other side; say whether it waited at all.

    Runs inside a write transaction for the installation's own tenant. What is written from here on may part from what
    the other side holds; the exchange offers it to a person once they meet.
    """
    if standing() is not Standing.RESTORED:
        return False
    own = identity()
    _change_standing(Standing.ALONE)
    if own.tenant_id is not None:
        work.record(actor, WentOnAlone(member_id=own.tenant_id, subject=own.id, reason=reason))
    return True


def _change_standing(to: Standing) -> None:
    db.session.execute(sa.update(Installation).values(standing=to))


def own_tenant() -> UUID:
    """Return the tenant this installation is at home in: SRI itself at the hub, its member at an enrolled node."""
    tenant_id = identity().tenant_id
    if tenant_id is None:
        message = _("This node serves no country yet. Connect it to its hub first with “sri-admin node enrol”.")
        raise ConfigurationError(message)
    return tenant_id


def renew(*, alone: bool = False) -> Identity:
    """Take a new incarnation: what this installation wrote before and what it writes from now on are told apart.

    One that is in use and cannot tell the other side at once goes on `alone` until it was heard.
    """
    settings = runtime.current().settings
    with transaction.writing(NOWHERE):
        row = db.session.scalars(sa.select(Installation).with_for_update()).one()
        following = uuid4()
        # The file names both until the database does: killed in between, the installation starts all the same.
        _write_file(settings, row.id, row.incarnation, following=following)
        row.incarnation = following
        if alone and row.standing is Standing.IN_USE:
            row.standing = Standing.ALONE
    _write_file(settings, row.id, following)
    return identify()


def hub_tenant_id() -> UUID:
    """Return the tenant that is SRI itself, at a hub or at a node that was taken in."""
    known = identity().hub_tenant_id
    if known is None:
        raise ConfigurationError(_("This installation is not connected to a hub yet."))
    return known


def serve(tenant_id: UUID) -> None:
    """Bind a node to the member it serves, inside the transaction of its enrolment."""
    db.session.execute(sa.update(Installation).values(tenant_id=tenant_id))


def forget_identity() -> None:
    """Let the next caller read the identity anew."""
    runtime.current().identity = None


def instance_folder(settings: Settings) -> Path:
    """Return the folder of identity and keys, made for its owner alone."""
    folder = settings.installation.home / "instance"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def write_private(path: Path, content: bytes) -> None:
    """Write a file only its owner can read, whole or not at all."""
    _drafted(path, content).replace(path)
    folders.sync(path.parent)


def write_private_once(path: Path, content: bytes) -> bytes:
    """Write a private file unless there is one, and return what it holds: of several at once the first one wins."""
    draft = _drafted(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        draft.unlink()
        folders.sync(path.parent)
    return content


def _drafted(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return Path(name)


def secret(settings: Settings, name: str) -> bytes:
    """Return a random secret of this installation, made at first use."""
    path = instance_folder(settings) / f"{name}.secret"
    return path.read_bytes() if path.exists() else write_private_once(path, os.urandom(32))


def _identity_file(settings: Settings) -> Path:
    return instance_folder(settings) / "incarnation.json"


def _write_file(settings: Settings, installation_id: UUID, incarnation: UUID, *, following: UUID | None = None) -> None:
    content = {"id": str(installation_id), "incarnation": str(incarnation)}
    if following is not None:
        content["following"] = str(following)
    write_private(_identity_file(settings), json.dumps(content).encode())


def _read_file(settings: Settings) -> set[tuple[UUID, UUID]]:
    path = _identity_file(settings)
    if not path.exists():
        return set()
    content = json.loads(path.read_text())
    named = (content[name] for name in ("incarnation", "following") if name in content)
    return {(UUID(content["id"]), UUID(each)) for each in named}
