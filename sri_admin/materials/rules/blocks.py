"""The blocks a document is made of: text with numbered codes in place of markup, a risk class, an identity.

A code is `{1}` … `{/1}` round words or `{1/}` alone; what it stands for is kept beside the text, so that a translator
can move it and never has to write markup. Words in braces such as `{minutes}` are protected as well.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

CODE: Final = re.compile(r"\{/?[0-9]+/?\}")
PROTECTED: Final = re.compile(r"\{/?[0-9]+/?\}|\{[a-z][a-z0-9_]*\}")


class BlockKind(StrEnum):
    """What a block is on the page."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    BULLET = "bullet"
    NUMBER = "number"
    QUOTE = "quote"


class Risk(StrEnum):
    """What would be lost if a translation changed the meaning."""

    GENERAL = "general"
    PROGRAM = "program"
    SAFETY = "safety"
    LEGAL = "legal"

    @property
    def is_critical(self) -> bool:
        """Say whether SRI itself decides that a translation keeps the meaning."""
        return self is not Risk.GENERAL


class Change(StrEnum):
    """How much a changed block says something else."""

    EDITORIAL = "editorial"
    CLARIFYING = "clarifying"
    SUBSTANTIVE = "substantive"
    SAFETY = "safety"


@dataclass(frozen=True, kw_only=True)
class Block:
    """One paragraph, heading or list item; `codes` says what each number stands for: ["strong"], ["link", address]."""

    uid: str
    kind: BlockKind
    text: str
    level: int = 1
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    risk: Risk = Risk.GENERAL
    change: Change | None = None

    @property
    def revision(self) -> str:
        """Name this wording: the same text of the same block has the same name, also after it was changed back."""
        named = json.dumps([self.uid, self.text, self.codes], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(named.encode()).hexdigest()[:32]


def written(blocks: Iterable[Block]) -> str:
    """Write blocks as the one text that is hashed."""
    rows = [asdict(each) for each in blocks]
    return json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read(text: str) -> list[Block]:
    """Read what `written` wrote; ValueError or KeyError if it is something else."""
    return [from_plain(row) for row in json.loads(text)]


def from_plain(row: Mapping[str, Any]) -> Block:
    """Read one block from its plain form."""
    return Block(
        uid=row["uid"],
        kind=BlockKind(row["kind"]),
        text=row["text"],
        level=row["level"],
        codes={number: tuple(code) for number, code in row["codes"].items()},
        risk=Risk(row["risk"]),
        change=Change(row["change"]) if row["change"] else None,
    )


def protected(text: str) -> list[str]:
    """Return the protected codes of a text in their order."""
    return PROTECTED.findall(text)


def plain(text: str) -> str:
    """Return a text without its numbered codes."""
    return CODE.sub("", text)
