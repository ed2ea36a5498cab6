"""What the first page reads: the same few statements however many countries there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sri_admin.federation import contact, enrolment, freshness, report, status, streams
from sri_admin.federation.aside import OPEN
from sri_admin.federation.enrolment_models import EnrolmentState, HubLink, Node, NodeContact, NodeState
from sri_admin.federation.models import SyncAside, SyncStream
from sri_admin.federation.overview import PARTED, days_since
from sri_admin.federation.recovery import salvage
from sri_admin.kernel import clock, installation
from sri_admin.kernel.db import db
from sri_admin.members.models.agreement import Agreement, AgreementEventRow
from sri_admin.members.models.member import Member, MemberEvent
from sri_admin.members.models.office import OfficeHolder
from sri_admin.members.queries.agreements import agreement_events
from sri_admin.members.queries.members import find_member, today_of
from sri_admin.members.queries.offices import office_holders_of
from sri_admin.members.queries.streams import office_writer
from sri_admin.members.rules.agreement import AgreementState, facts_of, shown_state
from sri_admin.overview.rules.facts import (
    AgreementFacts,
    ConnectionFacts,
    CountryFacts,
    HolderFacts,
    JoiningFacts,
    TermFacts,
)

_LIVING = (AgreementState.OFFERED, AgreementState.SIGNED)


@dataclass(frozen=True)
class News:
    """Something SRI did for a country on a day, as an event that can be told."""

    on: date
    event: str
    values: Mapping[str, Any]
    role: str


class StreamsTold(NamedTuple):
    """What the streams of a member tell: records set aside, whether one is in trouble, records to decide about."""

    set_aside: int
    is_troubled: bool
    salvaged: int


NOTHING_TOLD = StreamsTold(0, False, 0)


def countries(told: Mapping[UUID, StreamsTold]) -> list[CountryFacts]:
    """Return every country in reach with all that can need SRI; five statements beside `streams_told`."""
    members = db.session.scalars(sa.select(Member).order_by(Member.code)).all()
    agreements, holders, lines = _agreements(members), _holders(), _lines(told)
    return [
        replace(
            _country(each, agreements[each.member_id]),
            holders=holders.get(each.member_id, HolderFacts()),
            connection=lines.get(each.member_id),
            salvaged=told.get(each.member_id, NOTHING_TOLD).salvaged,
        )
        for each in members
    ]


def joining(known: Iterable[CountryFacts]) -> list[JoiningFacts]:
    """Return the nodes that ask to be let in, the longest waiting first."""
    by_id = {each.member_id: each for each in known}
    return [
        JoiningFacts(
            id=each.id,
            code=by_id[each.member_id].code,
            name=by_id[each.member_id].name,
            asked_on=each.asked_at.date(),
        )
        for each in enrolment.pending()
        if each.member_id in by_id
    ]


def find_country(member_id: UUID) -> CountryFacts | None:
    """Return one country with all that can need its board; None while its file is not here."""
    member = find_member(member_id)
    if member is None:
        return None
    today = today_of(member)
    held = office_holders_of(member_id, on=today)
    return replace(
        _country(member, _agreements([member])[member_id]),
        holders=HolderFacts(ever=len(held), now=len(held), people=len({each.display_name for each in held})),
        terms=tuple(TermFacts(office=each.office, ends_on=each.ends_on) for each in held if each.ends_on),
        connection=_line_to_hub(),
        salvaged=salvage.counts().get(member_id, 0),
        keeps_people_here=office_writer(member).is_here,
    )


def news_of(member_id: UUID, zone: str, *, days: int) -> list[News]:
    """Return what SRI did for a country in the last days, the newest first, dated as they were there."""
    local, since = ZoneInfo(zone), clock.now() - timedelta(days=days)
    first = since.astimezone(local).date()
    agreements = sa.select(Agreement).where(Agreement.member_id == member_id).order_by(Agreement.offered_on)
    notes = (
        sa.select(AgreementEventRow, Agreement.ref_no)
        .join(Agreement, sa.and_(Agreement.member_id == member_id, Agreement.id == AgreementEventRow.agreement_id))
        .where(AgreementEventRow.member_id == member_id, AgreementEventRow.at >= since)
        .order_by(AgreementEventRow.at)
    )
    steps = sa.select(MemberEvent).where(MemberEvent.member_id == member_id, MemberEvent.at >= since)
    found = [each for row in db.session.scalars(agreements) for each in _of_agreement(row) if each.on >= first]
    found += [_note(each, ref_no, local) for each, ref_no in db.session.execute(notes)]
    found += [_step(each, local) for each in db.session.scalars(steps.order_by(MemberEvent.at, MemberEvent.id))]
    # What happened on one day stays in its order, so it is sorted forwards and then turned round.
    return sorted(found, key=lambda each: each.on)[::-1]


def _country(member: Member, agreements: tuple[AgreementFacts, ...]) -> CountryFacts:
    return CountryFacts(
        member_id=member.member_id,
        code=member.code,
        name=str(member.names),
        today=today_of(member),
        time_zone=member.time_zone,
        state=member.state,
        state_since=member.state_since,
        state_reason=member.state_reason,
        suspension=member.suspension,
        suspension_until=member.suspension_until,
        agreements=agreements,
    )


def _agreements(members: Sequence[Member]) -> dict[UUID, tuple[AgreementFacts, ...]]:
    today = {each.member_id: today_of(each) for each in members}
    wanted = sa.select(Agreement).where(Agreement.state.in_(_LIVING), Agreement.member_id.in_(today))
    rows = db.session.scalars(wanted.order_by(Agreement.ends_on, Agreement.ref_no)).all()
    events, found = agreement_events(rows), defaultdict[UUID, list[AgreementFacts]](list)
    for row in rows:
        facts = facts_of(row, events[row.id])
        found[row.member_id].append(
            AgreementFacts(
                id=row.id,
                ref_no=row.ref_no,
                kind=row.kind,
                shown=shown_state(facts, today[row.member_id]),
                facts=facts,
                cure_days=row.cure_days,
                offered_on=row.offered_on,
            )
        )
    return {member_id: tuple(found[member_id]) for member_id in today}


def _holders() -> dict[UUID, HolderFacts]:
    today = clock.today()
    is_held = sa.and_(
        OfficeHolder.starts_on <= today, sa.or_(OfficeHolder.ends_on.is_(None), OfficeHolder.ends_on >= today)
    )
    counted = sa.select(
        OfficeHolder.member_id,
        sa.func.count(),
        sa.func.count().filter(is_held),
        sa.func.count(sa.distinct(OfficeHolder.display_name)).filter(is_held),
    ).group_by(OfficeHolder.member_id)
    return {row[0]: HolderFacts(ever=row[1], now=row[2], people=row[3]) for row in db.session.execute(counted)}


def _lines(told: Mapping[UUID, StreamsTold]) -> dict[UUID, ConnectionFacts]:
    """Return how the hub's connection with each member's node stands."""
    wanted = (
        sa.select(Node, NodeContact)
        .outerjoin(NodeContact, NodeContact.node_id == Node.id)
        .where(Node.state != NodeState.REVOKED)
        .order_by(Node.approved_at)
    )
    found = {}
    for node, last in db.session.execute(wanted):
        of_streams = told.get(node.member_id, NOTHING_TOLD)
        has_parted = (
            of_streams.is_troubled or node.state is NodeState.FENCED or (last is not None and last.trouble in PARTED)
        )
        found[node.member_id] = ConnectionFacts(
            node_id=node.id,
            reached_at=last.at if last else None,
            days_silent=days_since(last.at if last else node.approved_at),
            has_parted=has_parted,
            set_aside=of_streams.set_aside,
        )
    return found


def streams_told() -> dict[UUID, StreamsTold]:
    """Return what the streams of every member in reach tell, the hub's own among them."""
    of_stream = sa.and_(SyncAside.member_id == SyncStream.member_id, SyncAside.stream_id == SyncStream.id)
    waits = salvage.count_waiting(SyncStream.member_id).correlate(SyncStream).scalar_subquery()
    told = (
        sa.select(SyncStream.member_id, sa.func.count(SyncAside.id), sa.func.max(SyncStream.trouble), waits)
        .outerjoin(SyncAside, sa.and_(of_stream, SyncAside.state.in_(OPEN)))
        .group_by(SyncStream.member_id)
    )
    return {row[0]: StreamsTold(row[1], row[2] is not None, row[3]) for row in db.session.execute(told)}


def _line_to_hub() -> ConnectionFacts | None:
    if installation.identity().role != "node":
        return None
    link = db.session.scalar(sa.select(HubLink))
    last = contact.with_hub() if link and link.state is EnrolmentState.APPROVED else None
    with report.seeing_hub():
        here, set_aside = streams.here(), len(status.set_aside(None))
        own = [status.state(each) for each in here if each.own]
    return ConnectionFacts(
        node_id=None,
        reached_at=last.reached_at if last else None,
        days_silent=days_since(last.reached_at, word_age=freshness.of(last).age) if last and last.reached_at else 0,
        has_parted=(last is not None and last.code in PARTED) or any(each.trouble for each in here),
        set_aside=sum(each.set_aside for each in own) + set_aside,
        waiting=sum(each.waiting for each in own),
    )


def _step(step: MemberEvent, local: ZoneInfo) -> News:
    values = {"transition": step.transition.value, "to_state": step.to_state.value, "reason": step.reason}
    return News(step.at.astimezone(local).date(), "members.MemberStateChanged", values, step.role)


def _note(note: AgreementEventRow, ref_no: str, local: ZoneInfo) -> News:
    values = {"kind": note.kind.value, "on": note.on.isoformat(), "ref_no": ref_no}
    return News(note.at.astimezone(local).date(), "members.AgreementNoted", values, note.role)


def _of_agreement(agreement: Agreement) -> Iterable[News]:
    about = {"ref_no": agreement.ref_no, "reason": agreement.reason or ""}
    links = {"amends_id": agreement.amends_id, "continues_id": agreement.continues_id}
    yield News(agreement.offered_on, "members.AgreementOffered", {**about, **links}, "")
    if agreement.signed_on:
        values = {**about, "ends_on": agreement.ends_on.isoformat()}
        yield News(agreement.signed_on, "members.AgreementSigned", values, "")
    ended = {AgreementState.TERMINATED: "members.AgreementTerminated", AgreementState.ENDED: "members.AgreementEnded"}
    if agreement.closed_on and agreement.reason and agreement.state in ended:
        yield News(agreement.closed_on, ended[agreement.state], about, "")
