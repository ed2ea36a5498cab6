"""Which side's program is the older one, kind by kind; values in, decisions out (docs/federation.md §17)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

Spans = Mapping[str, list[int]]

# No protocol both sides speak: told by the hub's answer, or seen by the node from what the hub says it speaks.
_PAIR: Final = 2
TOO_OLD: Final = frozenset({"client_too_old", "server_too_old"})


class Side(StrEnum):
    """Where the older program runs: here, or at the other end of the line."""

    HERE = "here"
    THERE = "there"


class Difference(NamedTuple):
    """A kind of which the two programs know different versions: [oldest, newest] read at each side, None if unknown."""

    kind: str
    older: Side
    here: tuple[int, int] | None
    there: tuple[int, int] | None
    since: datetime | None = None

    @property
    def is_unreadable(self) -> bool:
        """Say whether what the older program writes of this kind is no longer read at the newer side."""
        if self.here is None or self.there is None:
            return False
        old, new = (self.here, self.there) if self.older is Side.HERE else (self.there, self.here)
        return old[1] < new[0]

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "kind": self.kind,
            "older": self.older.value,
            "here": self.here and list(self.here),
            "there": self.there and list(self.there),
            "since": self.since and self.since.isoformat(),
        }


class Demand(NamedTuple):
    """A floor one side does not reach: from a day on its lines of a kind wait until it reads this version."""

    kind: str
    version: int
    starts_on: date
    known: int | None
    in_force: bool

    def to_dict(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "kind": self.kind,
            "version": self.version,
            "from": self.starts_on.isoformat(),
            "known": self.known,
            "in_force": self.in_force,
        }


def compare(
    here: Mapping[str, Sequence[int]], there: Spans, since: Mapping[str, str] | None = None
) -> list[Difference]:
    """Return the kinds of which one side knows a newer version; `since` says when that was first seen."""
    found = (_difference(kind, here.get(kind), there.get(kind)) for kind in sorted({*here, *there}))
    noticed = since or {}
    return [
        each._replace(since=datetime.fromisoformat(noticed[each.kind]) if each.kind in noticed else None)
        for each in found
        if each is not None
    ]


def _difference(kind: str, here: Sequence[int] | None, there: Sequence[int] | None) -> Difference | None:
    ours, theirs = _span(here), _span(there)
    newest_here, newest_there = (ours or (0, 0))[1], (theirs or (0, 0))[1]
    if newest_here == newest_there:
        return None
    return Difference(kind, Side.HERE if newest_here < newest_there else Side.THERE, ours, theirs)


def read_spans(told: Any) -> dict[str, list[int]] | None:
    """Return what the other side says it reads; None if it says nothing, or nothing that can be read."""
    return told if isinstance(told, dict) and all(map(_is_span, told.values())) else None


def _is_span(told: Any) -> bool:
    return isinstance(told, list) and len(told) == _PAIR and all(type(n) is int for n in told)


def _span(told: Sequence[int] | None) -> tuple[int, int] | None:
    return (told[0], told[1]) if told else None


def noticed(differing: Sequence[Difference], before: Mapping[str, str], now: str) -> dict[str, str]:
    """Return when each differing kind was first seen to differ: what was noticed before stays, the rest is of now."""
    return {each.kind: before.get(each.kind, now) for each in differing}


def is_below(told: Mapping[str, Sequence[int]], floors: Mapping[str, int]) -> bool:
    """Say whether a program that reads these versions stands below one of the floors."""
    return any(kind not in told or told[kind][1] < version for kind, version in floors.items())
