"""Places members may work in."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped

from sri_admin.kernel.db import Base, Versioned
from sri_admin.kernel.tenancy import PUBLIC_REGISTRY, TENANT, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.members.models.member import same_tenant

NO_OVERLAP = "ex_member_territory_exclusive"


class MemberTerritory(Versioned, OfTenant, Base):
    """A place a member may work in from one day until before another, and the agreement that grants it.

    The exclusion constraint looks across all members: a place belongs to one member exclusively at a time. The same
    member may hold it under several agreements, such as a licence and one on translations.
    """

    __tablename__ = "member_territory"
    __table_args__ = (
        same_tenant("agreement_id", "agreement"),
        sa.CheckConstraint("valid_to is null or valid_to >= valid_from", name="dates"),
        ExcludeConstraint(
            (sa.column("member_id"), "<>"),
            (sa.column("country"), "="),
            (sa.text("int4range(part_from, part_to)"), "&&"),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("exclusive"),
            name=NO_OVERLAP,
            deferrable=True,
            initially="DEFERRED",
        ),
        {"info": {"tenancy": TENANT}},
    )
    code: Mapped[str]
    country: Mapped[str]
    part_from: Mapped[int | None]
    part_to: Mapped[int | None]
    exclusive: Mapped[bool]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    agreement_id: Mapped[UUID]


class TerritoryExtra(Versioned, OfTenant, Base):
    """A place no ISO list has, under a code of the user-assigned range; a row of the hub."""

    __tablename__ = "territory_extra"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "code", deferrable=True, initially="DEFERRED"),
        {"info": {"tenancy": PUBLIC_REGISTRY}},
    )
    code: Mapped[str]
    country: Mapped[str]
    names: Mapped[Text]
