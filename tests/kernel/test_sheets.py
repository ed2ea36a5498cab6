"""Sheets as files: nothing in them is a formula, whatever program opens them, and they read back as they were."""

import csv
import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.kernel import i18n
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.sheets import Column, FileFormat, Manner, Shape, Sheet, neutral, plain, template, written

SHEET = Sheet(
    name="things",
    label=_l("Countries"),
    columns=(
        Column(key="name", label=_l("Name"), example="Exampleland", hint=_l("Up to 20 characters")),
        Column(key="day", label=_l("From"), shape=Shape.DATE),
        Column(key="count", label=_l("Day"), shape=Shape.NUMBER),
        Column(key="alone", label=_l("Theirs alone"), shape=Shape.YES_NO),
        Column(key="made", label=_l("Since"), only_out=True),
    ),
)
XLSX, CSV = Manner(), Manner(format=FileFormat.CSV, separator=";")
_texts = st.one_of(st.text(max_size=20), st.from_regex(r"[=+\-@\t\r\n＝'\ufeff ]{1,3}.{0,9}", fullmatch=True))


def cells_of(content: bytes) -> list[list[Any]]:
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [[cell.value for cell in row] for row in page.iter_rows()]


@given(_texts)
def test_what_was_made_harmless_reads_back_as_it_was(text: str) -> None:
    harmless = neutral(text)
    assert plain(harmless) == text
    assert harmless[:1] not in set("=+-@\t\r\n＝＋－＠")


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=30).map(lambda text: f"={text}"))
def test_no_cell_of_a_workbook_is_a_formula(text: str) -> None:
    page = openpyxl.load_workbook(io.BytesIO(written(SHEET, [{"name": text}], XLSX))).worksheets[0]
    cell = page.cell(3, 1)
    assert (cell.data_type, cell.value) == ("s", text)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "\u200b=1", "  =1", "＝1"])
def test_no_cell_of_a_plain_table_begins_like_a_formula(text: str) -> None:
    content = written(SHEET, [{"name": text}], CSV).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))[2][0] == f"'{text}"


def test_dates_and_numbers_stay_what_they_are() -> None:
    row = {"name": "A", "day": date(2026, 6, 12), "count": 7, "alone": True, "made": None}
    assert cells_of(written(SHEET, [row], XLSX))[2][:4][0] == "A"
    day, count = cells_of(written(SHEET, [row], XLSX))[2][1:3]
    assert (day.date(), count) == (date(2026, 6, 12), 7)
    assert written(SHEET, [row], CSV).decode("utf-8-sig").splitlines()[2] == '"A";"2026-06-12";7;"Yes";""'


def test_a_sheet_says_its_keys_first_and_then_its_headings_in_the_readers_language() -> None:
    with i18n.using("ar"):
        content = written(SHEET, [], XLSX)
    book = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert cells_of(content)[0] == ["name", "day", "count", "alone", "made"]
    assert cells_of(content)[1][0] != "Name"
    assert book.sheet_view.rightToLeft


def test_a_plain_table_is_marked_as_unicode_only_if_asked() -> None:
    assert written(SHEET, [], CSV).startswith(b"\xef\xbb\xbf")
    assert written(SHEET, [], Manner(format=FileFormat.CSV, marked=False)).startswith(b'"name"')


def test_a_template_offers_choices_and_holds_nothing_that_would_be_read_back() -> None:
    content = template(SHEET, XLSX)
    rows = cells_of(content)
    assert rows[0] == ["name", "day", "count", "alone"]
    assert all(str(row[0]).startswith("#") for row in rows[2:])
    offered = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].data_validations.dataValidation
    assert [each.formula1 for each in offered] == ['"Yes,No"']
