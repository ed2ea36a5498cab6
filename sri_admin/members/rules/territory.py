"""Places a member may work in: ISO 3166 codes, and the numbers by which the database sees that two overlap.

A place is a country (`DE`) or a subdivision (`DE-BY`). As a part of its country it is a range of whole numbers: the
country is the range without bounds; a subdivision's upper 16 bits are its own code read in base 37, the lower 16 bits
a place inside it. So the numbers follow from the codes alone and stay the same whatever edition of the ISO list an
installation has. A place two levels down (`GB-BUR` in `GB-ENG`) is one number inside its outermost parent.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pycountry

_CODE = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,3}))?")
_DIGITS = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WIDTH = 2**16
_LOWEST = -(2**31)
# ISO 3166-1 leaves these to its users; they never name a real country.
USER_ASSIGNED = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")


@dataclass(frozen=True)
class Part:
    """A half-open range of places inside a country; without bounds it is the whole country."""

    start: int | None
    end: int | None

    def overlaps(self, other: "Part") -> bool:
        """Say whether two parts of one country have a place in common."""
        return _before(self.start, other.end) and _before(other.start, self.end)


WHOLE = Part(None, None)


def _before(start: int | None, end: int | None) -> bool:
    return start is None or end is None or start < end


def country_of(code: str) -> str:
    """Return the country a place lies in."""
    return code[:2]


def part_of(code: str) -> Part:
    """Return a place as a part of its country."""
    if "-" not in code:
        return WHOLE
    outermost = _outermost(code)
    start = _LOWEST + _number(outermost) * _WIDTH
    if outermost == code:
        return Part(start, start + _WIDTH)
    inside = start + _number(code)
    return Part(inside, inside + 1)


def is_well_formed(code: str) -> bool:
    """Say whether a code is written like one of a country or of a part of it."""
    return _CODE.fullmatch(code) is not None


def is_known(code: str, extras: Collection[str] = ()) -> bool:
    """Say whether a code names a place in the ISO lists or among the places added here."""
    if not _CODE.fullmatch(code):
        return False
    if code in extras:
        return True
    return _subdivision(code) is not None if "-" in code else pycountry.countries.get(alpha_2=code) is not None


def subdivision_name(code: str) -> str | None:
    """Return the name ISO 3166-2 gives a subdivision."""
    found = _subdivision(code)
    return found.name if found else None


def _subdivision(code: str) -> Any:
    return pycountry.subdivisions.get(code=code)


def _outermost(code: str) -> str:
    found = _subdivision(code)
    while found is not None and found.parent_code:
        code = found.parent_code
        found = _subdivision(code)
    return code


def _number(code: str) -> int:
    number = 0
    for character in code.partition("-")[2].ljust(3):
        number = number * len(_DIGITS) + _DIGITS.index(character)
    return number
