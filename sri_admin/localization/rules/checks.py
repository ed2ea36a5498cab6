"""What a program can see in a translation: codes, numbers in any digits, terms. It cannot see the meaning."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sri_admin.materials.rules.blocks import PROTECTED, protected

_NUMBER = re.compile(r"\d+(?:[.,٫٬]\d+)*")


class Fault(StrEnum):
    """What may be wrong."""

    CODE_MISSING = "code_missing"
    CODE_EXTRA = "code_extra"
    NUMBER = "number"
    TERM = "term"
    FORBIDDEN = "forbidden"
    EMPTY = "empty"

    @property
    def may_be_waived(self) -> bool:
        """Say whether a translator may go on with a reason: codes carry marks and addresses, so they must be right."""
        return self in {Fault.NUMBER, Fault.TERM, Fault.FORBIDDEN}


@dataclass(frozen=True)
class Term:
    """A word of the glossary: what it is in the source, how it is said here, and what is not said."""

    source: str
    target: str
    forbidden: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing a check found, and the words it is about."""

    fault: Fault
    about: str


def findings(source: str, target: str, terms: Sequence[Term] = ()) -> list[Finding]:
    """Return what differs between a source text and its translation."""
    if not target.strip():
        return [Finding(Fault.EMPTY, "")]
    return [*_codes(source, target), *_numbers(source, target), *_terms(source, target, terms)]


def numbers(text: str) -> Counter[str]:
    """Count the numbers of a text, in whatever digits they are written; signs that group or divide do not matter."""
    spoken = PROTECTED.sub(" ", text)
    return Counter("".join(_digit(char) for char in found if char.isdecimal()) for found in _NUMBER.findall(spoken))


def terms_in(source: str, terms: Sequence[Term]) -> list[Term]:
    """Return the terms a source text uses."""
    folded = source.casefold()
    return [each for each in terms if re.search(rf"\b{re.escape(each.source.casefold())}", folded)]


def _codes(source: str, target: str) -> Iterator[Finding]:
    wanted, given = Counter(protected(source)), Counter(protected(target))
    yield from (Finding(Fault.CODE_MISSING, code) for code in (wanted - given).elements())
    yield from (Finding(Fault.CODE_EXTRA, code) for code in (given - wanted).elements())


def _numbers(source: str, target: str) -> Iterator[Finding]:
    wanted, given = numbers(source), numbers(target)
    if wanted != given:
        differing = sorted(((wanted - given) + (given - wanted)).elements())
        yield Finding(Fault.NUMBER, ", ".join(differing))


def _terms(source: str, target: str, terms: Sequence[Term]) -> Iterator[Finding]:
    folded = target.casefold()
    for term in terms_in(source, terms):
        if term.target.casefold() not in folded:
            yield Finding(Fault.TERM, f"{term.source} → {term.target}")
        yield from (Finding(Fault.FORBIDDEN, each) for each in term.forbidden if each.casefold() in folded)


def _digit(char: str) -> str:
    return str(unicodedata.decimal(char))
