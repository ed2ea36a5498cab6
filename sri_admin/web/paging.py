"""Links between the pages of a list, keeping filters and order."""

from collections.abc import Mapping
from typing import Any

from flask import request, url_for

from sri_admin.kernel.paging import Page


def pager(page: Page[Any], query: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the paging line shows; `query` are the list's own arguments."""
    more = page.last < page.total
    return {
        "first": page.first,
        "last": page.last,
        "total": page.total,
        "previous_url": link(query, page=page.number - 1) if page.number > 1 else None,
        "next_url": link(query, page=page.number + 1) if more else None,
    }


def link(query: Mapping[str, Any], **changes: Any) -> str:
    """Return this page's address with some arguments changed; None takes one away."""
    kept = {name: value for name, value in {**query, **changes}.items() if value not in (None, "", 1) or name != "page"}
    given: dict[str, Any] = {name: value for name, value in kept.items() if value not in (None, "")}
    assert request.endpoint is not None
    return url_for(request.endpoint, **(request.view_args or {}), **given)


def sort_links(query: Mapping[str, Any], columns: Mapping[str, Any], *, default: str) -> list[dict[str, Any]]:
    """Return the heads of sortable columns (key → label); asking again for the current order turns it round."""
    current = query.get("sort") or default
    return [
        {
            "key": key,
            "label": label,
            "sorted": {key: "asc", f"-{key}": "desc"}.get(current),
            "sort_url": link(query, sort=f"-{key}" if current == key else key, page=None),
        }
        for key, label in columns.items()
    ]
