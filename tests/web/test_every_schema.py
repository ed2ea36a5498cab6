"""No door takes a field that is not its own: every shape is sent every column there is."""

import inspect

from flask import Flask
from marshmallow import RAISE, Schema, fields

from sri_admin.kernel.db import Base
from sri_admin.web.doors import Door


def shapes(app: Flask) -> dict[str, type[Schema]]:
    """Return the shape each door takes, by its endpoint."""
    doors = ((name, getattr(view, "door", None)) for name, view in app.view_functions.items())
    taken = {name: door.takes for name, door in doors if door is not None and getattr(door, "takes", None)}
    assert any(isinstance(getattr(app.view_functions[name], "door", None), Door) for name in taken)
    return taken


def columns() -> set[str]:
    """Return the name of every column of every table."""
    return {column.name for table in Base.metadata.sorted_tables for column in table.columns}


def nested(shape: Schema) -> list[Schema]:
    """Return a shape and those inside it."""
    inner = [each.inner if isinstance(each, fields.List) else each for each in shape.fields.values()]
    return [shape, *(found for each in inner if isinstance(each, fields.Nested) for found in nested(each.schema))]


def test_a_column_that_is_no_field_of_a_form_is_refused_by_name(app: Flask, node_app: Flask) -> None:
    passed = []
    for endpoint, taken in {**shapes(app), **shapes(node_app)}.items():
        made = taken() if inspect.isclass(taken) else taken
        for shape in nested(made):
            own = {each.data_key or name for name, each in shape.fields.items()}
            foreign = columns() - own
            refused = shape.validate(dict.fromkeys(foreign, "x"))
            passed += [(endpoint, each) for each in foreign if each not in refused]
            assert shape.unknown == RAISE, endpoint
    assert passed == []


def test_a_shape_that_lets_others_through_is_found() -> None:
    class Loose(Schema):
        class Meta:
            unknown = "exclude"

    assert Loose().validate({"member_id": "x"}) == {}
