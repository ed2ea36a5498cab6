"""What a program can see in a translation: codes, numbers in any digits, terms. It cannot see the meaning."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sri_admin.materials.rules.blocks import PROTECTED, protected

# Nobody sees these: they hide words, or turn the order of letters around. The marks that Arabic, Persian and Indic
# writing needs are not among them.
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,٫٬]\d+)*")


class Fault(StrEnum):
    """What may be wrong."""

    CODE_MISSING = "code_missing"
    CODE_EXTRA = "code_extra"
    NUMBER = "number"
    TERM = "term"
    FORBIDDEN = "forbidden"
    EMPTY = "empty"
    HIDDEN = "hidden"
    ALIKE = "alike"

    @property
    def may_be_waived(self) -> bool:
        """Say whether a translator may go on with a reason: codes carry marks and addresses, so they must be right."""
        return self in {Fault.NUMBER, Fault.TERM, Fault.FORBIDDEN, Fault.ALIKE}


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
    seen = (*_hidden(source, target), *_alike(target))
    return [*seen, *_codes(source, target), *_numbers(source, target), *_terms(source, target, terms)]


def numbers(text: str) -> Counter[str]:
    """Count the numbers of a text, in whatever digits they are written; signs that group or divide do not matter."""
    spoken = PROTECTED.sub(" ", text)
    return Counter("".join(_digit(char) for char in found if char.isdecimal()) for found in _NUMBER.findall(spoken))


def terms_in(source: str, terms: Sequence[Term]) -> list[Term]:
    """Return the terms a source text uses."""
    folded = source.casefold()
    return [each for each in terms if re.search(rf"\b{re.escape(each.source.casefold())}", folded)]


def _hidden(source: str, target: str) -> Iterator[Finding]:
    if set(_HIDDEN.findall(target)) - set(_HIDDEN.findall(source)):
        yield Finding(Fault.HIDDEN, "")


def _alike(target: str) -> Iterator[Finding]:
    # A word of two such writings is one of them with a letter of the other that looks the same.
    for word in _WORD.findall(PROTECTED.sub(" ", target)):
        if len({name for char in word if (name := unicodedata.name(char, "").split(" ")[0]) in _ALIKE}) > 1:
            yield Finding(Fault.ALIKE, word)


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
