"""One box that finds what its reader may see: every part looks in what is its own."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from flask import current_app, url_for

from sri_admin.kernel import runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.part import Hit
from sri_admin.members.rules.naming import fold
from sri_admin.overview.schemas import SearchQuery
from sri_admin.web.doors import Audience, Pages

pages = Pages("overview")
SHORTEST = 2


@pages.get("/search", audience=Audience.SIGNED_IN, template="overview/search.html", query=SearchQuery)
def search_show(actor: Actor, query: Mapping[str, Any]) -> dict[str, Any]:
    """Show what was found, by what it is."""
    asked = " ".join(query.get("q", "").split())
    text = fold(asked)
    hits = _hits(actor, text) if len(text) >= SHORTEST else []
    return {
        "asked": asked,
        "is_short": len(text) < SHORTEST,
        "count": len(hits),
        "groups": [(kind, [_row(each) for each in found]) for kind, found in groupby(hits, key=lambda each: each.kind)],
    }


def _hits(actor: Actor, text: str) -> list[Hit]:
    found = (hit for part in runtime.current().parts for look in part.search for hit in look(actor, text))
    return [each for each in found if each.endpoint in current_app.view_functions]


def _row(hit: Hit) -> dict[str, Any]:
    return {"title": hit.title, "note": hit.note, "url": url_for(hit.endpoint, **hit.arguments)}
