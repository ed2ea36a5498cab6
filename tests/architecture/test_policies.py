"""What nobody declared is denied to everybody: every table is closed by default, and no code asks past them."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from sri_admin.app import PARTS
from sri_admin.kernel import actor, ids
from sri_admin.kernel.actor import ANONYMOUS, Actor, Mandate, Scope
from sri_admin.kernel.clock import today
from sri_admin.kernel.errors import NotAllowedError
from sri_admin.kernel.policy import Policy
from sri_admin.people.rules import Role

ROOT = Path(__file__).parents[2] / "sri_admin"
POLICIES = {part.name: part.policy for part in PARTS if part.policy is not None}
MEMBER, HUB = ids.new(), ids.new()
# The way in, and what tells nothing of anybody: each proves who asks by something other than a mandate.
OPEN_TO_ALL = {"people.session.open", "people.link.use", "people.second_step.pass"}
OPEN_TO_ACCOUNTS = {"people.me.read", "integrity.standard.read"}
# What a mandate that is to be given is.
GIVEN = {"role": Role.CHAIR, "scope": Scope.MEMBER, "starts_on": today(), "ends_on": None}


def holder(role: str, scope: Scope, place: UUID) -> Actor:
    """Return somebody with one role."""
    held = Mandate(role=role, scope=scope, member_id=place, starts_on=today(), language="pl")
    return Actor(label=role, account_id=ids.new(), mandates=(held,))


def everybody() -> Iterator[Actor]:
    """Yield nobody, a node, the program itself, and somebody of each role in each scope, administrators among them."""
    yield ANONYMOUS
    yield Actor(label="node", kind="node", mandates=holder("node", Scope.MEMBER, MEMBER).mandates)
    yield actor.system("test")
    for role in Role:
        for scope in Scope:
            yield holder(role, scope, HUB if scope is Scope.HUB else MEMBER)


@pytest.mark.parametrize("part", sorted(POLICIES))
def test_what_nobody_declared_is_denied_to_everybody(part: str) -> None:
    policy = POLICIES[part]
    for invented in (f"{part}.attic.open", part, "", "*"):
        for somebody in everybody():
            for subject in (None, MEMBER, HUB):
                assert not policy.allows(somebody, invented, subject), (somebody.label, invented)
                with pytest.raises(NotAllowedError):
                    policy.require(somebody, invented, subject)


def test_an_empty_table_allows_nothing() -> None:
    assert [each.label for each in everybody() if Policy({}).allows(each, "attic.door.open", MEMBER)] == []


def allowed(somebody: Actor) -> set[str]:
    """Return the actions every table allows somebody to do to something of the member."""
    subject = SimpleNamespace(id=ids.new(), account_id=ids.new(), member_id=MEMBER, language="pl", mandates=(), **GIVEN)
    rules = ((action, policy) for policy in POLICIES.values() for action in policy.rules)
    return {action for action, policy in rules if policy.allows(somebody, action, subject)}


def test_who_is_nobody_or_has_no_role_we_know_may_do_nothing_here() -> None:
    assert allowed(ANONYMOUS) == allowed(Actor(label="node", kind="node")) == OPEN_TO_ALL
    assert allowed(holder("emperor", Scope.MEMBER, MEMBER)) == OPEN_TO_ALL | OPEN_TO_ACCOUNTS


@pytest.mark.parametrize("part", sorted(POLICIES))
def test_a_table_holds_only_what_is_its_parts_to_say(part: str) -> None:
    assert [action for action in POLICIES[part].rules if not action.startswith(f"{part}.")] == []


def asked(source: str) -> Iterator[str]:
    """Yield the actions code asks a table for by name."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"require", "allows"}
        ):
            names = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield from (name for name in names if name.count(".") == 2)


def test_no_code_asks_for_what_no_table_says() -> None:
    declared = {action for policy in POLICIES.values() for action in policy.rules}
    found = {name for path in ROOT.rglob("*.py") for name in asked(path.read_text(encoding="utf-8"))}
    assert (found - declared, len(found) > 50) == (set(), True)


def test_a_question_no_table_answers_is_found() -> None:
    assert list(asked('POLICY.require(actor, "attic.door.open", member)')) == ["attic.door.open"]
