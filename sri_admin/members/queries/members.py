"""What is read about member countries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.paging import SIZE, Page, slice_of
from sri_admin.kernel.remembered import once
from sri_admin.kernel.text import Text
from sri_admin.members import policy
from sri_admin.members.models.agreement import Agreement
from sri_admin.members.models.member import LegalEntity, Member, MemberCard, MemberEvent
from sri_admin.members.queries.territories import territories_of
from sri_admin.members.rules.agreement import AgreementKind, AgreementState
from sri_admin.members.rules.member import Listing, MemberState, SuspensionKind
from sri_admin.members.rules.naming import fold, sorting_key

# Beyond this a list is sorted by code only: names are ordered in Python.
MOST_SORTED_BY_NAME = 500
LICENCES = (AgreementKind.LICENCE, AgreementKind.PILOT)


@dataclass(frozen=True)
class MemberRow:
    """A member as a list shows it, with the day its licence ends."""

    member: Member
    licence_ends_on: date | None


def member_by_id(member_id: UUID) -> Member:
    """Return a member; NotFoundError if it is not there or out of reach."""
    found = db.session.get(Member, (member_id, member_id))
    if found is None:
        raise NotFoundError
    return found


def find_member(member_id: UUID) -> Member | None:
    """Return a member if it is there and in reach."""
    return once(("member", member_id), lambda: db.session.get(Member, (member_id, member_id)))


def members_by_code(codes: Collection[str]) -> dict[str, Member]:
    """Return the members in reach that have one of some codes."""
    found = db.session.scalars(sa.select(Member).where(Member.code.in_(codes)))
    return {each.code: each for each in found}


def today_of(member: Member) -> date:
    """Return the member's own date: a day lasts until its midnight there."""
    return clock.today(member.time_zone)


def licence_ends_on() -> sa.ScalarSelect[date]:
    """Return the last day of the newest licence a member has signed, as part of a select from Member."""
    return (
        sa.select(sa.func.max(Agreement.ends_on))
        .where(
            Agreement.member_id == Member.member_id,
            Agreement.state == AgreementState.SIGNED,
            Agreement.kind.in_(LICENCES),
        )
        .correlate(Member)
        .scalar_subquery()
    )


def members_page(actor: Actor, query: Mapping[str, Any]) -> Page[MemberRow]:
    """Return one page of the members an actor may see, filtered and sorted as asked."""
    order = query.get("sort") or "name"
    found = members_asked(actor, query)
    number, size = query.get("page") or 1, query.get("size") or SIZE
    if order.lstrip("-") == "name":
        chosen = _by_name(found, backwards=order.startswith("-"), number=number, size=size)
    else:
        chosen = _by_column(found, order, number=number, size=size)
    return Page(_rows(chosen.rows), chosen.total, number, size)


def members_asked(actor: Actor, query: Mapping[str, Any]) -> sa.Select[UUID, Text]:
    """Select the members an actor may see that fit the filters."""
    found = sa.select(Member.member_id, Member.names).where(policy.visible(actor, Member.member_id))
    for name in ("state", "region", "hosting"):
        if query.get(name):
            found = found.where(getattr(Member, name) == query[name])
    if query.get("q"):
        found = found.where(Member.search.contains(fold(query["q"]), autoescape=True))
    return found


def regions() -> list[str]:
    """Return the review regions in use."""
    return list(db.session.scalars(sa.select(Member.region).distinct().order_by(Member.region)))


def legal_entities_of(member_id: UUID) -> list[LegalEntity]:
    """Return the legal bodies of a member, the present one first."""
    found = sa.select(LegalEntity).where(LegalEntity.member_id == member_id)
    return list(db.session.scalars(found.order_by(LegalEntity.starts_on.desc())))


def member_events_of(member_id: UUID, *, limit: int = 20) -> list[MemberEvent]:
    """Return the steps of a member, newest first."""
    found = sa.select(MemberEvent).where(MemberEvent.member_id == member_id)
    return list(db.session.scalars(found.order_by(MemberEvent.at.desc(), MemberEvent.id.desc()).limit(limit)))


def state_on(member: Member, day: date) -> tuple[MemberState, SuspensionKind | None]:
    """Return where a member stood at the end of a day, and how far its suspension reached."""
    if day >= member.state_since:
        return member.state, member.suspension
    wanted = sa.select(MemberEvent).where(MemberEvent.member_id == member.member_id, MemberEvent.on <= day)
    newest = (MemberEvent.on.desc(), MemberEvent.at.desc(), MemberEvent.id.desc())
    step = db.session.scalar(wanted.order_by(*newest).limit(1))
    return (step.to_state, step.suspension) if step else (MemberState.PROSPECT, None)


def find_card(member_id: UUID) -> MemberCard | None:
    """Return the card others see of a member, unless it is hidden."""
    return db.session.scalar(sa.select(MemberCard).where(MemberCard.id == member_id))


def card_values(member: Member) -> dict[str, Any] | None:
    """Return what a member's card says; None for a member that must not be found by strangers."""
    if member.listing is Listing.HIDDEN:
        return None
    places = territories_of(member.member_id, on=today_of(member))
    return {
        "code": member.code,
        "names": member.names,
        "kind": member.kind,
        "shown_state": member.state,
        "region": member.region,
        "territories": sorted({each.code for each in places if each.exclusive}),
    }


def expired_emergencies() -> list[Member]:
    """Return the members whose emergency suspension ended before their today."""
    found = sa.select(Member).where(
        Member.state == MemberState.SUSPENDED, Member.suspension == SuspensionKind.EMERGENCY
    )
    return [
        each for each in db.session.scalars(found) if each.suspension_until and each.suspension_until < today_of(each)
    ]


def _by_name(found: sa.Select[UUID, Text], *, backwards: bool, number: int, size: int) -> Page[UUID]:
    every = db.session.execute(found.limit(MOST_SORTED_BY_NAME + 1)).all()
    if len(every) > MOST_SORTED_BY_NAME:
        return _by_column(found, "code", number=number, size=size)
    keyed = sorted(every, key=lambda row: (sorting_key(str(row.names)), row.member_id), reverse=backwards)
    return slice_of([row.member_id for row in keyed], number=number, size=size)


def _by_column(found: sa.Select[UUID, Text], order: str, *, number: int, size: int) -> Page[UUID]:
    columns = {"code": Member.code, "state": Member.state, "ends": licence_ends_on()}
    column = columns[order.lstrip("-")]
    placed = column.desc().nulls_last() if order.startswith("-") else column.asc().nulls_last()
    total = db.session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0
    rows = db.session.scalars(found.order_by(placed, Member.code).limit(size).offset((number - 1) * size)).all()
    return Page(rows, total, number, size)


def _rows(member_ids: Sequence[UUID]) -> list[MemberRow]:
    found = sa.select(Member, licence_ends_on()).where(Member.member_id.in_(member_ids))
    by_id = {member.member_id: MemberRow(member, ends_on) for member, ends_on in db.session.execute(found)}
    return [by_id[each] for each in member_ids]
