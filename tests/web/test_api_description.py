"""The API described for people: every operation of the document stands on the page, made here, without a script."""

from typing import Any

import pytest
from flask import Flask

from sri_admin.web.api_words import shape
from tests.make.people import browser, person


@pytest.mark.usefixtures("database")
def test_the_page_tells_every_operation_of_the_document(app: Flask) -> None:
    client = browser(app, person("auditor"))
    document = client.get("/api/openapi.json").get_json()
    page = client.get("/about/api").get_data(as_text=True)
    told = [f"<code>{m.upper()} {path}</code>" for path, methods in document["paths"].items() for m in methods]
    assert [each for each in told if each not in page] == []
    assert len(told) > 20
    assert "<code>reason</code>" in page


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "format": "uuid"}, "string (uuid)"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/MemberOut"}}, "array of MemberOut"),
        ({"enum": ["a", "b"], "type": "string"}, "a | b"),
        ({"anyOf": [{"$ref": "#/components/schemas/X"}, {"type": "null"}]}, "X | null"),
        ({}, "any"),
    ],
)
def test_shapes_are_told_in_words(schema: dict[str, Any], words: str) -> None:
    assert shape(schema) == words
