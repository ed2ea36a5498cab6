"""What changed between two wordings, word by word."""

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

_WORDS = re.compile(r"\{[^{}]*\}|\S+")


class Piece(NamedTuple):
    """Some words, and whether both wordings have them."""

    op: Literal["same", "removed", "added"]
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """Return the words both texts share, those that went, and those that came, in reading order."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    found: list[Piece] = []
    for tag, start, stop, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", " ".join(old[start:stop])))
            continue
        if stop > start:
            found.append(Piece("removed", " ".join(old[start:stop])))
        if last > first:
            found.append(Piece("added", " ".join(new[first:last])))
    return found
