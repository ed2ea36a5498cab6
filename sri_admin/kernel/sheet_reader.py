"""Reads a workbook or a plain table into rows of plain cells; runs in a process of its own (`kernel.confined`).

A cell is a text, a whole number, nothing, or a day as `{"day": "2026-06-12"}`. What could be a bomb or a program is
refused before any of it is unpacked.
"""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import IO, Any

import openpyxl

from sri_admin.kernel.confined_child import Refused

MOST_PARTS, LARGEST_PART, LARGEST_WHOLE, MOST_RATIO = 500, 60_000_000, 100_000_000, 150
_SMALL = 200_000
_PROGRAMS = ("vbaproject", "macrosheets", "activex", "embeddings", "externallinks", "oleobject", "connections.xml")
_SEPARATORS = (",", ";", "\t")
_LONGEST_CELL = 32_768


def read(file: IO[bytes], *, most_rows: int, most_columns: int) -> dict[str, Any]:
    """Return `{"encoding", "rows"}` of a file; encoding is nothing for a workbook."""
    beginning = file.read(8)
    file.seek(0)
    if beginning[:4] == b"PK\x03\x04":
        rows = _workbook(file)
        encoding = None
    elif beginning == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Refused("old_workbook")
    else:
        encoding, rows = _table(file.read())
    kept: list[list[Any]] = []
    for row in rows:
        cells = row[:most_columns]
        while cells and cells[-1] in (None, ""):
            cells.pop()
        kept.append(cells)
        if len(kept) > most_rows:
            raise Refused("too_many_rows", most=most_rows)
    while kept and not kept[-1]:
        kept.pop()
    return {"encoding": encoding, "rows": kept}


def _workbook(file: IO[bytes]) -> Iterable[list[Any]]:
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        names = [part.filename.lower() for part in parts]
        if len(parts) > MOST_PARTS or len(set(names)) != len(names):
            raise Refused("bomb")
        if sum(part.file_size for part in parts) > LARGEST_WHOLE:
            raise Refused("bomb")
        for part in parts:
            _inspect(archive, part)
    file.seek(0)
    page = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False).worksheets[0]
    page.reset_dimensions()  # what a file says about its own size may be anything
    return ([_plain(value) for value in row] for row in page.iter_rows(values_only=True))


def _inspect(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    name = part.filename.lower()
    is_large = part.file_size > _SMALL
    if part.file_size > LARGEST_PART or (is_large and part.file_size > MOST_RATIO * max(part.compress_size, 1)):
        raise Refused("bomb")
    if part.flag_bits & 1:
        raise Refused("locked")
    if name.startswith("/") or ".." in name.split("/"):
        raise Refused("bomb")
    if any(word in name for word in _PROGRAMS):
        raise Refused("has_program", part=part.filename[:80])
    if name.endswith((".xml", ".rels")):
        content = archive.read(part)
        # The parser takes time by the square of a comment's length, and nobody's workbook has them.
        if b"<!DOCTYPE" in content or (b"<!--" in content and is_large):
            raise Refused("bomb")
        if name.endswith(".rels") and b'TargetMode="External"' in content and b"/hyperlink" not in content:
            raise Refused("has_program", part=part.filename[:80])


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        is_day = (value.hour, value.minute, value.second) == (0, 0, 0)
        return {"day": value.date().isoformat()} if is_day else value.isoformat(sep=" ")
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else str(value)
    return value if value is None or isinstance(value, int) else str(value)[:_LONGEST_CELL]


def _table(content: bytes) -> tuple[str, Iterable[list[Any]]]:
    encoding, text = _decoded(content)
    if "\0" in text:
        raise Refused("no_table")
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    csv.field_size_limit(_LONGEST_CELL)
    return encoding, (list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _decoded(content: bytes) -> tuple[str, str]:
    ways = ["utf-8-sig", "windows-1252"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        ways = ["utf-16"]
    for encoding in ways:
        try:
            return encoding.removesuffix("-sig").upper(), content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("encoding")
