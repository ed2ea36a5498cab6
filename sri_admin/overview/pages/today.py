"""The first page, by who opens it: SRI at the hub, a board, anybody else who has a role."""

from typing import Any
from uuid import UUID

from flask import url_for
from markupsafe import Markup

from sri_admin.federation.limits import STALE_AFTER_DAYS
from sri_admin.kernel import clock, formats, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.installation import own_tenant
from sri_admin.kernel.part import WorkItem, ask
from sri_admin.overview import queries
from sri_admin.overview.pages.circle import drawn
from sri_admin.overview.pages.gathering import NOTHING, gathered, row_of
from sri_admin.overview.pages.ways import board_row, sri_row
from sri_admin.overview.rules import words
from sri_admin.overview.rules.due import days_ahead
from sri_admin.overview.rules.facts import CountryFacts, View, view_of
from sri_admin.overview.rules.needs import (
    Counts,
    needs_by_code,
    needs_of_board,
    needs_of_hub,
    needs_of_joining,
)
from sri_admin.overview.rules.seats import seats_of
from sri_admin.people.rules import role_name
from sri_admin.web import addresses, history
from sri_admin.web.doors import Audience, Pages

pages = Pages("overview")
NEWS_DAYS, MOST_NEWS = 30, 8


@pages.get("/", audience=Audience.SIGNED_IN, template="overview/today.html")
def today(actor: Actor) -> dict[str, Any]:
    """Show everybody what needs them today."""
    view, member_id = view_of(actor, is_hub=runtime.current().is_hub)
    if view is View.HUB:
        return {"view": view, **_hub(actor)}
    if view is View.COUNTRY and member_id is not None:
        return {"view": view, **_board(actor, member_id)}
    return {"view": View.PERSON, **_person(actor, member_id)}


def _hub(actor: Actor) -> dict[str, Any]:
    told = queries.streams_told()
    known = queries.countries(told)
    needs = needs_by_code(known, stale_days=STALE_AFTER_DAYS)
    asking = [needs_of_joining(each, clock.today()) for each in queries.joining(known)]
    own = needs_of_hub(told.get(own_tenant(), queries.NOTHING_TOLD).salvaged, clock.today())
    every = [*asking, *own, *(need for found in needs.values() for need in found)]
    work = gathered(every, actor, own_tenant(), listed_at="members.member_list")
    return {
        "day": formats.date_full(clock.today()),
        "answers": [_answer(work.counts)] if known else [],
        "sections": [
            {"title": _("Today"), "rows": [*map(sri_row, work.needs.urgent), *work.urgent]},
            {"title": _("This week"), "rows": [*map(sri_row, work.needs.later), *work.later]},
        ],
        "held_back": words.held_back(work.counts),
        "elsewhere": work.elsewhere,
        "has_countries": bool(known),
        "circle": drawn(seats_of(known, needs)),
    }


def _board(actor: Actor, member_id: UUID) -> dict[str, Any]:
    country = queries.find_country(member_id)
    if country is None:
        return {"country": None, "day": formats.date_full(clock.today()), "answers": [], "line_url": _line_url()}
    needs = needs_of_board(country, stale_days=STALE_AFTER_DAYS)
    work = gathered(needs, actor, member_id, listed_at="members.our_agreement")
    urgent, later = ([board_row(each, country) for each in rows] for rows in (work.needs.urgent, work.needs.later))
    return {
        "country": country,
        "day": formats.date_full(country.today),
        "answers": [_answer(work.counts), *_on_its_way(country)],
        "sections": [{"title": None, "rows": [*urgent, *work.urgent, *later, *work.later]}],
        "held_back": words.held_back(work.counts),
        "elsewhere": work.elsewhere,
        "due": [{"title": each.what.markup(), "value": formats.date_long(each.day)} for each in days_ahead(country)],
        "news": _news(country),
    }


def _person(actor: Actor, member_id: UUID | None) -> dict[str, Any]:
    names = ask("shell.place", member_id, clock.today()) if member_id else []
    work = gathered([], actor, member_id) if member_id else NOTHING
    rows = [*work.urgent, *work.later]
    return {
        "day": formats.date_full(clock.today()),
        "answers": [_answer(work.counts)],
        "sections": [{"title": None, "rows": rows}] if rows else [],
        "held_back": words.held_back(work.counts),
        "elsewhere": work.elsewhere,
        "role": role_name(actor.role),
        "place": next((str(each) for each in names if str(each)), None),
        "home": next(iter(_homes(actor, member_id)), None) if member_id else None,
        "account_url": addresses.ACCOUNT,
    }


def _homes(actor: Actor, member_id: UUID) -> list[dict[str, Any]]:
    """Return where somebody works when nothing waits, as the parts below say it."""
    found: list[WorkItem] = [each for each in ask("overview.home", member_id, clock.today()) if each.shown(actor)]
    return [row_of(each) for each in found]


def _answer(counts: Counts) -> dict[str, Any]:
    text = Markup(" ").join(each.markup() for each in words.waiting(counts))
    return {"family": None if counts.total else "good", "text": text}


def _on_its_way(country: CountryFacts) -> list[dict[str, Any]]:
    waiting = country.connection.waiting if country.connection else 0
    return [{"family": "wait", "text": words.waiting_to_go(waiting).markup()}] if waiting else []


def _line_url() -> str | None:
    return None if runtime.current().is_hub else url_for("federation.connection_show")


def _news(country: CountryFacts) -> list[dict[str, Any]]:
    found = queries.news_of(country.member_id, country.time_zone, days=NEWS_DAYS)
    items = [history.item(each.event, dict(each.values), each.on, each.role) for each in found[:MOST_NEWS]]
    return [
        {**each, "when": formats.date_long(each["when"]), "actor": role_name(each["actor"]) if each["actor"] else None}
        for each in items
    ]
