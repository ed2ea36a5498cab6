"""Where people meet."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.meetings.rules.community import CommunityKind
from sri_admin.members.models.member import same_tenant


class Community(Versioned, OfTenant, Base):
    """A place, an organisation or a circle online; whoever serves the member writes it.

    The database refuses a tree with a circle in it, whoever sends it (trigger `community_no_circle`).
    """

    __tablename__ = "community"
    __table_args__ = (same_tenant("parent_id", "community"), {"info": {"tenancy": TENANT}})
    kind: Mapped[CommunityKind] = enum_column(CommunityKind)
    parent_id: Mapped[UUID | None]
    names: Mapped[Text]
    sensitive: Mapped[bool] = mapped_column(comment="counted, but never named to strangers, such as a prison")
    time_zone: Mapped[str] = mapped_column(comment="IANA name")
