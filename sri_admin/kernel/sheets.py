"""Tables for spreadsheet programs: XLSX and CSV without formulas, and what their columns are called.

A sheet has two rows on top: the keys of its columns, the same in every language, and their headings in the reader's
own. A row whose first cell begins with `#` is a note and never read back.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TextIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from sri_admin.kernel import i18n
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l

NOTE = "#"
LIST_MARK = "; "
YES_NO: Mapping[str, LazyText] = {"true": _l("Yes"), "false": _l("No")}
_GUARD, _DANGEROUS = "'", "=+-@\t\r\n"
_UNSEEN = "\ufeff\u200b\u200c\u200d\u2060 "
_MOST_CHOICES, _LONGEST_CHOICES, _ROOM = 50, 250, 2000


class Shape(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"


class FileFormat(StrEnum):
    """What a sheet is written as."""

    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its key, its heading, what it holds; `only_out` is told but never read back."""

    key: str
    label: LazyText
    shape: Shape = Shape.TEXT
    choices: Mapping[Any, LazyText] = field(default_factory=dict)
    hint: LazyText | None = None
    example: str = ""
    needed: bool = False
    only_out: bool = False

    @property
    def offered(self) -> Mapping[Any, LazyText]:
        """What may be chosen in a cell, by stored value."""
        return YES_NO if self.shape is Shape.YES_NO else self.choices


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A kind of table: its stable name, what it is called, and its columns."""

    name: str
    label: LazyText
    columns: tuple[Column, ...]


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a file is written; the mark of byte order is what spreadsheet programs know UTF-8 by."""

    format: FileFormat = FileFormat.XLSX
    separator: str = ","
    marked: bool = True


def written(sheet: Sheet, rows: Iterable[Mapping[str, Any]], manner: Manner) -> bytes:
    """Return a sheet as a file; values are texts, dates, whole numbers, yes or no, lists, or nothing."""
    cells = ([_cell(column, row.get(column.key)) for column in sheet.columns] for row in rows)
    return _written(sheet, cells, manner, choosing=False)


def template(sheet: Sheet, manner: Manner) -> bytes:
    """Return an empty sheet with what to write where, and an example; both are notes that are never read back."""
    columns = [column for column in sheet.columns if not column.only_out]
    blank = Sheet(name=sheet.name, label=sheet.label, columns=tuple(columns))
    notes = [
        [str(column.hint or "") for column in columns],
        [column.example for column in columns],
    ]
    for note in notes:
        note[0] = f"{NOTE} {note[0]}"
    return _written(blank, notes, manner, choosing=True)


def neutral(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula; `plain` undoes it."""
    return _GUARD + text if _is_dangerous(text) or _is_guarded(text) else text


def plain(text: str) -> str:
    """Return what `neutral` was given."""
    return text[1:] if _is_guarded(text) else text


def _is_dangerous(text: str) -> bool:
    seen = unicodedata.normalize("NFKC", text[:8]).lstrip(_UNSEEN)
    return text[:1] in set(_DANGEROUS) or seen[:1] in set(_DANGEROUS) if text else False


def _is_guarded(text: str) -> bool:
    while text.startswith(_GUARD):
        text = text[1:]
        if _is_dangerous(text):
            return True
    return False


def _cell(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.shape is Shape.CHOICES:
        return LIST_MARK.join(_said(column, each) for each in value)
    if column.shape in {Shape.CHOICE, Shape.YES_NO}:
        return _said(column, value)
    return value if isinstance(value, (date, int)) else str(value)


def _said(column: Column, value: Any) -> str:
    stored = str(value).lower() if isinstance(value, bool) else str(value)
    label = column.offered.get(stored)
    return stored if label is None else str(label)


def _written(sheet: Sheet, rows: Iterable[Sequence[Any]], manner: Manner, *, choosing: bool) -> bytes:
    with i18n.plainly():
        heads = [[column.key for column in sheet.columns], [str(column.label) for column in sheet.columns]]
        if manner.format is FileFormat.XLSX:
            return _xlsx(sheet, heads, rows, choosing=choosing)
        return _csv([*heads, *rows], manner)


def _csv(rows: Iterable[Sequence[Any]], manner: Manner) -> bytes:
    out: TextIO = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=manner.separator, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
    return out.getvalue().encode("utf-8-sig" if manner.marked else "utf-8")


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int) else neutral(value)


def _xlsx(sheet: Sheet, heads: list[list[str]], rows: Iterable[Sequence[Any]], *, choosing: bool) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(sheet.name)
        if i18n.direction() == "rtl":
            page.right_to_left()
        styles = {"key": book.add_format({"font_color": "#665E68", "font_size": 9})}
        styles["head"] = book.add_format({"bold": True, "bottom": 2})
        styles["day"] = book.add_format({"num_format": "yyyy-mm-dd"})
        for place, (head, style) in enumerate(zip(heads, ("key", "head"), strict=True)):
            for number, text in enumerate(head):
                page.write_string(place, number, text, styles[style])
        for place, row in enumerate(rows, len(heads)):
            for number, value in enumerate(row):
                _write(page, place, number, value, styles["day"])
        page.freeze_panes(len(heads), 1)
        for number, column in enumerate(sheet.columns):
            page.set_column(number, number, max(14, min(40, len(str(column.label)) + 4)))
            if choosing:
                _offer(page, number, column)
    return out.getvalue()


def _write(page: Worksheet, place: int, number: int, value: Any, day: Any) -> None:
    if isinstance(value, date):
        page.write_datetime(place, number, value, day)  # pyright: ignore[reportArgumentType] - days are taken as well
    elif isinstance(value, int):
        page.write_number(place, number, value)
    elif value:
        page.write_string(place, number, value)


def _offer(page: Worksheet, number: int, column: Column) -> None:
    offered = [str(label) for label in column.offered.values()]
    is_short = len(offered) <= _MOST_CHOICES and len(",".join(offered)) <= _LONGEST_CHOICES
    # A list in a cell is separated by commas, so an answer that has one cannot be offered.
    if column.shape in {Shape.CHOICE, Shape.YES_NO} and is_short and not any("," in each for each in offered):
        rule = {"validate": "list", "source": offered, "error_type": "warning"}
        page.data_validation(2, number, _ROOM, number, rule)


def file_name(sheet: Sheet, day: date, manner: Manner) -> str:
    """Return what a file is called: plain letters, its day, its kind."""
    return f"{sheet.name}-{day.isoformat()}.{manner.format}"


def media_type(manner: Manner) -> str:
    """Return the media type of a file."""
    if manner.format is FileFormat.CSV:
        return "text/csv; charset=utf-8"
    return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
