"""What the hub asks of a revision that arrived, once its row stands: an operation forbids it, so a record may not.

The answer is a code both sides show; a revision with none is received.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sri_admin.reporting.rules.months import last_of
from sri_admin.reporting.rules.standing import APPROVERS, Asked, GrantVerdict
from sri_admin.reporting.rules.validation import Given, findings, hard, unexplained
from sri_admin.reporting.rules.values import Content, ReturnKind, values_hash


class Fault(StrEnum):
    """Why a revision is set aside."""

    HASH = "hash"
    SIGNATURE = "signature"
    INCOMPLETE = "incomplete"
    NOT_OVER = "not_over"
    DATA_SET = "data_set"
    ROLE = "role"
    KIND = "kind"
    ACCEPTED_MEANWHILE = "accepted_meanwhile"
    NO_GRANT = "no_grant"
    IMPOSSIBLE = "impossible"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A revision as it arrived, and what the hub knows around it: also how many meetings its own list expects."""

    content: Content
    digest: str
    is_signed: bool
    approved_on: date
    approved_role: str
    wanted: Collection[str]
    data_set: str | None
    official: int | None
    grants: Sequence[Asked]
    expected: int = 0
    earlier: Mapping[str, Sequence[int]] = field(default_factory=dict)


def fault_of(arrived: Arrived) -> Fault | None:
    """Return the first thing that forbids a revision; None if it may be received."""
    content = arrived.content
    if values_hash(content) != arrived.digest:
        return Fault.HASH
    if not arrived.is_signed:
        return Fault.SIGNATURE
    if set(content.cells) != set(arrived.wanted) or not all(each.is_sound for each in content.cells.values()):
        return Fault.INCOMPLETE
    return _approval(arrived) or _order(arrived) or _values(arrived)


def is_early(revision: int, here: Collection[int]) -> bool:
    """Say whether a revision came before one that was approved earlier: it is judged once that one is here."""
    return bool(set(range(1, revision)) - set(here))


def _approval(arrived: Arrived) -> Fault | None:
    if arrived.approved_on <= last_of(arrived.content.month):
        return Fault.NOT_OVER
    if arrived.content.data_set != arrived.data_set:
        return Fault.DATA_SET
    return None if arrived.approved_role in APPROVERS else Fault.ROLE


def _order(arrived: Arrived) -> Fault | None:
    kind, revision = arrived.content.kind, arrived.content.revision
    if (kind is ReturnKind.ORIGINAL) != (revision == 1):
        return Fault.KIND
    if arrived.official is not None and kind is not ReturnKind.CORRECTION:
        return Fault.ACCEPTED_MEANWHILE
    if kind is not ReturnKind.CORRECTION:
        return None if arrived.content.correction is None else Fault.KIND
    return None if any(_covers(each, arrived) for each in arrived.grants) else Fault.NO_GRANT


def _covers(grant: Asked, arrived: Arrived) -> bool:
    is_meant = (grant.id, grant.revision) == (arrived.content.correction, arrived.official)
    is_open = grant.until is not None and arrived.approved_on <= grant.until
    return is_meant and grant.verdict is GrantVerdict.GRANTED and is_open


def _values(arrived: Arrived) -> Fault | None:
    content = arrived.content
    told = findings(Given(content.cells, content.expected, arrived.earlier))
    # A revision says itself how many meetings were expected; the limit is held against the list of meetings as well.
    if hard([*told, *findings(Given(content.cells, arrived.expected))]):
        return Fault.IMPOSSIBLE
    return Fault.UNEXPLAINED if unexplained(told, content.explanations) else None


def receipt_number(code: str, month: date, revision: int) -> str:
    """Return the number of a receipt, the same at both sides without a counter."""
    return f"{code}-{month:%Y%m}-{revision}"
