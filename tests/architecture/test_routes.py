"""Every route of both roles is a declared door; what is not declared is found."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from sri_admin.app import PARTS
from sri_admin.kernel.errors import AppError
from sri_admin.kernel.part import Part
from sri_admin.web import csrf, doors
from sri_admin.web.api import Api, ApiDoor
from sri_admin.web.doors import Audience, Door, Pages

# The small part tests/web/test_doors.py opens in the same application.
OF_TESTS = "lamps."
SAFE = {"GET", "HEAD", "OPTIONS"}
# Public addresses, each with why nobody has to be known there.
PUBLIC = {
    "static": "the look of the pages",
    "health.api.alive": "asked by who watches the process",
    "health.api.ready": "asked by who watches the process",
    "web.theme_choose": "a cookie of the browser",
    "web.api.openapi_document": "the description of the API",
    "components.components": "every component, in development only",
    "people.sign_in": "the way in",
    "people.sign_in_send": "the way in",
    "people.sign_in_code": "the way in, for who gave the password",
    "people.sign_in_code_send": "the way in, for who gave the password",
    "people.link_show": "the one-time link itself is the proof",
    "people.link_use": "the one-time link itself is the proof",
    "sync.api.well_known": "what a node reads first",
    "sync.api.token": "signed by the node's key",
    "sync.api.enrolment_ask": "the one-time code is the proof",
    "sync.api.enrolment_news": "signed by the node's key",
    "sync.api.root_show": "signed by the root keys, and told to everybody",
    "sync.api.rotation_take": "signed by the node's old key and its new one",
}


def door_of(app: Flask, endpoint: str) -> Any:
    """Return the declaration a route was registered with."""
    return getattr(app.view_functions[endpoint], "door", None)


def faults(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, what is wrong) of every route."""
    for rule in app.url_map.iter_rules():
        door = door_of(app, rule.endpoint)
        if rule.endpoint == "static" or rule.endpoint.startswith(OF_TESTS):
            continue
        if not isinstance(door, (Door, ApiDoor)):
            yield rule.endpoint, "is no declared door"
        elif not isinstance(door.audience, Audience):
            yield rule.endpoint, "has no audience"
        elif (rule.methods or set()) - SAFE not in (set(), {door.method}):
            yield rule.endpoint, "answers to more than its door declares"
        elif door.audience is Audience.PUBLIC and rule.endpoint not in PUBLIC:
            yield rule.endpoint, "is public without a reason"
        elif door.audience is Audience.MEMBER and "code" not in rule.arguments:
            yield rule.endpoint, "is for a member its address does not name"
        elif isinstance(door, Door) and door.again is not None and not has_page(app, door):
            yield rule.endpoint, "shows a page again that is no door"


def has_page(app: Flask, door: Door) -> bool:
    """Say whether the page a form is shown on again is a door of the same application."""
    declared = (door_of(app, rule.endpoint) for rule in app.url_map.iter_rules())
    return any(isinstance(each, Door) and each.view is door.again and each.template for each in declared)


@pytest.fixture
def planted() -> Flask:
    """A small application with nothing but what a test adds."""
    return Flask("planted", static_folder=None)


@pytest.mark.parametrize("role", ["hub", "node"])
def test_every_route_is_a_door_with_an_audience(app: Flask, node_app: Flask, role: str) -> None:
    assert list(faults(app if role == "hub" else node_app)) == []


def test_a_route_without_a_door_is_found(planted: Flask) -> None:
    planted.add_url_rule("/side", "side", lambda: "", methods=["POST"])
    assert list(faults(planted)) == [("side", "is no declared door")]


def test_a_route_without_an_audience_is_found(planted: Flask) -> None:
    pages = Pages("attic")
    with pytest.raises(TypeError, match="audience"):
        pages.get("/attic", template="error.html")  # pyright: ignore[reportCallIssue]
    pages.get("/attic", audience="everybody", template="error.html")(look)  # pyright: ignore[reportArgumentType]
    pages.open(planted, "hub")
    assert list(faults(planted)) == [("attic.look", "has no audience")]


def test_a_new_public_page_is_found(planted: Flask) -> None:
    pages = Pages("attic")
    pages.get("/attic", audience=Audience.PUBLIC, template="error.html")(look)
    pages.get("/cellar", audience=Audience.MEMBER, template="error.html")(peep)
    pages.open(planted, "hub")
    assert dict(faults(planted)) == {
        "attic.look": "is public without a reason",
        "attic.peep": "is for a member its address does not name",
    }


def look(_actor: Any) -> dict[str, Any]:
    """Show nothing."""
    return {}


def peep(_actor: Any) -> dict[str, Any]:
    """Show nothing either."""
    return {}


def test_no_two_doors_share_a_name() -> None:
    for role in ("hub", "node"):
        names = Counter(door.endpoint for door in declared(PARTS) if role in door.roles)
        assert [name for name, count in names.items() if count > 1] == []


def declared(parts: tuple[Part, ...]) -> Iterator[Door | ApiDoor]:
    """Yield every door of the parts."""
    for part in parts:
        for each in part.doors:
            if isinstance(each, (Pages, Api)):
                yield from each.doors


@pytest.mark.parametrize("role", ["hub", "node"])
def test_every_form_is_refused_without_our_token(app: Flask, node_app: Flask, role: str) -> None:
    here = app if role == "hub" else node_app
    refused = {}
    for rule in here.url_map.iter_rules():
        door = door_of(here, rule.endpoint)
        if door is not None and door.method not in SAFE and not getattr(door, "raw", False):
            refused[rule.endpoint] = is_refused(here, door)
    assert [endpoint for endpoint, was in refused.items() if not was] == []
    assert refused


def is_refused(app: Flask, door: Any) -> bool:
    """Say whether a door's own check refuses a request without a token."""
    with app.test_request_context(method=door.method):
        doors.visit.begin("test")
        try:
            doors.check(door, {})
        except csrf.ForgedError:
            return True
        except AppError:
            return False
    return False
