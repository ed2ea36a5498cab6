"""docs/federation.md tells everything the program says: its codes with their status, addresses, chapters."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from flask import Flask

from sri_admin import federation
from sri_admin.federation import answers, export
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.versions import TOO_OLD
from tests.federation import make_kinds

DOCUMENT = Path(__file__).parents[2] / "docs" / "federation.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z_0-9]+)` \| ([a-z0-9 ]+) \| (§[^|]+) \| ([^|]+) \|$", re.MULTILINE)
SECTION = re.compile(r"§([0-9]+(?:\.[0-9]+)?)")
# Where a call names its code: as the first argument, but for what becomes of a line.
SECOND = frozenset({"ChangeVerdict", "Fault", "Refused"})
# Refusals of doors all routes have, and of the token endpoint (RFC 6749), which no call of the exchange names.
OF_DOORS = {"sign_in_needed": 401, "not_found": 404, "invalid": 422, "too_many": 429, "invalid_client": 401}
# Codes that reach a refusal through a variable.
NAMED_ELSEWHERE = frozenset(
    {
        *(code for code, _detail in export._REFUSALS.values()),
        *TOO_OLD,
        "not_closing",
        "not_equal",
        "unknown_incarnation",
        "older_copy",
        "given_up",
        "unavailable",
        "ahead",
        "has_node",
        "below_floor",
    }
)


def rows() -> dict[str, tuple[str, str]]:
    """Return the table of codes: how each is answered, and where."""
    chapter = TEXT.split("\n## 9. ", 1)[1].split("\n## 10. ", 1)[0]
    return {code: (answer, where) for code, answer, where, _todo in ROW.findall(chapter)}


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(federation.__path__, f"{federation.__name__}."):
        yield importlib.import_module(found.name)


def refusals() -> set[str]:
    """Return the names of everything that carries a code of the protocol."""

    def below(error: type[Exception]) -> Iterator[str]:
        yield error.__name__
        for each in error.__subclasses__():
            yield from below(each)

    return set(below(ProtocolError))


def raised() -> set[str]:
    """Return the codes the program names where it refuses something or sets it aside."""
    modules_here, names = list(modules()), refusals()
    return {code for module in modules_here for code in _codes(module, names)}


def _codes(module: ModuleType, names: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = 1 if name in SECOND else 0 if name in names else None
            if place is not None and len(node.args) > place:
                yield from _constants(node.args[place], module)


def _constants(node: ast.expr, module: ModuleType) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from (each for part in (node.body, node.orelse) for each in _constants(part, module))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and isinstance(getattr(module, node.id, None), str):
        yield getattr(module, node.id)


def test_the_document_names_exactly_the_codes_there_are() -> None:
    assert raised() | NAMED_ELSEWHERE | set(OF_DOORS) == set(rows())


def test_each_code_stands_in_the_table_once() -> None:
    chapter = TEXT.split("\n## 9. ", 1)[1].split("\n## 10. ", 1)[0]
    counted = Counter(code for code, *_rest in ROW.findall(chapter))
    assert [code for code, count in counted.items() if count > 1] == []
    assert len(counted) == chapter.count("\n| `")


def test_each_code_has_the_status_the_hub_gives_it() -> None:
    told = {code: re.findall(r"[0-9]{3}", answer) for code, (answer, _where) in rows().items()}
    given = {code: str(OF_DOORS.get(code, 409 if code == "has_node" else _status(code))) for code in told}
    assert {code: status for code, status in told.items() if status and status != [given[code]]} == {}
    assert set(answers._STATUS) - {code for code, status in told.items() if status} == set()


def _status(code: str) -> int:
    return answers._STATUS.get(code, answers._OTHERWISE)


def test_each_answer_is_one_that_is_explained() -> None:
    words = {word for answer, _where in rows().values() for word in answer.split() if not word.isdigit()}
    assert words == {"line", "node", "stick"}


def test_every_section_that_is_named_is_there() -> None:
    sections = set(re.findall(r"^#{2,3} ([0-9]+(?:\.[0-9]+)?)", TEXT, re.MULTILINE))
    named = set(SECTION.findall(TEXT))
    for path in DOCUMENT.parents[1].glob("sri_admin/federation/**/*.py"):
        named |= set(SECTION.findall(path.read_text(encoding="utf-8")))
    assert named - sections == set()


def test_the_contents_name_every_chapter_in_reading_order() -> None:
    chapters: list[str] = re.findall(r"^#{2,3} ([0-9].*)$", TEXT, re.MULTILINE)
    told = re.findall(r"^ *- \[([0-9].*)\]\(#[a-z0-9_-]+\)$", TEXT, re.MULTILINE)
    assert told == chapters
    numbers = [int(title.split(".")[0]) for title in chapters]
    assert list(dict.fromkeys(numbers)) == list(range(max(numbers) + 1))
    assert numbers == sorted(numbers)


def test_every_address_of_the_exchange_is_in_the_document(app: Flask) -> None:
    rules = (rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("sync.api."))
    for rule in rules:
        path = re.sub(r"<(?:[a-z]+:)?([a-z0-9]+)>", r"{\1}", rule.rule)
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        ends = {path, path.replace("/api/sync/v1/streams/{stream}", "…")}
        assert any(f"{method} {each}" in TEXT for method in methods for each in ends), rule


def test_the_kinds_on_their_page_are_those_of_the_program() -> None:
    assert make_kinds.DOCUMENT.read_text(encoding="utf-8") == make_kinds.build()
