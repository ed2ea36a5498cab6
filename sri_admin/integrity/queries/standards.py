"""Editions, criteria and rounds."""

from uuid import UUID

import sqlalchemy as sa

from sri_admin.integrity.models.standard import AssessmentCall, AssessmentCycle, Criterion, StandardEdition
from sri_admin.integrity.rules.standing import CycleState
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError


def newest_edition() -> StandardEdition | None:
    """Return the edition that came into force last, if there is one."""
    return db.session.scalar(
        sa.select(StandardEdition).order_by(StandardEdition.in_force_from.desc(), StandardEdition.id.desc()).limit(1)
    )


def find_edition(code: str, edition_no: str) -> StandardEdition | None:
    """Return an edition by its names, if it was entered."""
    wanted = sa.select(StandardEdition).where(StandardEdition.code == code, StandardEdition.edition_no == edition_no)
    return db.session.scalar(wanted)


def criteria_of(edition_id: UUID) -> list[Criterion]:
    """Return the criteria of an edition in their order."""
    wanted = sa.select(Criterion).where(Criterion.edition_id == edition_id)
    return list(db.session.scalars(wanted.order_by(Criterion.place, Criterion.uid)))


def cycles() -> list[AssessmentCycle]:
    """Return every round, the newest first."""
    wanted = sa.select(AssessmentCycle)
    return list(db.session.scalars(wanted.order_by(AssessmentCycle.opens_on.desc(), AssessmentCycle.id.desc())))


def open_cycle() -> AssessmentCycle | None:
    """Return the round that goes on, if one does."""
    return db.session.scalar(sa.select(AssessmentCycle).where(AssessmentCycle.state == CycleState.OPEN).limit(1))


def find_cycle(cycle_id: UUID) -> AssessmentCycle | None:
    """Return a round, if it is known here."""
    return db.session.scalar(sa.select(AssessmentCycle).where(AssessmentCycle.id == cycle_id))


def cycle_by_id(cycle_id: UUID) -> AssessmentCycle:
    """Return a round; NotFoundError."""
    found = find_cycle(cycle_id)
    if found is None:
        raise NotFoundError
    return found


def find_call(member_id: UUID, cycle_id: UUID) -> AssessmentCall | None:
    """Return how a country was called to a round, if it was."""
    wanted = sa.select(AssessmentCall).where(AssessmentCall.member_id == member_id, AssessmentCall.cycle_id == cycle_id)
    return db.session.scalar(wanted)


def calls_of(member_id: UUID) -> list[AssessmentCall]:
    """Return what a country was called to, the newest first."""
    wanted = sa.select(AssessmentCall).where(AssessmentCall.member_id == member_id)
    return list(db.session.scalars(wanted.order_by(AssessmentCall.due_on.desc(), AssessmentCall.id.desc())))


def calls_to(cycle_id: UUID) -> list[AssessmentCall]:
    """Return the countries in reach that were called to a round."""
    return list(db.session.scalars(sa.select(AssessmentCall).where(AssessmentCall.cycle_id == cycle_id)))
