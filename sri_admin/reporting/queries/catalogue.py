"""What is asked of a month: the data set in force and the editions of its indicators."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.reporting.models.catalogue import DataSet, IndicatorRow
from sri_admin.reporting.rules.catalogue import MONTHLY


def indicators() -> list[IndicatorRow]:
    """Return every edition of every indicator."""
    return list(db.session.scalars(sa.select(IndicatorRow).order_by(IndicatorRow.code, IndicatorRow.edition)))


def data_sets() -> list[DataSet]:
    """Return every edition of the data sets, the newest first."""
    return list(db.session.scalars(sa.select(DataSet).order_by(DataSet.code, DataSet.edition.desc())))


def find_data_set(month: date) -> DataSet | None:
    """Return the edition of the monthly return that is in force for a month."""
    wanted = sa.select(DataSet).where(DataSet.code == MONTHLY, DataSet.from_month <= month)
    return db.session.scalar(wanted.order_by(DataSet.edition.desc()).limit(1))


def data_set_for(month: date) -> DataSet:
    """Return the data set of a month; NotFoundError before the first one."""
    found = find_data_set(month)
    if found is None:
        raise NotFoundError
    return found


def first_month() -> date | None:
    """Return the month with which returns begin."""
    return db.session.scalar(sa.select(sa.func.min(DataSet.from_month)).where(DataSet.code == MONTHLY))


def questions_of(data_set_id: UUID) -> list[IndicatorRow]:
    """Return the indicators of a data set in the order they are asked; none if it is not here."""
    data_set = db.session.scalar(sa.select(DataSet).where(DataSet.id == data_set_id))
    if data_set is None:
        return []
    found = db.session.scalars(sa.select(IndicatorRow).where(IndicatorRow.id.in_(data_set.indicator_ids)))
    by_id = {each.id: each for each in found}
    return [by_id[each] for each in data_set.indicator_ids if each in by_id]


def codes_of(data_set_id: UUID) -> set[str]:
    """Return the codes of the indicators of a data set, without their words; none if it is not here."""
    asked = sa.select(sa.func.unnest(DataSet.indicator_ids)).where(DataSet.id == data_set_id)
    return set(db.session.scalars(sa.select(IndicatorRow.code).where(IndicatorRow.id.in_(asked))))
