"""Indicators and data sets by edition; the hub writes them and everybody reads them."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import PUBLIC_REGISTRY, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.reporting.rules.catalogue import Method, TimeAggregation, Unit


class IndicatorRow(Versioned, OfTenant, Base):
    """One edition of an indicator: what is counted and what is not; another meaning is another edition."""

    __tablename__ = "indicator"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "code", "edition"),
        {"info": {"tenancy": PUBLIC_REGISTRY}},
    )
    code: Mapped[str]
    edition: Mapped[int]
    method: Mapped[Method] = enum_column(Method)
    unit: Mapped[Unit] = enum_column(Unit)
    over_time: Mapped[TimeAggregation] = enum_column(TimeAggregation)
    name: Mapped[Text]
    counts: Mapped[Text] = mapped_column(comment="what to count")
    leaves_out: Mapped[Text] = mapped_column(comment="what not to count")


class DataSet(Versioned, OfTenant, Base):
    """One edition of a return: the very editions of the indicators it asks for, and the month it begins with."""

    __tablename__ = "data_set"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "code", "edition"),
        sa.CheckConstraint("extract(day from from_month) = 1", name="first_day"),
        {"info": {"tenancy": PUBLIC_REGISTRY}},
    )
    code: Mapped[str]
    edition: Mapped[int]
    name: Mapped[Text]
    from_month: Mapped[date]
    indicator_ids: Mapped[list[UUID]] = mapped_column(sa.ARRAY(sa.Uuid()), comment="in the order they are asked")
