"""What SRI said of snapshots, and how they stand there."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from sri_admin.integrity.models.review import AssessmentStep, ItemNote, ItemReview
from sri_admin.integrity.rules.standing import HubState, Step, state_after
from sri_admin.kernel.db import db


def steps_of(snapshot_id: UUID) -> list[AssessmentStep]:
    """Return the steps SRI took with a snapshot, in their order."""
    wanted = sa.select(AssessmentStep).where(AssessmentStep.snapshot_id == snapshot_id)
    return list(db.session.scalars(wanted.order_by(AssessmentStep.place)))


def hub_states(snapshot_ids: Collection[UUID]) -> dict[UUID, HubState]:
    """Return how snapshots stand at SRI, of those it has taken a step with."""
    wanted = sa.select(AssessmentStep.snapshot_id, AssessmentStep.step).where(
        AssessmentStep.snapshot_id.in_(snapshot_ids)
    )
    steps: dict[UUID, list[Step]] = {}
    for snapshot_id, step in db.session.execute(wanted.order_by(AssessmentStep.place)):
        steps.setdefault(snapshot_id, []).append(step)
    states = {snapshot_id: state_after(taken) for snapshot_id, taken in steps.items()}
    return {snapshot_id: state for snapshot_id, state in states.items() if state is not None}


def reviews_of(snapshot_id: UUID) -> dict[str, ItemReview]:
    """Return what SRI says of the answers of a snapshot by criterion: of each the newest review."""
    wanted = sa.select(ItemReview).where(ItemReview.snapshot_id == snapshot_id)
    found = db.session.scalars(wanted.order_by(ItemReview.at, ItemReview.id))
    return {each.criterion: each for each in found}


def notes_of(snapshot_id: UUID, criterion: str) -> list[ItemNote]:
    """Return what SRI's staff noted among themselves about one answer, the oldest first."""
    wanted = sa.select(ItemNote).where(ItemNote.snapshot_id == snapshot_id, ItemNote.criterion == criterion)
    return list(db.session.scalars(wanted.order_by(ItemNote.at, ItemNote.id)))
