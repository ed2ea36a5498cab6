"""Files of strangers as tables: what is sound is read, what could be a bomb or a program is refused."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.kernel.confined_child import Refused
from sri_admin.kernel.sheet_reader import read


def told(content: bytes, most_rows: int = 100) -> dict[str, Any]:
    return read(io.BytesIO(content), most_rows=most_rows, most_columns=20)


def refused(content: bytes, most_rows: int = 100) -> str:
    with pytest.raises(Refused) as no:
        told(content, most_rows)
    return no.value.reason


def workbook(*rows: list[Any], **parts: bytes) -> bytes:
    """Return a workbook with rows, and with further parts planted."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(out)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return out.getvalue()


def test_cells_of_a_workbook_keep_what_they_are() -> None:
    moment = datetime.fromisoformat("2026-06-12T09:30:00")
    rows = told(workbook(["a", 7, 7.0, 1.5, True, None, date(2026, 6, 12), moment]))["rows"]
    assert rows == [["a", 7, 7, "1.5", "true", None, {"day": "2026-06-12"}, "2026-06-12 09:30:00"]]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("é;b\n".encode(), "UTF-8"),
        ("é;b\n".encode("utf-8-sig"), "UTF-8"),
        ("é;b\n".encode("utf-16"), "UTF-16"),
        ("é;b\n".encode("windows-1252"), "WINDOWS-1252"),
    ],
)
def test_letters_are_told_whatever_program_wrote_them(content: bytes, encoding: str) -> None:
    assert told(content) == {"encoding": encoding, "rows": [["é", "b"]]}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_stands_between_the_cells_is_found(separator: str) -> None:
    assert told(separator.join(["a", '"b,;c"', "d"]).encode())["rows"] == [["a", "b,;c", "d"]]


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"xl__vbaProject_bin": b"x"}, "has_program"),
        ({"xl__externalLinks__externalLink1_xml": b"<x/>"}, "has_program"),
        ({"xl__embeddings__oleObject1_bin": b"x"}, "has_program"),
        ({"xl__extra_xml": b"<!DOCTYPE x><x/>"}, "bomb"),
        ({"xl__extra_xml": b"<x><!--" + bytes(range(33, 127)) * 3000 + b"--></x>"}, "bomb"),
        ({"xl__extra_xml": b" " * 30_000_000}, "bomb"),
    ],
    ids=["macro", "link", "object", "doctype", "comment", "zeros"],
)
def test_a_hostile_workbook_is_refused_before_it_is_unpacked(parts: dict[str, bytes], reason: str) -> None:
    assert refused(workbook(["a"], **parts)) == reason


def test_a_relation_to_elsewhere_is_refused() -> None:
    relation = b'<Relationships><Relationship Type="x/attachedTemplate" TargetMode="External"/></Relationships>'
    assert refused(workbook(["a"], **{"xl__extra.rels": relation})) == "has_program"


def test_more_rows_than_allowed_are_refused() -> None:
    assert refused(b"a\n" * 101) == "too_many_rows"
    assert refused(workbook(*(["a"] for _ in range(101)))) == "too_many_rows"


@pytest.mark.parametrize("content", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", b"a\0b"], ids=["xls", "binary"])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    assert refused(content) in {"old_workbook", "no_table"}


@given(
    st.lists(st.lists(st.text(alphabet=st.characters(categories=["L", "N", "P"]), min_size=1), min_size=1), min_size=1)
)
def test_any_table_reads_without_an_error_of_ours(rows: list[list[str]]) -> None:
    lines = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row[:20]) for row in rows)
    assert len(told(lines.encode(), most_rows=10_000)["rows"]) <= len(rows)
