"""The first page, by who opens it: SRI at the hub, a board, anybody else who has a role."""

from collections.abc import Iterable
from dataclasses import replace
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
from sri_admin.overview.pages.ways import board_row, sri_row
from sri_admin.overview.rules import words
from sri_admin.overview.rules.due import days_ahead
from sri_admin.overview.rules.facts import CountryFacts, View, view_of
from sri_admin.overview.rules.needs import (
    MOST,
    Need,
    WorkList,
    arranged,
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
# So many rows of ten are kept for what only this person does, whatever else can wait.
OWN_ROWS = 5


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
    work, others = _shared([*asking, *own, *(need for found in needs.values() for need in found)], actor, own_tenant())
    return {
        "day": formats.date_full(clock.today()),
        "answers": [_answer(work, len(others))] if known else [],
        "sections": [
            {"title": _("Today"), "rows": [sri_row(each) for each in work.urgent]},
            {"title": _("This week"), "rows": [*map(sri_row, work.later), *others]},
        ],
        "held_back": words.held_back(work),
        "has_countries": bool(known),
        "circle": drawn(seats_of(known, needs)),
    }


def _board(actor: Actor, member_id: UUID) -> dict[str, Any]:
    country = queries.find_country(member_id)
    if country is None:
        return {"country": None, "day": formats.date_full(clock.today()), "answers": [], "line_url": _line_url()}
    work, others = _shared(needs_of_board(country, stale_days=STALE_AFTER_DAYS), actor, member_id)
    rows = [board_row(each, country) for each in (*work.urgent, *work.later)]
    return {
        "country": country,
        "day": formats.date_full(country.today),
        "answers": [_answer(work, len(others)), *_on_its_way(country)],
        "sections": [{"title": None, "rows": [*rows, *others]}],
        "held_back": words.held_back(work),
        "due": [{"title": each.what.markup(), "value": formats.date_long(each.day)} for each in days_ahead(country)],
        "news": _news(country),
    }


def _shared(needs: Iterable[Need], actor: Actor, member_id: UUID) -> tuple[WorkList, list[dict[str, Any]]]:
    """Return what a list of ten shows: what cannot wait, then room for what the parts below want of this person."""
    found, needs = _of_parts(actor, member_id), list(needs)
    urgent = sum(each.is_urgent for each in needs)
    work = arranged(needs, most=min(MOST, max(urgent, MOST - min(len(found), OWN_ROWS))))
    others = found[: MOST - len(work.urgent) - len(work.later)]
    return replace(work, total=work.total + len(found) - len(others)), others


def _person(actor: Actor, member_id: UUID | None) -> dict[str, Any]:
    names = ask("shell.place", member_id, clock.today()) if member_id else []
    rows = _of_parts(actor, member_id)[:MOST] if member_id else []
    return {
        "day": formats.date_full(clock.today()),
        "answers": [_answer(WorkList((), (), 0, 0), len(rows))],
        "sections": [{"title": None, "rows": rows}] if rows else [],
        "role": role_name(actor.role),
        "place": next((str(each) for each in names if str(each)), None),
        "home": next(iter(_homes(actor, member_id)), None) if member_id else None,
        "account_url": addresses.ACCOUNT,
    }


def _homes(actor: Actor, member_id: UUID) -> list[dict[str, Any]]:
    """Return where somebody works when nothing waits, as the parts below say it."""
    found: list[WorkItem] = [each for each in ask("overview.home", member_id, clock.today()) if each.shown(actor)]
    return [_row(each) for each in found]


def _of_parts(actor: Actor, member_id: UUID) -> list[dict[str, Any]]:
    """Return what the parts below say waits for somebody."""
    items = (item for items in ask("overview.work", member_id, clock.today()) for item in items)
    return [_row(each) for each in items if each.shown(actor)]


def _row(item: WorkItem) -> dict[str, Any]:
    action = {"label": item.label, "url": url_for(item.endpoint, **item.arguments)}
    return {"family": item.family, "title": item.title, "reason": item.reason, "action": action}


def _answer(work: WorkList, others: int = 0) -> dict[str, Any]:
    total = work.total + others
    said = words.waiting(replace(work, total=total))
    return {"family": None if total else "good", "text": Markup(" ").join(each.markup() for each in said)}


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
