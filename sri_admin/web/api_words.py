"""The OpenAPI document as people read it: by part, one entry an operation, shapes written out in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_REFERENCE = "#/components/schemas/"


@dataclass(frozen=True)
class Value:
    """One value that is sent or comes back."""

    name: str
    shape: str
    needed: bool


@dataclass(frozen=True)
class Operation:
    """What one address does with one method."""

    method: str
    path: str
    summary: str
    places: tuple[Value, ...]
    takes: tuple[Value, ...]
    gives: tuple[Value, ...]


@dataclass(frozen=True)
class Section:
    """The operations of one part."""

    name: str
    text: str
    operations: tuple[Operation, ...]


def sections(document: Mapping[str, Any]) -> list[Section]:
    """Return the operations of a document by part, in its order; parts without any are left out."""
    schemas = document.get("components", {}).get("schemas", {})
    found = [
        Section(tag["name"], tag.get("description", ""), tuple(_operations(document, tag["name"], schemas)))
        for tag in document.get("tags", [])
    ]
    return [each for each in found if each.operations]


def _operations(document: Mapping[str, Any], tag: str, schemas: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            if tag in told["tags"]:
                yield Operation(
                    method.upper(),
                    path,
                    told["summary"],
                    tuple(Value(each["name"], shape(each["schema"]), each["required"]) for each in told["parameters"]),
                    tuple(_values(_body(told.get("requestBody")), schemas)),
                    tuple(_values(_body(_good(told["responses"])), schemas)),
                )


def _good(responses: Mapping[str, Any]) -> Any:
    return next((answer for status, answer in responses.items() if str(status).startswith("2")), None)


def _body(told: Any) -> Mapping[str, Any]:
    return (told or {}).get("content", {}).get("application/json", {}).get("schema", {})


def _values(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Value]:
    whole = schemas.get(_name(schema), schema)
    needed = whole.get("required", ())
    for name, each in whole.get("properties", {}).items():
        yield Value(name, shape(each), name in needed)


def shape(schema: Mapping[str, Any]) -> str:
    """Return the shape of a value in the words of OpenAPI."""
    if "$ref" in schema:
        return _name(schema)
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " | ".join(shape(each) for each in schema[several])
    kinds = schema.get("type", "any")
    said = " | ".join(kinds) if isinstance(kinds, list) else kinds
    if "items" in schema:
        return f"{said} of {shape(schema['items'])}"
    return f"{said} ({schema['format']})" if "format" in schema else said


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).removeprefix(_REFERENCE)
