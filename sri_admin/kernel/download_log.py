"""Who fetched which file, and when; kept apart, so that it stands whatever becomes of the rest."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, Identified
from sri_admin.kernel.tenancy import GLOBAL


class FileDownload(Identified, Base):
    """Somebody began to fetch a file of a member."""

    __tablename__ = "file_download"
    __table_args__ = (sa.Index("ix_file_download_sha256", "sha256", "at"), {"info": {"tenancy": GLOBAL, "apart": True}})
    at: Mapped[datetime]
    member_id: Mapped[UUID]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    actor: Mapped[str]
    kind: Mapped[str] = mapped_column(sa.String(20))


def note(actor: Actor, sha256: str, member_id: UUID) -> None:
    """Note that somebody begins to fetch a file."""
    with transaction.apart() as session:
        row = FileDownload(at=clock.now(), member_id=member_id, sha256=sha256, actor=actor.label, kind=actor.kind)
        session.add(row)
