"""Messages that must be refused, gathered by name from where each is sent, and the codes the document gives them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.federation import (
    test_api,
    test_enrolment,
    test_negative,
    test_refused_sticks,
    test_third_party_refused,
    test_tokens,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "federation.md"
CHAPTERS = ("## 9. Codes",)
CODE = re.compile(r"`([a-z][a-z0-9_]+)`")
# Each table is run message by message by the module it stands in; here nothing is sent.
SENT: dict[str, Mapping[str, tuple[Any, str]]] = {
    "a node to the hub": test_api.MESSAGES,
    "the hub to a node": test_negative.MESSAGES,
    "for a token": test_tokens.MESSAGES,
    "to join": test_enrolment.MESSAGES,
    "by stick": test_refused_sticks.MESSAGES,
    "of a third party": test_third_party_refused.MESSAGES,
}
LEAST = {
    "a node to the hub": 30,
    "the hub to a node": 40,
    "for a token": 15,
    "to join": 10,
    "by stick": 20,
    "of a third party": 45,
}


def messages() -> Iterator[tuple[str, str, str]]:
    """Give every message: over what it goes, its name, the code it must be answered with."""
    for way, table in SENT.items():
        for what, (_send, code) in table.items():
            yield way, what, code


def documented() -> set[str]:
    """Return the codes of the document's chapters on codes."""
    sections = re.split(r"^(?=##)", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {code for each in sections if each.startswith(CHAPTERS) for code in CODE.findall(each)}


def test_no_two_messages_have_one_name() -> None:
    assert [what for what, count in Counter(what for _way, what, _code in messages()).items() if count > 1] == []


@pytest.mark.parametrize("way", SENT)
def test_each_way_has_its_messages(way: str) -> None:
    assert len(SENT[way]) >= LEAST[way]


def test_each_message_has_one_code_and_the_document_explains_it() -> None:
    assert {code for _way, _what, code in messages()} - documented() == set()
