"""What the cells of a foreign sheet mean: headings in any language, native digits, dates as people write them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sri_admin.kernel import i18n
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.sheets import NOTE, Column, Shape, Sheet, plain
from sri_admin.members.rules.sheets import SHEETS, SheetKind

Cell = Any
_LOOKED_AT = 10
_MARKS: dict[int, int | str | None] = dict.fromkeys((0x200E, 0x200F, 0x061C, 0x2068, 0x2069, 0xFEFF))
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\Z")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})\Z")
_BETWEEN = re.compile(r"[;؛；\n]+")


class CellError(Exception):
    """A cell that cannot be understood; the text says why."""


class UnclearError(CellError):
    """A date that can be read in two ways."""


@dataclass(frozen=True)
class Heads:
    """Where the columns of a sheet stand in a file: by place the key, and where the rows begin."""

    keys: tuple[str | None, ...]
    first_row: int
    ignored: tuple[str, ...]


def letter(place: int) -> str:
    """Return what a spreadsheet program calls the column at a place: A, B, … AA."""
    name, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def fold_digits(text: str) -> str:
    """Write the digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def heads_of(kind: SheetKind, rows: Sequence[Sequence[Cell]]) -> Heads | None:
    """Find the columns by their keys or by their headings in any language; None if no row looks like a heading."""
    known = _headings(kind)
    for number, row in enumerate(rows[:_LOOKED_AT]):
        keys = [known.get(_folded(cell)) for cell in row]
        found = [key for key in keys if key]
        if len(found) * 2 < len([cell for cell in row if cell]) or not found:
            continue
        first = number + 1
        below = [known.get(_folded(cell)) for cell in rows[first]] if first < len(rows) else []
        first += any(below) and below == keys[: len(below)]
        ignored = tuple(str(cell) for cell, key in zip(row, keys, strict=True) if cell and not key)
        seen: set[str] = set()
        once = tuple(None if key is None or key in seen or seen.add(key) else key for key in keys)
        return Heads(once, first, ignored)
    return None


def is_note(row: Sequence[Cell]) -> bool:
    """Say whether a row is empty or a note."""
    return not any(cell not in (None, "") for cell in row) or str(row[0] or "").lstrip().startswith(NOTE)


def read_cell(column: Column, cell: Cell, *, month_first: bool | None) -> Any:
    """Return what a cell says as a form would send it; CellError if that cannot be told."""
    if column.shape is Shape.DATE:
        return _day(cell, month_first=month_first)
    text = cell["day"] if isinstance(cell, Mapping) else str(cell).translate(_MARKS).strip()
    if column.shape is Shape.NUMBER:
        number = fold_digits(text)
        if not re.fullmatch(r"\d{1,9}", number):
            raise CellError(_("“%(cell)s” is not a whole number.", cell=text[:60]))
        return int(number)
    if column.shape in {Shape.CHOICE, Shape.YES_NO}:
        return _chosen(column, text)
    if column.shape is Shape.CHOICES:
        return [_chosen(column, each) for each in _BETWEEN.split(text) if each.strip()]
    return text


def read_texts(row: Sequence[Cell]) -> list[Cell]:
    """Undo in the cells of a plain table what made them harmless."""
    return [plain(cell) if isinstance(cell, str) else cell for cell in row]


def _day(cell: Cell, *, month_first: bool | None) -> str:
    if isinstance(cell, Mapping):
        return str(cell["day"])
    text = str(cell).translate(_MARKS).strip()
    folded = fold_digits(text).replace(" ", "")
    found, last = _YEAR_FIRST.match(folded), _YEAR_LAST.match(folded)
    if found:
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    elif last:
        year = int(last[4])
        day, month = _in_order(int(last[1]), int(last[3]), dotted=last[2] == ".", month_first=month_first, text=text)
    else:
        raise CellError(_("“%(cell)s” is not a date.", cell=text[:60]))
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise CellError(_("“%(cell)s” is not a date.", cell=text[:60])) from None


def _in_order(first: int, second: int, *, dotted: bool, month_first: bool | None, text: str) -> tuple[int, int]:
    # Points stand between day and month wherever they are used.
    if dotted or first > 12 or first == second:
        return first, second
    if second > 12:
        return second, first
    if month_first is None:
        raise UnclearError(
            _("“%(cell)s” can be two different days. Say how dates are meant in this file.", cell=text[:60])
        )
    return (second, first) if month_first else (first, second)


def _chosen(column: Column, text: str) -> str:
    found = _answers(column.key, tuple(column.offered.items())).get(_folded(text))
    if found is None:
        raise CellError(_("“%(cell)s” is none of the answers offered.", cell=text[:60]))
    return found


def _folded(cell: Cell) -> str:
    return " ".join(str(cell if cell is not None else "").translate(_MARKS).casefold().split()).removesuffix("*")


@cache
def _headings(kind: SheetKind) -> dict[str, str]:
    sheet: Sheet = SHEETS[kind]
    return _in_every_language(tuple((column.key, column.label) for column in sheet.columns))


@cache
def _answers(_key: str, offered: tuple[tuple[Any, LazyText], ...]) -> dict[str, str]:
    return _in_every_language(tuple((str(value), label) for value, label in offered))


def _in_every_language(labels: tuple[tuple[str, LazyText], ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    doubled: set[str] = set()
    for tag in i18n.available():
        with i18n.using(tag, pseudo=False), i18n.plainly():
            for key, label in labels:
                said = _folded(str(label))
                if found.setdefault(said, key) != key:
                    doubled.add(said)
    plainly = {said: key for said, key in found.items() if said not in doubled}
    return {**plainly, **{_folded(key): key for key, _label in labels}}
