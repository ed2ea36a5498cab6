"""What the hub asks of a revision that arrived, once its row stands: an operation forbids it, so a record may not.

The answer is a code both sides show; a revision with none is received.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sri_admin.reporting.rules.standing import Asked, GrantVerdict
from sri_admin.reporting.rules.validation import Given, findings, hard
from sri_admin.reporting.rules.values import Content, ReturnKind, values_hash


class Fault(StrEnum):
    """Why a revision is set aside."""

    HASH = "hash"
    SIGNATURE = "signature"
    INCOMPLETE = "incomplete"
    GAP = "gap"
    KIND = "kind"
    ACCEPTED_MEANWHILE = "accepted_meanwhile"
    NO_GRANT = "no_grant"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A revision as it arrived, and what the hub knows around it."""

    content: Content
    digest: str
    is_signed: bool
    approved_on: date
    wanted: Collection[str]
    before: Collection[int]
    official: int | None
    grants: Sequence[Asked]


def fault_of(arrived: Arrived) -> Fault | None:
    """Return the first thing that forbids a revision; None if it may be received."""
    content = arrived.content
    if values_hash(content) != arrived.digest:
        return Fault.HASH
    if not arrived.is_signed:
        return Fault.SIGNATURE
    if set(content.cells) != set(arrived.wanted) or not all(each.is_sound for each in content.cells.values()):
        return Fault.INCOMPLETE
    if set(range(1, content.revision)) - set(arrived.before):
        return Fault.GAP
    return _order(arrived) or _impossible(content)


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


def _impossible(content: Content) -> Fault | None:
    return Fault.IMPOSSIBLE if hard(findings(Given(content.cells, content.expected))) else None


def receipt_number(code: str, month: date, revision: int) -> str:
    """Return the number of a receipt, the same at both sides without a counter."""
    return f"{code}-{month:%Y%m}-{revision}"
