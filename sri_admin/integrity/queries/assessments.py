"""What a country has answered, proposed and signed off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import streams
from sri_admin.federation.stream_names import MEMBER_OPS
from sri_admin.integrity.models.assessment import (
    AssessmentDraft,
    AssessmentProposal,
    AssessmentSnapshot,
    ProposalReturn,
)
from sri_admin.integrity.models.standard import AssessmentCall, AssessmentCycle, Criterion
from sri_admin.integrity.queries.reviews import hub_states
from sri_admin.integrity.queries.standards import calls_of, criteria_of, cycle_by_id, find_call
from sri_admin.integrity.rules.answers import Given, Lack, lack_of
from sri_admin.integrity.rules.standing import CycleState, HubState, LocalState, Stage, stage_of
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """One country in one round, as far as this installation knows: both sides' rows and the stage that follows."""

    call: AssessmentCall
    cycle: AssessmentCycle
    criteria: Sequence[Criterion]
    drafts: Mapping[str, AssessmentDraft]
    proposal: AssessmentProposal | None
    returned: ProposalReturn | None
    snapshots: Sequence[AssessmentSnapshot]
    at_hub: HubState | None
    is_ours: bool

    @property
    def member_id(self) -> UUID:
        """The country."""
        return self.call.member_id

    @property
    def snapshot(self) -> AssessmentSnapshot | None:
        """The newest snapshot."""
        return self.snapshots[-1] if self.snapshots else None

    @property
    def is_proposed(self) -> bool:
        """Say whether a proposal waits for its signature."""
        signed = {each.id for each in self.snapshots}
        return self.proposal is not None and self.returned is None and self.proposal.id not in signed

    @property
    def next_revision(self) -> int:
        """The number the next snapshot gets."""
        return len(self.snapshots) + 1

    @property
    def stage(self) -> Stage:
        """How it stands."""
        return stage_of(
            local=self._local() if self.is_ours else None,
            is_signed=bool(self.snapshots),
            at_hub=self.at_hub,
            is_closed=self.cycle.state is CycleState.CLOSED,
        )

    @property
    def stage_at_sri(self) -> Stage:
        """How it stands for SRI, which sees nothing of a country's answers until they are signed off."""
        is_closed = self.cycle.state is CycleState.CLOSED
        return stage_of(local=None, is_signed=bool(self.snapshots), at_hub=self.at_hub, is_closed=is_closed)

    @property
    def may_be_answered(self) -> bool:
        """Say whether answers may be changed now: not while they wait for a signature or lie with SRI."""
        open_now = {Stage.NOT_STARTED, Stage.ANSWERING, Stage.GIVEN_BACK, Stage.RETURNED}
        return self.is_ours and self.stage in open_now

    @property
    def lacks(self) -> dict[str, Lack]:
        """Say by criterion what is still missing."""
        found = {each.uid: lack_of(self.given(each.uid), is_computed=each.metric is not None) for each in self.criteria}
        return {uid: lack for uid, lack in found.items() if lack is not None}

    def given(self, uid: str) -> Given:
        """Return what is answered to a criterion so far."""
        row = self.drafts.get(uid)
        if row is None:
            return Given()
        return Given(answer=row.answer, reason=row.reason, statement=row.statement, evidence=row.evidence_ids)

    def _local(self) -> LocalState:
        if self.is_proposed:
            return LocalState.PROPOSED
        if self.returned is not None and self.proposal is not None and self.proposal.revision == self.next_revision:
            return LocalState.GIVEN_BACK
        return LocalState.BEGUN if self.drafts else LocalState.NOTHING


def find_assessment(member_id: UUID, cycle_id: UUID) -> Assessment | None:
    """Return how a country's assessment in a round stands, if it was called to it."""
    call = find_call(member_id, cycle_id)
    return assessment_of(call) if call else None


def assessment_by_cycle(member_id: UUID, cycle_id: UUID) -> Assessment:
    """Return how a country's assessment in a round stands; NotFoundError if it was not called to it."""
    found = find_assessment(member_id, cycle_id)
    if found is None:
        raise NotFoundError
    return found


def assessment_of(call: AssessmentCall) -> Assessment:
    """Return how what a country was called to stands."""
    proposal, snapshots = newest_proposal(call.member_id, call.cycle_id), snapshots_of(call.member_id, call.cycle_id)
    newest = snapshots[-1].id if snapshots else None
    return Assessment(
        call=call,
        cycle=cycle_by_id(call.cycle_id),
        criteria=criteria_of(call.edition_id),
        drafts=drafts_of(call.member_id, call.cycle_id),
        proposal=proposal,
        returned=db.session.get(ProposalReturn, (call.member_id, proposal.id)) if proposal else None,
        snapshots=snapshots,
        at_hub=hub_states([newest]).get(newest) if newest else None,
        is_ours=is_written_here(call.member_id),
    )


def assessments_of(member_id: UUID) -> list[Assessment]:
    """Return everything a country was called to, the newest first."""
    return [assessment_of(each) for each in calls_of(member_id)]


def criterion_of(assessment: Assessment, uid: str) -> Criterion:
    """Return a criterion of an assessment; NotFoundError."""
    found = next((each for each in assessment.criteria if each.uid == uid), None)
    if found is None:
        raise NotFoundError
    return found


def is_written_here(member_id: UUID) -> bool:
    """Say whether a country's assessments are written at this installation."""
    return streams.writes_here(MEMBER_OPS, member_id)


def drafts_of(member_id: UUID, cycle_id: UUID) -> dict[str, AssessmentDraft]:
    """Return what is answered so far, by criterion."""
    wanted = sa.select(AssessmentDraft).where(
        AssessmentDraft.member_id == member_id, AssessmentDraft.cycle_id == cycle_id
    )
    return {each.criterion: each for each in db.session.scalars(wanted)}


def newest_proposal(member_id: UUID, cycle_id: UUID) -> AssessmentProposal | None:
    """Return what was handed to a second person last."""
    wanted = sa.select(AssessmentProposal).where(
        AssessmentProposal.member_id == member_id, AssessmentProposal.cycle_id == cycle_id
    )
    return db.session.scalar(wanted.order_by(AssessmentProposal.at.desc(), AssessmentProposal.id.desc()).limit(1))


def snapshots_of(member_id: UUID, cycle_id: UUID) -> list[AssessmentSnapshot]:
    """Return the snapshots of a country in a round, the first one first."""
    wanted = sa.select(AssessmentSnapshot).where(
        AssessmentSnapshot.member_id == member_id, AssessmentSnapshot.cycle_id == cycle_id
    )
    return list(db.session.scalars(wanted.order_by(AssessmentSnapshot.revision)))


def snapshot_by_id(member_id: UUID, snapshot_id: UUID) -> AssessmentSnapshot:
    """Return a snapshot; NotFoundError."""
    found = db.session.get(AssessmentSnapshot, (member_id, snapshot_id))
    if found is None:
        raise NotFoundError
    return found


def snapshot_by_revision(member_id: UUID, cycle_id: UUID, revision: int) -> AssessmentSnapshot:
    """Return a snapshot by its number; NotFoundError."""
    found = next((each for each in snapshots_of(member_id, cycle_id) if each.revision == revision), None)
    if found is None:
        raise NotFoundError
    return found
