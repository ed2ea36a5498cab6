"""Places are granted by a signed agreement and given back when it stops; nobody edits them by hand."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import combinations
from uuid import UUID

from sri_admin.kernel import ids
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import FieldError, InvalidError
from sri_admin.kernel.formats import date_long
from sri_admin.kernel.i18n import gettext as _
from sri_admin.members.models.agreement import Agreement
from sri_admin.members.models.territory import MemberTerritory
from sri_admin.members.queries.territories import extra_names, granted_by, holders_of, place_names
from sri_admin.members.rules.territory import country_of, is_known, part_of


def check_places(codes: Iterable[str], *, member_id: UUID, exclusive: bool, since: date, until: date) -> None:
    """Refuse places that do not exist, or that belong to another exclusive agreement in that time."""
    wanted = list(codes)
    extras = extra_names()
    unknown = [code for code in wanted if not is_known(code, extras)]
    if unknown:
        message = _("We do not know the place %(codes)s. Use codes like XE or XE-E.", codes=", ".join(unknown))
        raise InvalidError([FieldError("territories", message)])
    _refuse_doubled(wanted)
    held = holders_of(wanted, since=since, until=until, apart_from=member_id) if exclusive else []
    if held:
        first = held[0]
        said = {
            "place": place_names([first.code])[first.code],
            "ref_no": first.ref_no,
            "country": str(first.member.names),
        }
        if first.until is None:
            message = _("%(place)s belongs to %(ref_no)s (%(country)s). Take it out here.", **said)
        else:
            last = date_long(first.until - timedelta(days=1))
            message = _(
                "%(place)s belongs to %(ref_no)s (%(country)s) until %(day)s. Take it out here.", day=last, **said
            )
        raise InvalidError([FieldError("territories", message)])


def _refuse_doubled(codes: list[str]) -> None:
    for first, second in combinations(codes, 2):
        if country_of(first) == country_of(second) and part_of(first).overlaps(part_of(second)):
            message = _("%(part)s lies in %(whole)s already. Take one of them out.", part=second, whole=first)
            raise InvalidError([FieldError("territories", message)])


def grant_places(agreement: Agreement) -> list[MemberTerritory]:
    """Grant the places of an agreement from its first day; what the one it continues still holds of them ends there.

    Grants of the member's other agreements stay as they are: each ends with the agreement that gave it.
    """
    until = agreement.ends_on + timedelta(days=agreement.grace_days + 1)
    changed = _end_continued(agreement)
    for code in agreement.territories:
        part = part_of(code)
        place = MemberTerritory(
            member_id=agreement.member_id,
            id=ids.new(),
            code=code,
            country=country_of(code),
            part_from=part.start,
            part_to=part.end,
            exclusive=agreement.exclusive,
            valid_from=agreement.starts_on,
            valid_to=until,
            agreement_id=agreement.id,
        )
        db.session.add(place)
        changed.append(place)
    return changed


def give_back_places(agreement: Agreement, *, on: date) -> list[MemberTerritory]:
    """End the grants of an agreement on a day."""
    return _end(granted_by(agreement.member_id, agreement.id), on)


def _end_continued(agreement: Agreement) -> list[MemberTerritory]:
    # The days of grace of the old agreement reach into its renewal.
    if agreement.continues_id is None:
        return []
    wanted = [(country_of(code), part_of(code)) for code in agreement.territories]
    rows = [
        row
        for row in granted_by(agreement.member_id, agreement.continues_id)
        if any(row.country == country and part_of(row.code).overlaps(part) for country, part in wanted)
    ]
    return _end(rows, agreement.starts_on)


def _end(rows: Iterable[MemberTerritory], on: date) -> list[MemberTerritory]:
    changed = []
    for row in rows:
        if row.valid_to is None or row.valid_to > on:
            # A grant that would end before it began never held a day; an empty span says so.
            row.valid_to = max(on, row.valid_from)
            changed.append(row)
    return changed
