"""What is read for exports: whole tables in the order of their lists, as the columns of `rules.sheets` name them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.members.models.agreement import Agreement
from sri_admin.members.models.member import Member
from sri_admin.members.models.sheet import SheetExport
from sri_admin.members.models.territory import MemberTerritory, TerritoryExtra
from sri_admin.members.queries.agreements import agreements_asked, with_facts
from sri_admin.members.queries.members import licence_ends_on, members_asked
from sri_admin.members.queries.territories import place_names
from sri_admin.members.rules.sheets import ExportState, SheetKind

Row = dict[str, Any]
# Rows are read in runs, so that memory stays small and progress can be told.
RUN = 500
_MEMBER = ("code", "kind", "hosting", "region", "default_locale", "time_zone")
_MEMBER_DAYS = ("fiscal_month", "fiscal_day", "listing", "state", "state_since")
_TERMS = ("ref_no", "kind", "starts_on", "ends_on", "notice_days", "grace_days", "cure_days", "exclusive")
_LISTS = ("rights", "programme_types", "signed_on")


def keys_of(actor: Actor, kind: SheetKind, query: Mapping[str, Any]) -> list[Any]:
    """Return the keys of the rows an actor may take out, in the order of the file."""
    return list(db.session.execute(_ASKED[kind](actor, query)).all())


def rows_of(kind: SheetKind, keys: Sequence[Any]) -> Iterator[Row]:
    """Yield the rows with these keys, in their order; what is gone meanwhile is left out."""
    read: Callable[[Sequence[UUID]], dict[UUID, Row]] = _READ[kind]
    found = read([key[0] for key in keys])
    yield from (found[key[0]] for key in keys if key[0] in found)


def export_by_id(hub_id: UUID, export_id: UUID) -> SheetExport:
    """Return an export; NotFoundError once it is too old."""
    found = db.session.get(SheetExport, (hub_id, export_id))
    if found is None or found.state is ExportState.GONE or found.expires_at <= clock.now():
        raise NotFoundError
    return found


def described(member: Member) -> Row:
    """Return a member as a row of a sheet."""
    return {
        **{name: getattr(member, name) for name in (*_MEMBER, *_MEMBER_DAYS)},
        "name": member.names.texts[member.names.source],
    }


def terms(agreement: Agreement, code: str) -> Row:
    """Return an agreement as a row of a sheet."""
    said = {name: getattr(agreement, name) for name in (*_TERMS, *_LISTS)}
    return {**said, "member": code, "territories": " ".join(agreement.territories)}


def _members_asked(actor: Actor, query: Mapping[str, Any]) -> sa.Select[Any]:
    return members_asked(actor, query).with_only_columns(Member.member_id).order_by(Member.code)


def _agreements_asked(actor: Actor, query: Mapping[str, Any]) -> sa.Select[Any]:
    return agreements_asked(actor, query).with_only_columns(Agreement.id).order_by(Member.code, Agreement.ref_no)


def _territories_asked(actor: Actor, query: Mapping[str, Any]) -> sa.Select[Any]:
    members = members_asked(actor, query).with_only_columns(Member.member_id)
    found = sa.select(MemberTerritory.id).join(Member, Member.member_id == MemberTerritory.member_id)
    found = found.where(MemberTerritory.member_id.in_(members))
    return found.order_by(Member.code, MemberTerritory.code, MemberTerritory.valid_from)


def _places_asked(_actor: Actor, _query: Mapping[str, Any]) -> sa.Select[Any]:
    return sa.select(TerritoryExtra.id).order_by(TerritoryExtra.code)


def _member_rows(keys: Sequence[UUID]) -> dict[UUID, Row]:
    found = sa.select(Member, licence_ends_on()).where(Member.member_id.in_(keys))
    return {
        member.member_id: {**described(member), "licence_ends_on": ends_on}
        for member, ends_on in db.session.execute(found)
    }


def _agreement_rows(keys: Sequence[UUID]) -> dict[UUID, Row]:
    found = sa.select(Agreement, Member).join(Member, Member.member_id == Agreement.member_id)
    rows = db.session.execute(found.where(Agreement.id.in_(keys))).all()
    dated = with_facts([(agreement, member, clock.today(member.time_zone)) for agreement, member in rows])
    return {row.agreement.id: {**terms(row.agreement, row.member.code), "state": row.shown} for row in dated}


def _territory_rows(keys: Sequence[UUID]) -> dict[UUID, Row]:
    found = (
        sa.select(MemberTerritory, Member, Agreement.ref_no)
        .join(Member, Member.member_id == MemberTerritory.member_id)
        .join(
            Agreement,
            sa.and_(Agreement.member_id == MemberTerritory.member_id, Agreement.id == MemberTerritory.agreement_id),
        )
        .where(MemberTerritory.id.in_(keys))
    )
    rows = db.session.execute(found).all()
    names = place_names(place.code for place, _member, _ref_no in rows)
    return {
        place.id: {
            "member": member.code,
            "country": str(member.names),
            "place": place.code,
            "place_name": names[place.code],
            "exclusive": place.exclusive,
            "valid_from": place.valid_from,
            "valid_to": place.valid_to,
            "ref_no": ref_no,
        }
        for place, member, ref_no in rows
    }


def _place_rows(keys: Sequence[UUID]) -> dict[UUID, Row]:
    found = db.session.scalars(sa.select(TerritoryExtra).where(TerritoryExtra.id.in_(keys)))
    return {each.id: {"code": each.code, "name": each.names.texts[each.names.source]} for each in found}


_ASKED: Mapping[SheetKind, Callable[[Actor, Mapping[str, Any]], sa.Select[Any]]] = {
    SheetKind.MEMBERS: _members_asked,
    SheetKind.AGREEMENTS: _agreements_asked,
    SheetKind.TERRITORIES: _territories_asked,
    SheetKind.PLACES: _places_asked,
}
_READ: Mapping[SheetKind, Callable[[Sequence[UUID]], dict[UUID, Row]]] = {
    SheetKind.MEMBERS: _member_rows,
    SheetKind.AGREEMENTS: _agreement_rows,
    SheetKind.TERRITORIES: _territory_rows,
    SheetKind.PLACES: _place_rows,
}
