"""Exports and imports of whole tables: what was asked, how far it is, and what each row did.

An export and an import are rows of the hub. What an import did to a member is a row of that member, written in the
very transaction that did it: so a killed import goes on where it stopped, and no row is done twice.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from sri_admin.kernel import clock, ids
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.sheets import FileFormat
from sri_admin.kernel.tenancy import GLOBAL, TENANT, OfTenant
from sri_admin.members.rules.sheets import ExportState, ImportState, Outcome, SheetKind


class SheetExport(OfTenant, Base):
    """A file somebody asked for; it lies here for a day, so that any web process can hand it out."""

    __tablename__ = "sheet_export"
    __table_args__ = (
        sa.Index("ix_sheet_export_expires_at", "member_id", "expires_at"),
        {"info": {"tenancy": TENANT}},
    )
    kind: Mapped[SheetKind] = enum_column(SheetKind)
    format: Mapped[FileFormat] = enum_column(FileFormat)
    separator: Mapped[str]
    marked: Mapped[bool]
    query: Mapped[dict[str, Any]]
    locale: Mapped[str]
    actor: Mapped[str]
    account_id: Mapped[UUID | None]
    state: Mapped[ExportState] = enum_column(ExportState)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    content: Mapped[bytes | None] = deferred(mapped_column())
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]


class ExportNote(Base):
    """Who took which table out, and when; written apart, so that no rolled-back request hides it."""

    __tablename__ = "export_note"
    __table_args__ = {"info": {"tenancy": GLOBAL, "apart": True}}
    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    export_id: Mapped[UUID]
    kind: Mapped[str]
    deed: Mapped[str] = mapped_column(comment="made or fetched")
    rows: Mapped[int]


class SheetImport(OfTenant, Base):
    """A file somebody wants to bring in: read, checked, and only then done."""

    __tablename__ = "sheet_import"
    __table_args__ = (
        sa.Index("ix_sheet_import_asked_at", "member_id", "asked_at"),
        {"info": {"tenancy": TENANT}},
    )
    kind: Mapped[SheetKind] = enum_column(SheetKind)
    state: Mapped[ImportState] = enum_column(ImportState)
    actor: Mapped[str]
    account_id: Mapped[UUID | None]
    locale: Mapped[str]
    file_name: Mapped[str]
    content: Mapped[bytes | None] = deferred(mapped_column(comment="the file, until it is imported"))
    encoding: Mapped[str | None]
    month_first: Mapped[bool | None] = mapped_column(comment="the answer to how 03/04/2026 is meant, if it was needed")
    is_unclear: Mapped[bool] = mapped_column(default=False, comment="some dates can be read in two ways")
    ignored: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), default=list, comment="headings nothing is read of")
    problem: Mapped[str | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]


class ImportRow(OfTenant, Base):
    """One row of an import as it was read, and what became of it."""

    __tablename__ = "import_row"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "import_id", "number"),
        sa.ForeignKeyConstraint(["member_id", "import_id"], ["sheet_import.member_id", "sheet_import.id"]),
        {"info": {"tenancy": TENANT}},
    )
    import_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(comment="the row's number in the file")
    target: Mapped[str] = mapped_column(comment="code of the member it is about")
    cells: Mapped[dict[str, Any]]
    outcome: Mapped[Outcome] = enum_column(Outcome)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSONB(), comment="column, key, reason")
    version: Mapped[int | None] = mapped_column(comment="of the record it would change, when it was checked")


class ImportEffect(OfTenant, Base):
    """What one row did to a member; its id follows from import and row, so that it exists once."""

    __tablename__ = "import_effect"
    __table_args__ = (
        sa.Index("ix_import_effect_import_id", "member_id", "import_id"),
        {"info": {"tenancy": TENANT}},
    )
    import_id: Mapped[UUID]
    number: Mapped[int]
    outcome: Mapped[Outcome] = enum_column(Outcome)
    subject: Mapped[UUID] = mapped_column(comment="the record it made or changed")
    before: Mapped[dict[str, Any] | None] = mapped_column(comment="what it said before")
    version: Mapped[int] = mapped_column(comment="of the record, once it was done")
