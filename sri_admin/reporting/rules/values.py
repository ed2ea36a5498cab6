"""Values of a return: each with an explicit status, all of them under one hash that is approved and signed."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

HASH_DOMAIN: Final = b"sri-return/1 values\n"
APPROVAL_DOMAIN: Final = "sri-return/1 approval"
MOST: Final = 9_999_999
LONGEST_NOTE: Final = 200


class Indicator(StrEnum):
    """What is counted."""

    MEETINGS_HELD = "meetings_held"
    ATTENDANCES = "attendances"
    FIRST_TIME = "first_time_attendances"
    FACILITATORS = "certified_facilitators"
    NEW_MEETINGS = "new_meetings"


class Status(StrEnum):
    """What is said of a value. That there is no report is no status: there is no revision then."""

    REPORTED = "reported"
    ZERO = "zero"
    ESTIMATED = "estimated"
    NOT_COLLECTED = "not_collected"
    NOT_APPLICABLE = "not_applicable"

    @property
    def has_number(self) -> bool:
        """Say whether a number belongs to it."""
        return self not in {Status.NOT_COLLECTED, Status.NOT_APPLICABLE}


class ReturnKind(StrEnum):
    """Why a revision was made: the first of a month, one after it was returned, one after it was accepted."""

    ORIGINAL = "original"
    RESUBMISSION = "resubmission"
    CORRECTION = "correction"


class ExplanationCode(StrEnum):
    """Why an unusual value is right."""

    HOLIDAYS = "holidays"
    MORE_MEETINGS = "more_meetings"
    FEWER_MEETINGS = "fewer_meetings"
    SPECIAL_EVENT = "special_event"
    COUNTED_DIFFERENTLY = "counted_differently"
    CHECKED = "checked"


@dataclass(frozen=True)
class Cell:
    """What is said of one indicator."""

    status: Status
    value: int | None

    @classmethod
    def counted(cls, number: int) -> "Cell":
        """Say a number that was counted; none is a zero said on purpose."""
        return cls(Status.REPORTED if number else Status.ZERO, number)

    @property
    def is_sound(self) -> bool:
        """Say whether status and number go together."""
        if not self.status.has_number:
            return self.value is None
        if self.value is None or not 0 <= self.value <= MOST:
            return False
        return self.status is Status.ESTIMATED or (self.value == 0) == (self.status is Status.ZERO)


@dataclass(frozen=True)
class Explanation:
    """Why a value that a soft rule found is right."""

    rule: str
    indicator: str
    code: ExplanationCode
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything an approver says yes to: one revision of one month, whole."""

    member: str
    month: date
    revision: int
    kind: ReturnKind
    data_set: str
    cells: Mapping[str, Cell]
    explanations: Sequence[Explanation] = ()
    expected: int | None = None
    logged: int | None = None
    correction: str | None = None


def canonical(content: Content) -> bytes:
    """Write a revision in the one way its hash is taken of: JSON with sorted keys, UTF-8, no spaces."""
    told = {
        "cells": cells_to_wire(content.cells),
        "correction": content.correction,
        "data_set": content.data_set,
        "expected": content.expected,
        "explanations": explanations_to_wire(content.explanations),
        "kind": content.kind.value,
        "logged": content.logged,
        "member": content.member,
        "month": content.month.isoformat(),
        "revision": content.revision,
    }
    return _json(told)


def values_hash(content: Content) -> str:
    """Return the SHA-256 of a revision in hexadecimal."""
    return hashlib.sha256(HASH_DOMAIN + canonical(content)).hexdigest()


def cells_hash(cells: Mapping[str, Cell]) -> str:
    """Return a short name of values while they are prepared, by which others are told apart."""
    return hashlib.sha256(_json(cells_to_wire(cells))).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who said yes, in which role and when, and who prepared it when."""

    by: str
    role: str
    at: datetime
    prepared_by: str
    prepared_at: datetime


def approval(content: Content, digest: str, said: Approval) -> bytes:
    """Write what the installation signs when a revision is approved: all of it that its hash does not cover.

    When it was prepared decides which earlier months the hub judges it by.
    """
    told = {
        "approved_at": said.at.astimezone(UTC).isoformat(),
        "approved_by": said.by,
        "approved_role": said.role,
        "member": content.member,
        "month": content.month.isoformat(),
        "prepared_at": said.prepared_at.astimezone(UTC).isoformat(),
        "prepared_by": said.prepared_by,
        "revision": content.revision,
        "values_hash": digest,
    }
    return _json(told)


def cells_to_wire(cells: Mapping[str, Cell]) -> list[dict[str, Any]]:
    """Write values as they are stored and travel, by indicator."""
    return [{"indicator": key, "status": cells[key].status.value, "value": cells[key].value} for key in sorted(cells)]


def cells_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Cell]:
    """Read values as they are stored."""
    return {row["indicator"]: Cell(Status(row["status"]), row["value"]) for row in rows}


def explanations_to_wire(explanations: Iterable[Explanation]) -> list[dict[str, Any]]:
    """Write explanations as they are stored and travel, by rule and indicator."""
    ordered = sorted(explanations, key=lambda each: (each.rule, each.indicator))
    return [
        {"code": each.code.value, "indicator": each.indicator, "note": each.note, "rule": each.rule} for each in ordered
    ]


def explanations_of(rows: Iterable[Mapping[str, Any]]) -> list[Explanation]:
    """Read explanations as they are stored."""
    return [Explanation(row["rule"], row["indicator"], ExplanationCode(row["code"]), row["note"]) for row in rows]


def short(digest: str) -> str:
    """Return the part of a hash two people can read to each other."""
    return f"{digest[:4]} {digest[4:8]}"


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
