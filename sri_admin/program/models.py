"""Points and methods; the hub writes them and everybody reads them."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import PUBLIC_REGISTRY, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.program.rules import Point


class ProgramPoint(Versioned, OfTenant, Base):
    """One of the four points, by its code and its place among them."""

    __tablename__ = "program_point"
    __table_args__ = (sa.UniqueConstraint("member_id", "code"), {"info": {"tenancy": PUBLIC_REGISTRY}})
    code: Mapped[Point] = enum_column(Point)
    place: Mapped[int]
    names: Mapped[Text]


class ProgramMethod(Versioned, OfTenant, Base):
    """A method people learn, and the points it serves, the first one before the others."""

    __tablename__ = "program_method"
    __table_args__ = (sa.UniqueConstraint("member_id", "code"), {"info": {"tenancy": PUBLIC_REGISTRY}})
    code: Mapped[str]
    names: Mapped[Text]
    points: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="codes of points")
