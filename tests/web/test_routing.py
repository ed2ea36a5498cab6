"""Routes write their addresses as Werkzeug's own do, and learn it only when they are asked."""

from unittest.mock import patch
from uuid import UUID

from flask import Flask
from werkzeug.routing import Map, Rule

from sri_admin.web.routing import Route

ID = UUID("01890000-0000-7000-8000-000000000001")
SHAPES = ("/", "/things/<uuid:thing_id>", "/places/<code>/numbers/<int:number>", "/files/<path:name>")
VALUES = {"thing_id": ID, "code": "Q M", "number": 7, "name": "a/b ü.css"}


def addresses(kind: type[Rule]) -> list[str]:
    rules = [kind(shape, endpoint=shape) for shape in SHAPES]
    built = Map(rules).bind("localhost")
    known = {rule.endpoint: {name: VALUES[name] for name in rule.arguments} for rule in rules}
    return [built.build(shape, {**known[shape], **more}) for shape in SHAPES for more in ({}, {"page": "2 & 3"})]


def test_addresses_are_those_of_a_plain_rule() -> None:
    assert addresses(Route) == addresses(Rule)


def test_an_address_is_learned_when_it_is_asked_for() -> None:
    with patch.object(Rule, "_compile_builder", autospec=True, side_effect=Rule._compile_builder) as learned:
        found = Map([Route(shape, endpoint=shape) for shape in SHAPES]).bind("localhost")
        assert found.match("/")[0] == "/"
        assert learned.call_count == 0
        assert {found.build("/"), found.build("/")} == {"/"}
        assert learned.call_count == 1


def test_every_route_of_an_application_is_such_a_one(app: Flask, node_app: Flask) -> None:
    rules = [rule for each in (app, node_app) for rule in each.url_map.iter_rules()]
    assert {type(rule) for rule in rules} == {Route}
