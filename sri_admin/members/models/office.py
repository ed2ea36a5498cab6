"""People in the offices of a board: what they chose to show, and what stays at home."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.members.rules.office import Office


class OfficeHolder(Versioned, OfTenant, Base):
    """Somebody in an office, by the name they chose and their official contact; whoever serves the member writes it."""

    __tablename__ = "office_holder"
    __table_args__ = (
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="term"),
        {"info": {"tenancy": TENANT}},
    )
    office: Mapped[Office] = enum_column(Office)
    display_name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    end_reason: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(comment="E.164")
    phone_country: Mapped[str | None]


class OfficeHolderPrivate(OfTenant, Base):
    """The half of an office holder that never leaves this installation; it has the holder's id.

    After a restore a holder may wait for a decision outside its table, and this half waits without it.
    """

    __tablename__ = "office_holder_private"
    __table_args__ = ({"info": {"tenancy": TENANT}},)
    full_name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
