"""Works, drafts, releases and their documents, and the key that signs."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import PUBLIC_REGISTRY, SHARED, TENANT, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.materials.rules.releases import LicenceClass, WorkKind
from sri_admin.members.models.member import same_tenant

_FOR_GOOD = {"tenancy": SHARED, "append_only": True, "steps_back": True}


class Work(Versioned, OfTenant, Base):
    """The card of a work, which everybody may see: what it is, for what, and which release is current."""

    __tablename__ = "work"
    __table_args__ = (sa.UniqueConstraint("member_id", "code"), {"info": {"tenancy": PUBLIC_REGISTRY}})
    code: Mapped[str]
    title: Mapped[Text]
    kind: Mapped[WorkKind] = enum_column(WorkKind)
    points: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="codes of the programme's points")
    programme_type: Mapped[str]
    licence_class: Mapped[LicenceClass] = enum_column(LicenceClass)
    current_version: Mapped[str | None] = mapped_column(comment="of the newest release in the source language")
    languages: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="tags in which it was released")


class EditionDraft(Versioned, OfTenant, Base):
    """The text of the next release of a work, as it is being written; it has the work's id and stays at the hub."""

    __tablename__ = "edition_draft"
    __table_args__ = (same_tenant("id", "work"), {"info": {"tenancy": TENANT}})
    markdown: Mapped[str]
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


class Release(OfTenant, Base):
    """One text of a work in one language, fixed for good: the manifest is the exact text that was signed."""

    __tablename__ = "release"
    __table_args__ = (sa.UniqueConstraint("member_id", "work_id", "language", "version_no"), {"info": _FOR_GOOD})
    work_id: Mapped[UUID]
    programme_type: Mapped[str]
    licence_class: Mapped[LicenceClass] = enum_column(LicenceClass)
    language: Mapped[str]
    version_no: Mapped[str]
    source_id: Mapped[UUID | None] = mapped_column(comment="the release a translation was made from")
    manifest: Mapped[str]
    signature: Mapped[str] = mapped_column(comment="Ed25519 over the manifest, base64url")
    kid: Mapped[str]
    notes: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]


class Document(OfTenant, Base):
    """A document of a release: its blocks, as the exact text whose SHA-256 stands in the manifest."""

    __tablename__ = "document"
    __table_args__ = (
        same_tenant("release_id", "release"),
        sa.Index("ix_document_release_id", "member_id", "release_id"),
        {"info": _FOR_GOOD},
    )
    release_id: Mapped[UUID]
    programme_type: Mapped[str]
    licence_class: Mapped[LicenceClass] = enum_column(LicenceClass)
    path: Mapped[str]
    content: Mapped[str] = mapped_column(comment="canonical JSON of the blocks")


class ReleaseKey(Versioned, OfTenant, Base):
    """A key releases are signed with, as the hub names it to everybody."""

    __tablename__ = "release_key"
    __table_args__ = (sa.UniqueConstraint("member_id", "kid"), {"info": {"tenancy": PUBLIC_REGISTRY}})
    kid: Mapped[str]
    public_key: Mapped[str] = mapped_column(comment="32 bytes, base64url")
    revoked: Mapped[bool] = mapped_column(default=False)
