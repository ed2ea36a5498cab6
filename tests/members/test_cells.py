"""What cells of a foreign sheet mean."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.kernel import i18n
from sri_admin.members.rules.cells import CellError, UnclearError, heads_of, is_note, letter, read_cell
from sri_admin.members.rules.sheets import SHEETS, SheetKind

COLUMNS = {column.key: column for column in SHEETS[SheetKind.AGREEMENTS].columns}


def said(key: str, cell: Any, *, month_first: bool | None = None) -> Any:
    return read_cell(COLUMNS[key], cell, month_first=month_first)


@pytest.mark.parametrize(
    "cell", ["2026-06-13", "2026/6/13", "13.06.2026", "13/06/2026", "06/13/2026", "١٣/٠٦/٢٠٢٦", {"day": "2026-06-13"}]
)
def test_a_date_is_known_however_it_is_written(cell: Any) -> None:
    assert said("starts_on", cell) == "2026-06-13"


@pytest.mark.parametrize("cell", ["31.02.2026", "soon", "2026-13-01", "1.1.26", 45000])
def test_what_is_no_date_is_refused(cell: Any) -> None:
    with pytest.raises(CellError):
        said("starts_on", cell)


def test_a_date_with_two_meanings_waits_for_an_answer() -> None:
    with pytest.raises(UnclearError):
        said("starts_on", "03/04/2026")
    assert said("starts_on", "03/04/2026", month_first=True) == "2026-03-04"
    assert said("starts_on", "03/04/2026", month_first=False) == "2026-04-03"


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_every_day_reads_back_in_every_clear_form(day: date) -> None:
    forms = (day.isoformat(), day.strftime("%d.%m.%Y"), day.strftime("%Y/%m/%d"))
    assert {said("starts_on", form) for form in forms} == {day.isoformat()}


@pytest.mark.parametrize("tag", i18n.available())
def test_answers_are_known_in_every_language(tag: str) -> None:
    for key in ("kind", "exclusive"):
        with i18n.using(tag), i18n.plainly():
            labels = {value: str(label) for value, label in COLUMNS[key].offered.items()}
        assert {said(key, label) for label in labels.values()} == {str(value) for value in labels}


def test_native_digits_are_numbers() -> None:
    assert (said("notice_days", "٩٠"), said("notice_days", 90)) == (90, 90)
    with pytest.raises(CellError):
        said("notice_days", "-1")


def test_columns_are_found_below_a_title_and_beside_unknown_ones() -> None:
    rows = [["Our list"], [], ["Code", "Name", "Our own remark", "Region"], ["QM", "A", "x", "east"]]
    heads = heads_of(SheetKind.MEMBERS, rows)
    assert heads is not None
    assert (heads.keys, heads.first_row, heads.ignored) == (("code", "name", None, "region"), 3, ("Our own remark",))


def test_notes_and_columns_have_their_names() -> None:
    assert [is_note(row) for row in (["# hint"], [None, ""], ["", "x"])] == [True, True, False]
    assert [letter(place) for place in (0, 2, 25, 26, 27)] == ["A", "C", "Z", "AA", "AB"]
