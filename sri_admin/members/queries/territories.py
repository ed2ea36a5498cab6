"""What is read about places: their names, and who works where."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import i18n
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.text import Text
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.member import Member
from sri_admin.members.models.territory import MemberTerritory, TerritoryExtra
from sri_admin.members.rules.territory import Part, country_of, part_of, subdivision_name


@dataclass(frozen=True)
class Held:
    """A place that already belongs to an exclusive agreement."""

    code: str
    member: Member
    ref_no: str
    until: date | None


def territories_of(member_id: UUID, *, on: date | None = None) -> list[MemberTerritory]:
    """Return the places of a member; with `on`, those it has on that day."""
    found = sa.select(MemberTerritory).where(MemberTerritory.member_id == member_id)
    if on is not None:
        later = sa.or_(MemberTerritory.valid_to.is_(None), MemberTerritory.valid_to > on)
        found = found.where(MemberTerritory.valid_from <= on, later)
    return list(db.session.scalars(found.order_by(MemberTerritory.code, MemberTerritory.valid_from)))


def granted_by(member_id: UUID, agreement_id: UUID) -> list[MemberTerritory]:
    """Return the places an agreement of a member granted."""
    found = sa.select(MemberTerritory).where(
        MemberTerritory.member_id == member_id, MemberTerritory.agreement_id == agreement_id
    )
    return list(db.session.scalars(found.order_by(MemberTerritory.code)))


def extra_names() -> dict[str, Text]:
    """Return the names of places no ISO list has."""
    return {each.code: each.names for each in db.session.scalars(sa.select(TerritoryExtra))}


def find_extra(code: str) -> TerritoryExtra | None:
    """Return a place of our own by its code."""
    return db.session.scalar(sa.select(TerritoryExtra).where(TerritoryExtra.code == code))


def extras_by_code(codes: Collection[str]) -> dict[str, TerritoryExtra]:
    """Return the places of our own that have one of some codes."""
    found = db.session.scalars(sa.select(TerritoryExtra).where(TerritoryExtra.code.in_(codes)))
    return {each.code: each for each in found}


def extra_by_id(hub_id: UUID, extra_id: UUID) -> TerritoryExtra:
    """Return a place of our own; NotFoundError if there is none."""
    found = db.session.get(TerritoryExtra, (hub_id, extra_id))
    if found is None:
        raise NotFoundError
    return found


def is_place_used(code: str) -> bool:
    """Say whether an agreement or a draft in reach names a place."""
    signed = sa.exists().where(sa.literal(code) == sa.any_(Agreement.territories))
    drafted = sa.exists().where(AgreementDraft.values["territories"].contains([code]))
    return bool(db.session.scalar(sa.select(sa.or_(signed, drafted))))


def place_names(codes: Iterable[str]) -> dict[str, str]:
    """Return what places are called: countries by CLDR in the reader's language, others by their stored names."""
    wanted = sorted(set(codes))
    extras = extra_names() if wanted else {}
    return {code: _name(code, extras) for code in wanted}


def holders_of(codes: Iterable[str], *, since: date, until: date, apart_from: UUID) -> list[Held]:
    """Return who else holds any of the places exclusively between two days, as far as the actor can see."""
    parts = {code: part_of(code) for code in codes}
    countries = {country_of(code) for code in parts}
    found = (
        sa.select(MemberTerritory, Member, Agreement.ref_no)
        .join(Member, Member.member_id == MemberTerritory.member_id)
        .join(
            Agreement,
            sa.and_(Agreement.member_id == MemberTerritory.member_id, Agreement.id == MemberTerritory.agreement_id),
        )
        .where(
            MemberTerritory.member_id != apart_from,
            MemberTerritory.exclusive,
            MemberTerritory.country.in_(countries),
            MemberTerritory.valid_from <= until,
            MemberTerritory.valid_from.is_distinct_from(MemberTerritory.valid_to),
            sa.or_(MemberTerritory.valid_to.is_(None), MemberTerritory.valid_to > since),
        )
    )
    return [
        Held(code, member, ref_no, row.valid_to)
        for row, member, ref_no in db.session.execute(found)
        for code, part in parts.items()
        if country_of(code) == row.country and part.overlaps(Part(row.part_from, row.part_to))
    ]


def _name(code: str, extras: dict[str, Text]) -> str:
    if code in extras:
        return str(extras[code])
    if "-" in code:
        return subdivision_name(code) or code
    for tag in i18n.chain(i18n.locale()):
        found = i18n.parsed(tag).territories.get(code)
        if found:
            return found
    return code
