"""The runs of backups: when, how far, how it ended. Where a backup lies and what it holds it says itself."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.keeping.rules.backups import Run, RunState
from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, Identified, enum_column
from sri_admin.kernel.tenancy import GLOBAL


class BackupRun(Identified, Base):
    """One run; written apart while it goes on, so that its page can say how far it is."""

    __tablename__ = "backup_run"
    __table_args__ = (sa.Index("ix_backup_run_asked_at", "asked_at"), {"info": {"tenancy": GLOBAL, "apart": True}})
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    state: Mapped[RunState] = enum_column(RunState, default=RunState.WAITING)
    percent: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]
    cut_at: Mapped[datetime | None] = mapped_column(comment="the moment the backup shows")
    folder: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(sa.BigInteger())
    left_out: Mapped[int] = mapped_column(default=0, comment="files that were damaged here already")
    problem: Mapped[str | None] = mapped_column(comment="the code of what stood in the way")

    @property
    def told(self) -> Run:
        """Return what the rules ask of a run."""
        return Run(self.state, self.seen_at, self.cut_at, self.finished_at)
