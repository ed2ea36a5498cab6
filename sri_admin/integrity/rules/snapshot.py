"""A snapshot: every answer at one moment, as exact text, so that it can be signed, checked and never argued about."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sri_admin.integrity.rules.answers import LONGEST_REASON, LONGEST_STATEMENT, Answer, Given, lack_of
from sri_admin.integrity.rules.metrics import is_sound, level_of

DOMAIN: Final = "sri-assessment/1 sign-off"
LONGEST: Final = 800_000
_ITEM: Final = frozenset({"uid", "answer", "reason", "statement", "by", "evidence", "computed"})


class Fault(StrEnum):
    """Why a snapshot is not what it has to be; stable codes, shown as details when a record is set aside."""

    UNREADABLE = "unreadable"
    FACTS = "other_facts"
    ITEMS = "other_criteria"
    INCOMPLETE = "incomplete"
    COMPUTED = "computed"
    AUTHORS = "authors"
    OWN_SIGN_OFF = "own_sign_off"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A piece of evidence an answer names, by its record and its digest."""

    id: UUID
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """What was answered to one criterion, and by whom; `computed` are the numbers a computed one was read from.

    `by` are all who gave something of what stands: the answer, its reason, the statement or a piece of evidence.
    """

    uid: str
    answer: Answer
    reason: str = ""
    statement: str = ""
    by: tuple[str, ...] = ()
    evidence: tuple[Proof, ...] = ()
    computed: Mapping[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Which assessment a snapshot is of."""

    id: UUID
    member_id: UUID
    cycle_id: UUID
    edition_id: UUID
    revision: int


@dataclass(frozen=True, kw_only=True)
class SignOff:
    """Who signed, in which role and when, and who handed it on when; moments as they travel."""

    signed_by: str
    signed_role: str
    signed_at: str
    proposed_by: str
    proposed_at: str


def content_of(facts: Facts, items: Sequence[Item]) -> str:
    """Write a snapshot as canonical text: keys sorted, no spaces, criteria in the order of the edition."""
    return _canonical({**_facts(facts), "items": [_item(each) for each in items]})


def digest(content: str) -> str:
    """Return the SHA-256 of a snapshot's text."""
    return hashlib.sha256(content.encode()).hexdigest()


def statement_of(facts: Facts, *, content_sha256: str, said: SignOff) -> bytes:
    """Return the exact bytes that are sealed when somebody signs off: all of a snapshot its text does not hold."""
    return _canonical({**_facts(facts), **asdict(said), "content": content_sha256}).encode()


def items_of(content: str) -> list[Item]:
    """Read the answers of a snapshot; ValueError if it is no snapshot."""
    found = json.loads(content)
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        raise ValueError("no snapshot")  # noqa: TRY004 - whoever reads asks only whether it can be read
    return [_read(each) for each in found["items"]]


def authors_of(items: Collection[Item]) -> list[str]:
    """Return who answered, each once."""
    return sorted({author for each in items for author in each.by})


def fault_of(
    content: str, facts: Facts, *, criteria: Mapping[str, bool], answered_by: Collection[str], signed_by: str
) -> Fault | None:
    """Say what is wrong with a snapshot somebody sent; `criteria` says of each one of the edition if it is computed."""
    try:
        items = items_of(content)
        same = content_of(facts, items) == content
    except (ValueError, KeyError, TypeError, RecursionError):
        return Fault.UNREADABLE
    if not same:
        return Fault.FACTS
    if [each.uid for each in items] != list(criteria):
        return Fault.ITEMS
    if any(not _is_complete(each, is_computed=criteria[each.uid]) for each in items):
        return Fault.INCOMPLETE
    if any(each.computed is not None and not _follows(each.answer, each.computed) for each in items):
        return Fault.COMPUTED
    if sorted(answered_by) != authors_of(items):
        return Fault.AUTHORS
    return Fault.OWN_SIGN_OFF if signed_by in answered_by else None


def _is_complete(item: Item, *, is_computed: bool) -> bool:
    if is_computed != (item.computed is not None) or not (item.by or is_computed):
        return False
    if len(item.statement) > LONGEST_STATEMENT or len(item.reason) > LONGEST_REASON:
        return False
    proofs = [each.id for each in item.evidence]
    given = Given(answer=item.answer, reason=item.reason, statement=item.statement, evidence=proofs)
    return lack_of(given, is_computed=is_computed) is None


def _follows(answer: Answer, numbers: Mapping[str, int]) -> bool:
    return is_sound(numbers) and answer is level_of(numbers)


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        "snapshot": str(facts.id),
        "member": str(facts.member_id),
        "cycle": str(facts.cycle_id),
        "edition": str(facts.edition_id),
        "revision": facts.revision,
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "uid": item.uid,
        "answer": item.answer.value,
        "reason": item.reason,
        "statement": item.statement,
        "by": list(item.by),
        "evidence": [{"id": str(each.id), "sha256": each.sha256} for each in item.evidence],
        "computed": dict(item.computed) if item.computed is not None else None,
    }


def _read(row: Mapping[str, Any]) -> Item:
    if set(row) != _ITEM or not all(type(row[name]) is str for name in ("uid", "reason", "statement")):
        raise ValueError("no item")
    computed = row["computed"]
    if computed is not None and not all(type(each) is int for each in computed.values()):
        raise ValueError("no numbers")
    return Item(
        uid=row["uid"],
        answer=Answer(row["answer"]),
        reason=row["reason"],
        statement=row["statement"],
        by=_names(row["by"]),
        evidence=tuple(Proof(id=UUID(each["id"]), sha256=str(each["sha256"])) for each in row["evidence"]),
        computed=computed,
    )


def _names(found: Any) -> tuple[str, ...]:
    if type(found) is not list or not all(type(each) is str and each for each in found):
        raise ValueError("no authors")
    return tuple(found)


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
