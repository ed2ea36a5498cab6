"""The few rules of the house that no linter knows, read from the code itself; each is proven by a planted breach."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "sri_admin"
LONGEST_FILE, LONGEST_FUNCTION = 500, 60
FORBIDDEN_NAMES = {"util", "utils", "helpers", "common", "base", "misc", "manager", "managers", "services"}
ENVIRONMENT = {"environ", "environb", "getenv", "putenv"}
REQUEST_OBJECTS = {"request", "session", "g", "current_app"}
# Who beyond the doors touches flask's objects: the wiring is kept on the application, and nowhere else.
ABOUT_THE_APPLICATION = {"kernel/runtime.py", "kernel/database.py", "kernel/jobs.py"}
SENTENCES = {"_", "_l", "gettext", "ngettext", "pgettext", "gettext_lazy", "pgettext_lazy"}
# Sentences a variable holds are looked up by these two alone.
LOOK_UP = {"kernel/i18n.py"}
Breaches = Iterator[tuple[int, str]]


def sizes(tree: ast.Module, path: str) -> Breaches:
    """A file has at most 500 lines, a function 60."""
    last = max((node.end_lineno or 0 for node in tree.body), default=0)
    if last > LONGEST_FILE:
        yield last, f"the file is longer than {LONGEST_FILE} lines"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield node.lineno, f"{node.name} has {length} lines"


def empty_rooms(tree: ast.Module, path: str) -> Breaches:
    """The file of a package is a docstring; the program's version is its root's."""
    if path.endswith("__init__.py"):
        for node in tree.body:
            is_version = path == "__init__.py" and isinstance(node, ast.Assign)
            if not is_docstring(node) and not is_version:
                yield node.lineno, "a package's file holds more than a docstring"


def one_door_commits(tree: ast.Module, path: str) -> Breaches:
    """Only kernel/transaction.py ends transactions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "commit" and path != "kernel/transaction.py":
            yield node.lineno, "commits"


def environment(tree: ast.Module, path: str) -> Breaches:
    """Only kernel/settings.py reads the environment."""
    for node in ast.walk(tree):
        names = names_of(node) if isinstance(node, ast.ImportFrom) and node.module == "os" else {name_of(node)}
        if names & ENVIRONMENT and path != "kernel/settings.py":
            yield getattr(node, "lineno", 1), "reads the environment"


def request_objects(tree: ast.Module, path: str) -> Breaches:
    """Flask's objects of a request are touched by the web floor, pages and API alone."""
    allowed = path.startswith("web/") or bool({"api.py", "pages.py", "api", "pages"} & set(path.split("/")))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(each.name.split(".")[0] == "flask" for each in node.names):
            yield node.lineno, "imports flask whole"
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("flask"):
            continue
        touched = names_of(node) & REQUEST_OBJECTS
        if touched and not allowed and (path not in ABOUT_THE_APPLICATION or touched != {"current_app"}):
            yield node.lineno, f"takes {', '.join(sorted(touched))} of flask"


def one_sided_links(tree: ast.Module, path: str) -> Breaches:
    """Links between tables are told from one side."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "backref":
            yield node.value.lineno, "has a backref"


def whole_sentences(tree: ast.Module, path: str) -> Breaches:
    """What is looked up is a whole sentence written down, never put together."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in SENTENCES and path not in LOOK_UP:
            count = 2 if name_of(node.func) in {"ngettext", "pgettext", "pgettext_lazy"} else 1
            for argument in node.args[:count]:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    yield node.lineno, "looks up what is no plain sentence"


def plain_names(tree: ast.Module, path: str) -> Breaches:
    """A file is named after what is in it."""
    stem = Path(path).stem
    if stem in FORBIDDEN_NAMES or stem.endswith(("_util", "_utils", "_helpers", "_manager")):
        yield 1, f"is named {stem}"


def imports_on_top(tree: ast.Module, path: str) -> Breaches:
    """Imports stand at the top of a file and have no condition."""
    top = {node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and node not in top:
            yield node.lineno, "imports in the middle"
        if name_of(node) == "TYPE_CHECKING":
            yield getattr(node, "lineno", 1), "asks for TYPE_CHECKING"


def bound_sql(tree: ast.Module, path: str) -> Breaches:
    """SQL is a constant; values are bound to it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in {"text", "exec_driver_sql", "literal_column"}:
            if node.args and isinstance(node.args[0], (ast.JoinedStr, ast.BinOp)):
                yield node.lineno, "puts SQL together"
            if node.args and isinstance(node.args[0], ast.Call) and name_of(node.args[0].func) == "format":
                yield node.lineno, "puts SQL together"


def unswallowed(tree: ast.Module, path: str) -> Breaches:
    """An error nobody named is never passed over in silence."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler) or (node.type is not None and name_of(node.type) not in BROAD):
            continue
        if all(isinstance(each, (ast.Pass, ast.Continue)) for each in node.body):
            yield node.lineno, "swallows every error"


BROAD = {"Exception", "BaseException"}
RULES: tuple[Callable[[ast.Module, str], Breaches], ...] = (
    sizes,
    empty_rooms,
    one_door_commits,
    environment,
    request_objects,
    one_sided_links,
    whole_sentences,
    plain_names,
    imports_on_top,
    bound_sql,
    unswallowed,
)


def is_docstring(node: ast.stmt) -> bool:
    """Say whether a statement is a string standing for itself."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def names_of(node: ast.ImportFrom) -> set[str]:
    """Return the names an import takes."""
    return {each.name for each in node.names}


def name_of(node: ast.AST) -> str:
    """Return the last name of a name or attribute, else nothing."""
    if isinstance(node, ast.alias):
        return node.name
    return getattr(node, "id", "") if isinstance(node, ast.Name) else getattr(node, "attr", "")


@cache
def house() -> dict[str, ast.Module]:
    """Return every file of the package, read once."""
    root = ROOT / PACKAGE
    return {path.relative_to(root).as_posix(): ast.parse(path.read_text()) for path in sorted(root.rglob("*.py"))}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rule(rule: Callable[[ast.Module, str], Breaches]) -> None:
    found = [f"{path}:{line}: {what}" for path, tree in house().items() for line, what in rule(tree, path)]
    assert found == []


PLANTED: tuple[tuple[Callable[[ast.Module, str], Breaches], str, str], ...] = (
    (sizes, "members/rules.py", "x = 1\n" * 501),
    (sizes, "members/rules.py", "def long():\n" + "    x = 1\n" * 60),
    (empty_rooms, "members/__init__.py", '"""Members."""\nfrom sri_admin.members import rules\n'),
    (one_door_commits, "members/operations.py", "db.session.commit()"),
    (one_door_commits, "members/operations.py", "save = db.session.commit"),
    (environment, "web/locale.py", "import os\nos.environ['LANG']"),
    (environment, "web/locale.py", "from os import getenv"),
    (request_objects, "members/operations/members.py", "from flask import request"),
    (request_objects, "kernel/jobs.py", "from flask import g"),
    (request_objects, "members/queries.py", "import flask"),
    (one_sided_links, "members/models.py", "relationship('Member', backref='offices')"),
    (whole_sentences, "members/pages.py", "_(f'Hello {name}')"),
    (whole_sentences, "members/pages.py", "_('Hello ' + name)"),
    (whole_sentences, "members/pages.py", "ngettext('%(num)s day', 'days'.join(x), 2)"),
    (plain_names, "members/helpers.py", ""),
    (plain_names, "members/date_utils.py", ""),
    (imports_on_top, "members/rules.py", "def late():\n    from sri_admin.kernel import ids"),
    (imports_on_top, "members/rules.py", "from typing import TYPE_CHECKING"),
    (imports_on_top, "members/rules.py", "if typing.TYPE_CHECKING:\n    import x"),
    (bound_sql, "members/queries.py", "sa.text(f'select {name}')"),
    (bound_sql, "members/queries.py", "text('select ' + name)"),
    (bound_sql, "members/queries.py", "sa.text('select {}'.format(name))"),
    (unswallowed, "members/jobs.py", "try:\n    go()\nexcept Exception:\n    pass"),
)


@pytest.mark.parametrize(("rule", "path", "source"), PLANTED)
def test_a_planted_breach_is_reported(rule: Callable[[ast.Module, str], Breaches], path: str, source: str) -> None:
    assert list(rule(ast.parse(source), path)) != []


def test_every_rule_has_a_planted_breach() -> None:
    assert {rule for rule, _path, _source in PLANTED} == set(RULES)
