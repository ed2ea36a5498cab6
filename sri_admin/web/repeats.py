"""Answers already given, so that a request sent twice gets the first answer instead of a second effect."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base
from sri_admin.kernel.tenancy import TENANT, OfTenant


class AnsweredRequest(OfTenant, Base):
    """The answer to one `Idempotency-Key`; the digest tells a repeat from another request with the same key."""

    __tablename__ = "answered_request"
    __table_args__ = {"info": {"tenancy": TENANT}}
    account: Mapped[str]
    digest: Mapped[bytes]
    status: Mapped[int]
    body: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(default=clock.now)
