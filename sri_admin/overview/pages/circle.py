"""The circle of the countries, and the countries behind one kind of seat."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from sri_admin.federation.limits import STALE_AFTER_DAYS
from sri_admin.kernel import clock, formats
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import HUB
from sri_admin.members.rules.words import MEMBER_STATES
from sri_admin.overview import queries
from sri_admin.overview.rules import words
from sri_admin.overview.rules.needs import needs_by_code
from sri_admin.overview.rules.seats import Seat, SeatState, counted, seats_of
from sri_admin.web.doors import Audience, Pages

pages = Pages("overview")
KEY = (SeatState.HERE, SeatState.QUESTION, SeatState.OVERDUE, SeatState.PAUSED, SeatState.UNKNOWN)


@pages.get("/circle/<seat>", audience=Audience.STAFF, template="overview/circle.html", roles=HUB)
def circle(_actor: Actor, seat: str) -> dict[str, Any]:
    """Show the countries that sit in the circle in one way, and what needs somebody there."""
    if seat not in {each.value for each in SeatState}:
        raise NotFoundError
    known = queries.countries(queries.streams_told())
    needs = needs_by_code(known, stale_days=STALE_AFTER_DAYS)
    seats = [each for each in seats_of(known, needs) if each.state == seat]
    count = ngettext("<b>%(num)s country</b> sits here.", "<b>%(num)s countries</b> sit here.", len(seats))
    return {
        "title": words.SEATS[SeatState(seat)],
        "answers": [{"text": count.markup()}],
        "rows": [_row(each) for each in seats],
    }


def drawn(seats: Sequence[Seat]) -> dict[str, Any] | None:
    """Return what the ring shows; nothing while no country has a seat."""
    if not seats:
        return None
    now = formats.date_and_time(clock.now())
    return {
        "seats": [{"state": each.state.value, "label": each.country.name, "url": _url(each)} for each in seats],
        "figure": formats.number(len(seats)),
        "label": ngettext("member country", "member countries", len(seats)),
        "key": _key(seats),
        "note": _("One seat for each country, in alphabetical order. As of %(when)s.", when=now).markup(),
    }


def _key(seats: Sequence[Seat]) -> list[dict[str, Any]]:
    counts = counted(seats)
    return [
        {
            "state": state.value,
            "label": words.SEATS[state],
            "count": counts[state],
            "url": url_for("overview.circle", seat=state.value),
        }
        for state in KEY
        if counts[state]
    ]


def _row(seat: Seat) -> dict[str, Any]:
    said = MEMBER_STATES[seat.country.state]
    since = _("%(state)s since %(day)s", state=str(said.label), day=formats.date_long(seat.country.state_since))
    return {
        "name": seat.country.name,
        "url": _url(seat),
        "family": said.family,
        "state": said.label,
        "reasons": [words.TO_SRI[each.kind].title(each).markup() for each in seat.needs] or [since.markup()],
    }


def _url(seat: Seat) -> str:
    return url_for("members.member_show", code=seat.country.code)
