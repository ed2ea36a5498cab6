"""What the parts together say about one member: the pages beside one another, and the panels on its own page."""

from typing import Any
from uuid import UUID

from flask import current_app, url_for

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.part import Panel, Tab, ask
from sri_admin.kernel.tenancy import Tenant


def tabs(actor: Actor, member: Tenant, current: str) -> list[dict[str, Any]]:
    """Return the pages about a member an actor may open; `current` is the endpoint of the one that is open."""
    found: list[Tab] = [tab for answer in ask("shell.tabs", member.id, clock.today()) for tab in answer]
    found = [each for each in found if each.shown(actor) and each.endpoint in current_app.view_functions]
    return [
        {
            "label": each.label,
            "url": url_for(each.endpoint, code=member.code),
            "current": current == each.endpoint or current in each.covers,
        }
        for each in sorted(found, key=lambda each: each.place)
    ]


def panels(actor: Actor, member_id: UUID) -> list[dict[str, Any]]:
    """Return what every part says of a member, for somebody who may know it."""
    answers: list[Panel | None] = ask("members.standing_panel", member_id, clock.today())
    return [
        {
            "title": each.title,
            "badge": {"family": each.badge[0], "label": each.badge[1]} if each.badge else None,
            "facts": list(each.facts),
            "note": each.note,
            "label": each.label,
            "url": url_for(each.endpoint, **each.arguments) if each.endpoint else None,
        }
        for each in answers
        if each is not None and each.shown(actor)
    ]
