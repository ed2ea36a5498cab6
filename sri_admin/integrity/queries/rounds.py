"""What SRI sees of many countries at once: the same few statements however many there are."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.models.review import ItemReview
from sri_admin.integrity.models.standard import AssessmentCycle, Criterion
from sri_admin.integrity.queries.reviews import hub_states
from sri_admin.integrity.queries.standards import calls_to
from sri_admin.integrity.rules.standing import CycleState, HubState, Stage, stage_of
from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member

_OPEN = frozenset({HubState.RECEIVED, HubState.UNDER_REVIEW})


class Head(NamedTuple):
    """A snapshot without its answers."""

    id: UUID
    member_id: UUID
    cycle_id: UUID
    edition_id: UUID
    revision: int


@dataclass(frozen=True)
class RoundRow:
    """One country in a round, as SRI sees it."""

    member: Member
    due_on: date
    revision: int
    stage: Stage

    def is_overdue(self, today: date) -> bool:
        """Say whether nothing came although it was due."""
        return self.stage is Stage.AWAITED and self.due_on < today


@dataclass(frozen=True)
class ToReview:
    """A snapshot that waits for SRI: whose it is, and how many of its answers are not reviewed yet."""

    member: Member
    snapshot: Head
    left: int


def rows_of(cycle: AssessmentCycle) -> list[RoundRow]:
    """Return the countries called to a round, and how far each is; four statements."""
    calls = calls_to(cycle.id)
    newest_last = sorted(_heads(AssessmentSnapshot.cycle_id == cycle.id), key=lambda head: head.revision)
    heads = {each.member_id: each for each in newest_last}
    states, members = hub_states([each.id for each in heads.values()]), _members(each.member_id for each in calls)
    rows = []
    for call in calls:
        head = heads.get(call.member_id)
        at_hub = states.get(head.id) if head else None
        closed = cycle.state is CycleState.CLOSED
        stage = stage_of(local=None, is_signed=head is not None, at_hub=at_hub, is_closed=closed)
        rows.append(RoundRow(members[call.member_id], call.due_on, head.revision if head else 0, stage))
    return rows


def to_review() -> list[ToReview]:
    """Return the snapshots in reach that wait for SRI's review, the oldest first; five statements."""
    heads = _heads()
    states = hub_states([each.id for each in heads])
    waiting = [each for each in heads if states.get(each.id) in _OPEN]
    if not waiting:
        return []
    asked, reviewed = _asked({each.edition_id for each in waiting}), _reviewed([each.id for each in waiting])
    members = _members(each.member_id for each in waiting)
    return [
        ToReview(members[each.member_id], each, asked[each.edition_id] - reviewed.get(each.id, 0)) for each in waiting
    ]


def _heads(*where: sa.ColumnElement[bool]) -> Sequence[Head]:
    columns = (getattr(AssessmentSnapshot, name) for name in Head._fields)
    wanted = sa.select(*columns).where(*where).order_by(AssessmentSnapshot.at, AssessmentSnapshot.id)
    return [Head(*row) for row in db.session.execute(wanted)]


def _asked(editions: Collection[UUID]) -> dict[UUID, int]:
    wanted = sa.select(Criterion.edition_id, sa.func.count()).where(Criterion.edition_id.in_(editions))
    return {row[0]: row[1] for row in db.session.execute(wanted.group_by(Criterion.edition_id))}


def _reviewed(snapshot_ids: Collection[UUID]) -> dict[UUID, int]:
    counted = sa.func.count(sa.distinct(ItemReview.criterion))
    wanted = sa.select(ItemReview.snapshot_id, counted).where(ItemReview.snapshot_id.in_(snapshot_ids))
    return {row[0]: row[1] for row in db.session.execute(wanted.group_by(ItemReview.snapshot_id))}


def _members(member_ids: Iterable[UUID]) -> dict[UUID, Member]:
    wanted = sa.select(Member).where(Member.member_id.in_(set(member_ids)))
    return {each.member_id: each for each in db.session.scalars(wanted)}
