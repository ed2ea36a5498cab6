"""The text of one segment in one language, as it follows from what people contributed, reviewed and decided.

Everything here is a set of facts: they may arrive in any order and any number of times, and the same set always gives
the same answer. A mark (a review or a decision) names the marks its author had seen. The marks nobody has seen are the
heads: two heads that approve different wordings were made apart, so the segment is contested until a decision that has
seen both chooses one. A country can have seen its own marks and those of SRI; that it names another country's says
nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar


class Verdict(StrEnum):
    """What a reviser or SRI says of a wording."""

    APPROVE = "approve"
    RETURN = "return"


class State(StrEnum):
    """How a segment stands."""

    MISSING = "missing"
    OUTDATED = "outdated"
    DRAFTED = "drafted"
    TWO_VERSIONS = "two_versions"
    RETURNED = "returned"
    CONTESTED = "contested"
    INTEGRITY = "integrity"
    APPROVED = "approved"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What was said in a country, or by SRI, of one revision of the source; `seen` are the ids of what it knew."""

    id: str
    revision: str
    text: str
    at: datetime
    country: str = ""
    by_sri: bool = False
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Version(Fact):
    """A wording somebody contributed."""

    author: str


@dataclass(frozen=True, kw_only=True)
class Mark(Fact):
    """A review, or a decision of SRI, on a wording; a decision carries the text itself."""

    version_id: str
    verdict: Verdict
    note: str = ""


F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a segment stands: its text if there is one, and everything that still competes or waits."""

    state: State
    text: str = ""
    version_id: str = ""
    candidates: tuple[Version, ...] = ()
    approvals: tuple[Mark, ...] = ()
    heads: tuple[str, ...] = ()
    base: str = ""
    note: str = ""
    waits: Version | None = None


def standing_of(
    revision: str, *, is_critical: bool, versions: Collection[Version], marks: Collection[Mark]
) -> Standing:
    """Say how a segment stands against a revision of its source."""
    if not versions and not marks:
        return Standing(state=State.MISSING)
    here = _judge(revision, is_critical, versions, marks)
    if here.state is not State.MISSING:
        return here
    others = {each.revision for each in (*versions, *marks)} - {revision}
    if not others:
        return here
    newest = max(others, key=lambda each: (_last(each, versions, marks), each))
    before = _judge(newest, is_critical, versions, marks)
    return Standing(state=State.OUTDATED, text=before.text, base=newest, candidates=before.candidates)


def _last(revision: str, versions: Iterable[Version], marks: Iterable[Mark]) -> datetime:
    return max(each.at for each in (*versions, *marks) if each.revision == revision)


def _judge(revision: str, is_critical: bool, versions: Iterable[Version], marks: Iterable[Mark]) -> Standing:
    mine = _sorted(each for each in versions if each.revision == revision)
    said = sorted((each for each in marks if each.revision == revision), key=lambda each: (each.at, each.id))
    heads = _unseen(said)
    approvals = [each for each in heads if each.verdict is Verdict.APPROVE]
    names = tuple(each.id for each in heads)
    open_versions = _unseen(mine)
    waits = next((each for each in reversed(open_versions) if each.id not in {one.version_id for one in said}), None)
    if len({each.text for each in approvals}) > 1:
        return Standing(
            state=State.CONTESTED,
            text=approvals[0].text,
            candidates=tuple(mine),
            approvals=tuple(approvals),
            heads=names,
        )
    if approvals:
        return _approved(approvals, heads, is_critical, waits)
    return _unapproved(mine, open_versions, heads, waits)


def _approved(approvals: list[Mark], heads: list[Mark], is_critical: bool, waits: Version | None) -> Standing:
    decided = [each for each in approvals if each.by_sri]
    last = (decided or approvals)[-1]
    returned = (each for each in heads if each.by_sri and each.verdict is Verdict.RETURN)
    refused = next((each for each in returned if each.text == last.text), None)
    names = tuple(each.id for each in heads)
    if refused is not None and not decided:
        return Standing(
            state=State.RETURNED,
            text=last.text,
            version_id=last.version_id,
            note=refused.note,
            heads=names,
            waits=waits,
        )
    state = State.INTEGRITY if is_critical and not decided else State.APPROVED
    return Standing(
        state=state,
        text=last.text,
        version_id=last.version_id,
        approvals=tuple(approvals),
        heads=names,
        waits=waits,
    )


def _unapproved(
    mine: list[Version], open_versions: list[Version], heads: list[Mark], waits: Version | None
) -> Standing:
    names = tuple(each.id for each in heads)
    if not mine:
        last = heads[-1] if heads else None
        state = State.RETURNED if last else State.MISSING
        return Standing(state=state, text=last.text if last else "", note=last.note if last else "", heads=names)
    if waits is None:
        last, newest = heads[-1] if heads else None, mine[-1]
        note = last.note if last else ""
        return Standing(
            state=State.RETURNED, text=newest.text, version_id=newest.id, note=note, candidates=tuple(mine), heads=names
        )
    returned = {each.version_id for each in heads}
    rivals = [each for each in open_versions if each.id not in returned]
    state = State.TWO_VERSIONS if len({each.text for each in rivals}) > 1 else State.DRAFTED
    return Standing(
        state=state, text=waits.text, version_id=waits.id, candidates=tuple(rivals), heads=names, waits=waits
    )


def _unseen(facts: Sequence[F]) -> list[F]:
    """Return those that nobody named who can have seen them."""
    named: dict[str, set[str]] = defaultdict(set)
    by_sri: set[str] = set()
    for each in facts:
        (by_sri if each.by_sri else named[each.country]).update(each.seen)
    by_anybody = by_sri.union(*named.values())
    return [each for each in facts if each.id not in (by_anybody if each.by_sri else by_sri | named[each.country])]


def _sorted(versions: Iterable[Version]) -> list[Version]:
    return sorted(versions, key=lambda each: (each.at, each.id))
