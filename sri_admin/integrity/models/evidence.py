"""Evidence: the record travels and says what there is; the file stays in its country, in a table of its own."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.integrity.rules.evidence import Custody, EvidenceKind
from sri_admin.kernel import clock
from sri_admin.kernel.blobs import DIGEST_RULE, HoldsFile
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.members.models.member import same_tenant


class Evidence(OfTenant, Base):
    """What a piece of evidence is and which digest its file has. It does not hold a file, so none is ever fetched."""

    __tablename__ = "evidence"
    __table_args__ = (
        sa.CheckConstraint(DIGEST_RULE, name="content"),
        sa.CheckConstraint("covers_to >= covers_from", name="covers"),
        sa.CheckConstraint("custody = 'node_only'", name="custody"),
        {"info": {"tenancy": TENANT, "append_only": True, "steps_back": True}},
    )
    title: Mapped[str]
    kind: Mapped[EvidenceKind] = enum_column(EvidenceKind)
    covers_from: Mapped[date]
    covers_to: Mapped[date]
    custody: Mapped[Custody] = enum_column(Custody)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger, comment="bytes")
    media_type: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class EvidenceFile(HoldsFile, OfTenant, Base):
    """The file of a piece of evidence and the name it came with; it has the evidence's id and never travels."""

    __tablename__ = "evidence_file"
    __table_args__ = (
        same_tenant("id", "evidence"),
        sa.CheckConstraint(DIGEST_RULE, name="content"),
        {"info": {"tenancy": TENANT}},
    )
    file_name: Mapped[str]
