"""The rows of a month from both sides, and how the month stands by the rules."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from sri_admin.federation import streams
from sri_admin.federation.stream_names import MEMBER_OPS
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import today_of
from sri_admin.reporting.models.returns import (
    CorrectionGrant,
    CorrectionRequest,
    OfRevision,
    ProposalAnswer,
    ReturnDraft,
    ReturnIntake,
    ReturnProposal,
    ReturnRevision,
)
from sri_admin.reporting.rules.months import due_on
from sri_admin.reporting.rules.standing import (
    MISSING,
    Approved,
    Asked,
    IntakeState,
    Proposed,
    Sides,
    Standing,
    State,
    standing_of,
)
from sri_admin.reporting.rules.validation import MOST_MONTHS
from sri_admin.reporting.rules.values import Approval, Content, approval, cells_of, explanations_of

Row = TypeVar("Row", bound=Base)
Place = tuple[UUID, date]


@dataclass
class Rows:
    """What both sides wrote about one month."""

    draft: ReturnDraft | None = None
    proposals: list[ReturnProposal] = field(default_factory=list)
    answers: dict[UUID, ProposalAnswer] = field(default_factory=dict)
    revisions: list[ReturnRevision] = field(default_factory=list)
    intakes: dict[UUID, ReturnIntake] = field(default_factory=dict)
    requests: list[CorrectionRequest] = field(default_factory=list)
    grants: dict[UUID, CorrectionGrant] = field(default_factory=dict)


@dataclass(frozen=True)
class MonthView:
    """A month of a member: its rows, how it stands, and whether it is overdue there today."""

    member: Member
    month: date
    rows: Rows
    sides: Sides
    standing: Standing
    today: date

    @property
    def due_on(self) -> date:
        """The last day on which the return is in time."""
        return due_on(self.month)

    @property
    def is_overdue(self) -> bool:
        """Say whether no sound revision was approved although the day is over."""
        is_missing = self.standing.state in MISSING or self.standing.state is State.QUARANTINED
        return is_missing and self.standing.official is None and self.today > self.due_on

    @property
    def waits_for_sri(self) -> bool:
        """Say whether SRI has to accept or return the newest revision."""
        newest = self.standing.newest
        return newest is not None and newest.intake is IntakeState.RECEIVED

    @property
    def waits_for_grant(self) -> bool:
        """Say whether a request to correct has no answer yet."""
        request = self.standing.request
        return request is not None and request.verdict is None

    @property
    def newest(self) -> ReturnRevision | None:
        """The newest revision."""
        return self._row(self.standing.newest)

    @property
    def official(self) -> ReturnRevision | None:
        """The revision SRI accepted last."""
        return self._row(self.standing.official)

    @property
    def proposal(self) -> ReturnProposal | None:
        """The proposal that waits for an answer or was given back."""
        wanted = self.standing.proposal
        return next((each for each in self.rows.proposals if wanted and str(each.id) == wanted.id), None)

    @property
    def request(self) -> CorrectionRequest | None:
        """The request to correct that counts now."""
        wanted = self.standing.request
        return next((each for each in self.rows.requests if wanted and str(each.id) == wanted.id), None)

    def _row(self, wanted: Approved | None) -> ReturnRevision | None:
        return next((each for each in self.rows.revisions if wanted and str(each.id) == wanted.id), None)


def is_written_here(member_id: UUID) -> bool:
    """Say whether a member's returns are prepared and approved at this installation."""
    return streams.writes_here(MEMBER_OPS, member_id)


def month_of(member: Member, month: date, *, at_home: bool) -> MonthView:
    """Return how one month of a member stands; drafts and proposals only for those who are `at_home` there."""
    return months_of([member], [month], at_home=at_home)[member.member_id, month]


def months_of(members: Sequence[Member], months: Collection[date], *, at_home: bool) -> dict[Place, MonthView]:
    """Return how months of members stand, by member and month; seven statements at most."""
    rows = _rows({each.member_id for each in members}, months, at_home=at_home)
    return {
        (member.member_id, month): _view(member, month, rows[member.member_id, month])
        for member in members
        for month in months
    }


def _view(member: Member, month: date, rows: Rows) -> MonthView:
    today, sides = today_of(member), _sides(rows)
    return MonthView(member, month, rows, sides, standing_of(sides, today=today), today)


def _rows(members: Collection[UUID], months: Collection[date], *, at_home: bool) -> dict[Place, Rows]:
    found: dict[Place, Rows] = defaultdict(Rows)
    for each in _of(ReturnRevision, members, months):
        found[each.member_id, each.month].revisions.append(each)
    for each in _of(ReturnIntake, members, months):
        found[each.member_id, each.month].intakes[each.revision_id] = each
    requests = list(_of(CorrectionRequest, members, months))
    for each in requests:
        found[each.member_id, each.month].requests.append(each)
    for each in _of(CorrectionGrant, members, months) if requests else ():
        found[each.member_id, each.month].grants[each.request_id] = each
    if at_home:
        _add_home(found, members, months)
    return found


def _add_home(found: dict[Place, Rows], members: Collection[UUID], months: Collection[date]) -> None:
    places: dict[UUID, Place] = {}
    for each in _of(ReturnDraft, members, months):
        found[each.member_id, each.month].draft = each
    for each in _of(ReturnProposal, members, months):
        places[each.id] = each.member_id, each.month
        found[each.member_id, each.month].proposals.append(each)
    if not places:
        return
    wanted = sa.select(ProposalAnswer).where(
        ProposalAnswer.member_id.in_(members), ProposalAnswer.proposal_id.in_(list(places))
    )
    for each in db.session.scalars(wanted):
        found[places[each.proposal_id]].answers[each.proposal_id] = each


def _of(kind: type[Row], members: Collection[UUID], months: Collection[date]) -> Iterable[Row]:
    columns: Any = kind
    wanted = sa.select(kind).where(columns.member_id.in_(members), columns.month.in_(months))
    return db.session.scalars(wanted.order_by(columns.id))


def _sides(rows: Rows) -> Sides:
    return Sides(
        has_draft=rows.draft is not None,
        proposals=[_proposed(each, rows.answers) for each in rows.proposals],
        revisions=[_approved(each, rows.intakes) for each in rows.revisions],
        requests=[_asked(each, rows.grants.get(each.id)) for each in rows.requests],
    )


def _proposed(row: ReturnProposal, answers: Mapping[UUID, ProposalAnswer]) -> Proposed:
    answer = answers.get(row.id)
    return Proposed(
        id=str(row.id), revision=row.revision, sending=row.sending, answer=answer.verdict if answer else None
    )


def _approved(row: ReturnRevision, intakes: Mapping[UUID, ReturnIntake]) -> Approved:
    intake = intakes.get(row.id)
    return Approved(
        id=str(row.id),
        revision=row.revision,
        kind=row.kind,
        intake=intake.state if intake else None,
        correction=str(row.correction_id) if row.correction_id else None,
    )


def _asked(row: CorrectionRequest, grant: CorrectionGrant | None) -> Asked:
    return Asked(
        id=str(row.id),
        revision=row.revision,
        verdict=grant.verdict if grant else None,
        until=grant.until if grant else None,
    )


def content_of(row: OfRevision, member_id: UUID) -> Content:
    """Return what the hash of a proposal or revision is taken of."""
    return Content(
        member=str(member_id),
        month=row.month,
        revision=row.revision,
        kind=row.kind,
        data_set=str(row.data_set_id),
        cells=cells_of(row.cells),
        explanations=explanations_of(row.explanations),
        expected=row.expected,
        logged=row.logged,
        correction=str(row.correction_id) if row.correction_id else None,
    )


def approval_of(row: ReturnRevision) -> bytes:
    """Return what is signed of a revision."""
    said = Approval(
        by=row.approved_by,
        role=row.approved_role,
        at=row.approved_at,
        prepared_by=row.prepared_by,
        prepared_at=row.prepared_at,
    )
    return approval(content_of(row, row.member_id), row.values_hash, said)


def earlier_numbers(member_id: UUID, month: date, *, known_at: datetime) -> dict[str, list[int]]:
    """Return the numbers of the last months before one by indicator, the newest first, as approved by a moment.

    Both sides ask with the moment at which a revision was prepared, so both find the same. However long a country has
    reported, no more months are read than the rules look at.
    """
    wanted = sa.select(ReturnRevision.cells).where(
        ReturnRevision.member_id == member_id, ReturnRevision.month < month, ReturnRevision.approved_at <= known_at
    )
    newest = wanted.ext(distinct_on(ReturnRevision.month)).order_by(
        ReturnRevision.month.desc(), ReturnRevision.revision.desc()
    )
    numbers: dict[str, list[int]] = defaultdict(list)
    for cells in db.session.scalars(newest.limit(MOST_MONTHS)):
        for each in cells:
            if each["value"] is not None:
                numbers[each["indicator"]].append(each["value"])
    return dict(numbers)


def proposal_by_id(member_id: UUID, proposal_id: UUID) -> ReturnProposal:
    """Return a proposal; NotFoundError if it is not there."""
    return _by_id(ReturnProposal, member_id, proposal_id)


def revision_by_id(member_id: UUID, revision_id: UUID) -> ReturnRevision:
    """Return a revision; NotFoundError if it is not there."""
    return _by_id(ReturnRevision, member_id, revision_id)


def intake_by_id(member_id: UUID, revision_id: UUID) -> ReturnIntake:
    """Return what became of a revision; NotFoundError if the hub has not said so yet."""
    found = find_intake(member_id, revision_id)
    if found is None:
        raise NotFoundError
    return found


def find_intake(member_id: UUID, revision_id: UUID) -> ReturnIntake | None:
    """Return what became of a revision, if the hub has said so."""
    wanted = sa.select(ReturnIntake).where(ReturnIntake.member_id == member_id, ReturnIntake.revision_id == revision_id)
    return db.session.scalar(wanted)


def find_grant(member_id: UUID, request_id: UUID) -> CorrectionGrant | None:
    """Return SRI's answer to a request to correct, if there is one."""
    wanted = sa.select(CorrectionGrant).where(
        CorrectionGrant.member_id == member_id, CorrectionGrant.request_id == request_id
    )
    return db.session.scalar(wanted)


def request_by_id(member_id: UUID, request_id: UUID) -> CorrectionRequest:
    """Return a request to correct; NotFoundError if it is not there."""
    return _by_id(CorrectionRequest, member_id, request_id)


def without_intake(member_id: UUID) -> list[ReturnRevision]:
    """Return the revisions of a member the hub has not judged yet, in the order they were approved."""
    judged = sa.select(ReturnIntake.id).where(
        ReturnIntake.member_id == ReturnRevision.member_id, ReturnIntake.revision_id == ReturnRevision.id
    )
    wanted = sa.select(ReturnRevision).where(ReturnRevision.member_id == member_id, ~judged.exists())
    return list(db.session.scalars(wanted.order_by(ReturnRevision.month, ReturnRevision.revision)))


def _by_id(kind: type[Row], member_id: UUID, row_id: UUID) -> Row:
    found = db.session.get(kind, (member_id, row_id))
    if found is None:
        raise NotFoundError
    return found
