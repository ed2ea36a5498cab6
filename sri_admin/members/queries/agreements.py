"""What is read about agreements; the shown state is computed here in SQL from the same table as in Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.paging import SIZE, Page
from sri_admin.members import policy
from sri_admin.members.models.agreement import Agreement, AgreementDraft, AgreementEventRow
from sri_admin.members.models.member import Member
from sri_admin.members.rules.agreement import (
    BOUNDARIES,
    CURE,
    NOTICE,
    RUNNING,
    AgreementState,
    Boundary,
    EventKind,
    Facts,
    ShownState,
    facts_of,
    shown_state,
)

Column = sa.ColumnElement[Any]


@dataclass(frozen=True)
class AgreementRow:
    """An agreement as a list shows it: with its member and what is shown today."""

    agreement: Agreement
    member: Member
    shown: ShownState
    facts: Facts


def agreement_by_id(member_id: UUID, agreement_id: UUID) -> Agreement:
    """Return an agreement of a member; NotFoundError if there is none."""
    found = db.session.get(Agreement, (member_id, agreement_id))
    if found is None:
        raise NotFoundError
    return found


def draft_by_id(member_id: UUID, draft_id: UUID) -> AgreementDraft:
    """Return a draft of a member; NotFoundError if there is none."""
    found = db.session.get(AgreementDraft, (member_id, draft_id))
    if found is None:
        raise NotFoundError
    return found


def drafts_of(member_id: UUID) -> list[AgreementDraft]:
    """Return what is drafted for a member and not yet offered."""
    found = sa.select(AgreementDraft).where(AgreementDraft.member_id == member_id, AgreementDraft.offered.is_(False))
    return list(db.session.scalars(found.order_by(AgreementDraft.changed_at.desc())))


def agreement_events(agreements: Sequence[Agreement]) -> dict[UUID, list[AgreementEventRow]]:
    """Return the dated events of agreements, oldest first."""
    events: dict[UUID, list[AgreementEventRow]] = {each.id: [] for each in agreements}
    found = sa.select(AgreementEventRow).where(
        AgreementEventRow.member_id.in_({each.member_id for each in agreements}),
        AgreementEventRow.agreement_id.in_(events),
    )
    for event in db.session.scalars(found.order_by(AgreementEventRow.at, AgreementEventRow.id)):
        events[event.agreement_id].append(event)
    return events


def agreements_of(member: Member, *, on: date | None = None) -> list[AgreementRow]:
    """Return the agreements of a member with what is shown on a day (its today), newest first."""
    day = on or clock.today(member.time_zone)
    found = sa.select(Agreement).where(Agreement.member_id == member.member_id)
    agreements = db.session.scalars(found.order_by(Agreement.starts_on.desc(), Agreement.ref_no.desc())).all()
    return with_facts([(each, member, day) for each in agreements])


def current_agreement(rows: Sequence[AgreementRow]) -> AgreementRow | None:
    """Choose what stands for a member now: what runs, else what waits, else the newest."""
    for wanted in (RUNNING, {ShownState.UPCOMING}, {ShownState.OFFERED}, set(ShownState)):
        for row in rows:
            if row.shown in wanted:
                return row
    return None


def has_running_agreement(member: Member) -> bool:
    """Say whether any agreement of a member is in force today."""
    return any(row.shown in RUNNING for row in agreements_of(member))


def next_ref_no(member: Member, starts_on: date, *, amended: Agreement | None) -> str:
    """Return the next free number: XE-2026-01, and for its second amendment XE-2026-01-A2."""
    stem = f"{amended.ref_no.partition('-A')[0]}-A" if amended else f"{member.code}-{starts_on.year}-"
    found = sa.select(Agreement.ref_no).where(
        Agreement.member_id == member.member_id, Agreement.ref_no.startswith(stem, autoescape=True)
    )
    used = [int(ref_no.removeprefix(stem).partition("-")[0]) for ref_no in db.session.scalars(found)]
    return f"{stem}{max(used, default=0) + 1:0{1 if amended else 2}d}"


def agreements_page(actor: Actor, query: Mapping[str, Any]) -> Page[AgreementRow]:
    """Return one page of the agreements an actor may see, by shown state and end."""
    found = agreements_asked(actor, query)
    number, size = query.get("page") or 1, query.get("size") or SIZE
    total = db.session.scalar(sa.select(sa.func.count()).select_from(found.with_only_columns(Agreement.id).subquery()))
    order = _order(query.get("sort") or "ends")
    rows = db.session.execute(found.order_by(*order).limit(size).offset((number - 1) * size)).all()
    return Page(with_facts([(row[0], row[1], row[2]) for row in rows]), total or 0, number, size)


def agreements_asked(actor: Actor, query: Mapping[str, Any]) -> sa.Select[Agreement, Member, date]:
    """Select the agreements an actor may see that fit the filters, each with its member and the member's today."""
    today = sa.cast(sa.func.timezone(Member.time_zone, sa.bindparam("now", clock.now())), sa.Date)
    found = (
        sa.select(Agreement, Member, today)
        .join(Member, Member.member_id == Agreement.member_id)
        .where(policy.visible(actor, Agreement.member_id))
    )
    if query.get("shown"):
        found = found.where(shown_state_sql(today) == query["shown"].value)
    if query.get("kind"):
        found = found.where(Agreement.kind == query["kind"])
    return found


def with_facts(found: Sequence[tuple[Agreement, Member, date]]) -> list[AgreementRow]:
    """Add to agreements, each with a day, what is shown of them on it."""
    events = agreement_events([agreement for agreement, _member, _day in found])
    rows = []
    for agreement, member, day in found:
        facts = facts_of(agreement, events[agreement.id])
        rows.append(AgreementRow(agreement, member, shown_state(facts, day), facts))
    return rows


def facts_sql() -> dict[str, Column]:
    """Return the facts of `rules.agreement.Facts` as SQL, for a select from Agreement."""
    return {
        "starts_on": Agreement.starts_on.expression,
        "ends_on": Agreement.ends_on.expression,
        "notice_days": Agreement.notice_days.expression,
        "grace_days": Agreement.grace_days.expression,
        "closed_on": Agreement.closed_on.expression,
        "noticed_on": _latest(NOTICE, EventKind.NOTICE_GIVEN, AgreementEventRow.on.expression),
        "notice_effective_on": _latest(NOTICE, EventKind.NOTICE_GIVEN, AgreementEventRow.effective_on.expression),
        "cure_opened_on": _latest(CURE, EventKind.CURE_OPENED, AgreementEventRow.on.expression),
    }


def shown_state_sql(on: Column) -> sa.Case[str]:
    """Write the table of boundary days as SQL: what is shown on a day, for a select from Agreement."""
    facts = facts_sql()
    return sa.case(*((_holds(each, facts, on), each.shown.value) for each in BOUNDARIES))


def _holds(boundary: Boundary, facts: Mapping[str, Column], on: Column) -> Column:
    stored = Agreement.state.in_(boundary.when) if boundary.when != frozenset(AgreementState) else sa.true()
    if boundary.base is None:
        return stored
    # Dates and whole numbers add up in PostgreSQL; SQLAlchemy would read date minus integer as an interval.
    day = sa.type_coerce(facts[boundary.base], sa.Integer) + boundary.days
    day = day + facts[boundary.plus] if boundary.plus else day
    day = day - facts[boundary.minus] if boundary.minus else day
    day = sa.type_coerce(day, sa.Date)
    return sa.and_(stored, on < day if boundary.before else on >= day)


def _latest(family: frozenset[EventKind], wanted: EventKind, column: Column) -> Column:
    return (
        sa.select(sa.case((AgreementEventRow.kind == wanted, column)))
        .where(
            AgreementEventRow.member_id == Agreement.member_id,
            AgreementEventRow.agreement_id == Agreement.id,
            AgreementEventRow.kind.in_(family),
        )
        .order_by(AgreementEventRow.at.desc(), AgreementEventRow.id.desc())
        .limit(1)
        .correlate(Agreement)
        .scalar_subquery()
    )


def _order(asked: str) -> tuple[Column, ...]:
    columns = {"ends": Agreement.ends_on, "ref": Agreement.ref_no, "starts": Agreement.starts_on}
    column = columns[asked.lstrip("-")]
    return (column.desc() if asked.startswith("-") else column.asc(), Agreement.ref_no.asc())
