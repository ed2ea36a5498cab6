"""Entering the catalogue of indicators."""

from collections.abc import Mapping
from uuid import UUID

from sri_admin.kernel import ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import record
from sri_admin.reporting.events import CatalogueEntered
from sri_admin.reporting.models.catalogue import DataSet, IndicatorRow
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.queries.catalogue import data_sets, indicators
from sri_admin.reporting.rules.catalogue import (
    DEFINITIONS,
    MONTHLY,
    MONTHLY_EDITION,
    MONTHLY_FROM,
    MONTHLY_NAME,
    Definition,
)


def enter_catalogue(actor: Actor, hub_id: UUID) -> None:
    """Enter the editions of indicators and data set that are not entered yet; what stands is never changed."""
    POLICY.require(actor, "reporting.catalogue.enter", hub_id)
    known = {(each.code, each.edition): each for each in indicators()}
    made: list[Base] = []
    for code, definition in DEFINITIONS.items():
        if (code.value, definition.edition) not in known:
            row = _indicator(hub_id, code.value, definition)
            known[row.code, row.edition] = row
            made.append(row)
    if (MONTHLY, MONTHLY_EDITION) not in {(each.code, each.edition) for each in data_sets()}:
        asked = [known[code.value, definition.edition].id for code, definition in DEFINITIONS.items()]
        made.append(_data_set(hub_id, asked))
    if made:
        db.session.add_all(made)
        record(actor, CatalogueEntered(member_id=hub_id, subject=hub_id, indicators=len(DEFINITIONS)), *made)


def _indicator(hub_id: UUID, code: str, definition: Definition) -> IndicatorRow:
    return IndicatorRow(
        member_id=hub_id,
        id=ids.new(),
        code=code,
        edition=definition.edition,
        method=definition.method,
        unit=definition.unit,
        over_time=definition.over_time,
        name=_text(definition.name),
        counts=_text(definition.counts),
        leaves_out=_text(definition.leaves_out),
    )


def _data_set(hub_id: UUID, indicator_ids: list[UUID]) -> DataSet:
    return DataSet(
        member_id=hub_id,
        id=ids.new(),
        code=MONTHLY,
        edition=MONTHLY_EDITION,
        name=_text(MONTHLY_NAME),
        from_month=MONTHLY_FROM,
        indicator_ids=indicator_ids,
    )


def _text(words: Mapping[str, str]) -> Text:
    others = {tag: text for tag, text in words.items() if tag != "en"}
    return Text.of(words["en"], **others)
