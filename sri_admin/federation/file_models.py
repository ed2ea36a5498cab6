"""What stands in the way of a file a node wants; kept apart, because a try that failed is remembered all the same."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel.db import Base
from sri_admin.kernel.tenancy import GLOBAL


class FileFetch(Base):
    """A file that did not come when it was fetched last; the row goes when it is here."""

    __tablename__ = "file_fetch"
    __table_args__ = {"info": {"tenancy": GLOBAL, "apart": True}}
    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    failures: Mapped[int]
    code: Mapped[str]
    detail: Mapped[str]
    tried_at: Mapped[datetime]
    not_before: Mapped[datetime]
