"""How a part tells the house what it brings: one frozen declaration, read once at start."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from click import Command
from flask import Flask

from sri_admin.kernel import runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import AppError
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.policy import Policy
from sri_admin.kernel.work import Event

BOTH = frozenset({"hub", "node"})
HUB = frozenset({"hub"})
NODE = frozenset({"node"})
MOST_HITS = 8


class Doors(Protocol):
    """A set of routes that can be opened for an application in a role."""

    def open(self, app: Flask, role: str) -> None:
        """Register the routes this role has."""
        ...


@dataclass(frozen=True, kw_only=True)
class MenuEntry:
    """A link in the navigation, for those it is shown to.

    `url` makes the address where it depends on the actor; `covers` are further endpoints below this entry.
    """

    label: LazyText
    endpoint: str
    icon: str
    place: int
    group: LazyText | None = None
    roles: frozenset[str] = BOTH
    shown: Callable[[Actor], bool] = lambda actor: actor.account_id is not None
    count: Callable[[Actor], int] | None = None
    url: Callable[[Actor], str] | None = None
    covers: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Task:
    """A job by name. `run` gets the actor and the payload; the runner opens the transaction for the member in it.

    A task with `own_transactions` (network in the middle) opens its own; `every` is a cron line or its maker. One that
    is `outward` speaks to somebody outside (a letter, a call): a restore cancels those that wait. One that writes
    nothing but what came from the other side may run `while_restored`; every other waits until writing is allowed.
    """

    name: str
    run: Callable[..., None]
    roles: frozenset[str] = BOTH
    every: str | Callable[[], str] | None = None
    own_transactions: bool = False
    outward: bool = False
    while_restored: bool = False
    retries: int = 5


@dataclass(frozen=True, kw_only=True)
class WorkItem:
    """One thing of a part that waits for somebody: an answer to the question `overview.work`.

    `shown` says for whom; `endpoint` and `arguments` lead to the page where it is done.
    """

    family: str
    title: Any
    reason: Any
    label: Any
    endpoint: str
    arguments: Mapping[str, Any]
    shown: Callable[[Actor], bool]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What a part says of a member on the page about it: an answer to the question `members.standing_panel`.

    `badge` is a family and its words; `facts` are labels with values; `label` names the link to the part's own page.
    """

    title: Any
    facts: Sequence[tuple[Any, Any]] = ()
    badge: tuple[str, Any] | None = None
    note: Any = None
    label: Any = None
    endpoint: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    shown: Callable[[Actor], bool] = lambda actor: actor.account_id is not None


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A page of a part about one member, beside the others: an answer to the question `shell.tabs`.

    The endpoint takes the member's `code`; `covers` are further endpoints below it.
    """

    label: LazyText
    endpoint: str
    place: int
    shown: Callable[[Actor], bool] = lambda actor: actor.account_id is not None
    covers: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing that was looked for and found; `kind` says what it is, `note` what tells it from its like."""

    kind: Any
    title: Any
    note: Any
    endpoint: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One thing that can be checked: what it is, and a function that yields a sentence for every fault it finds.

    It runs in a reading transaction that reaches every member.
    """

    name: str
    label: LazyText
    run: Callable[[], Iterable[str]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one part of the house registers.

    `heads` are queries whose rows a backup notes and a restore compares; each function of `search` finds, for an actor
    and a folded text, at most `MOST_HITS` things that actor may see.
    """

    name: str
    doors: tuple[Doors, ...] = ()
    commands: tuple[Command, ...] = ()
    tasks: tuple[Task, ...] = ()
    handlers: Mapping[type, Callable[..., None]] = field(default_factory=dict)
    kinds: tuple[Any, ...] = ()
    policy: Policy | None = None
    menu: tuple[MenuEntry, ...] = ()
    answers: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    sentences: Mapping[type[Event], Callable[[Mapping[str, Any]], Any]] = field(default_factory=dict)
    constraints: Mapping[str, Callable[[], AppError]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    heads: Mapping[str, str] = field(default_factory=dict)
    search_endpoint: str | None = None
    search: tuple[Callable[[Actor, str], Sequence[Hit]], ...] = ()


def ask(question: str, member: UUID, on: date) -> list[Any]:
    """Ask every part that declared an answer, in floor order; each answers with a frozen dataclass."""
    return [answer(member, on) for answer in runtime.current().answers.get(question, ())]


def gathered(parts: Iterable[Part], attribute: str) -> dict[Any, list[Any]]:
    """Join one mapping of all parts into lists by key, in floor order."""
    joined: dict[Any, list[Any]] = {}
    for part in parts:
        for key, value in getattr(part, attribute).items():
            joined.setdefault(key, []).append(value)
    return joined


def sentence_for(parts: Iterable[Part], event_name: str) -> Callable[[Mapping[str, Any]], Any] | None:
    """Return how a recorded event is told to a person."""
    for part in parts:
        for event, tell in part.sentences.items():
            if event.event_name() == event_name:
                return tell
    return None
