"""Whole tables taken out as files."""

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock, jobs, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.models.sheet import ExportNote, SheetExport
from sri_admin.members.operations import exports
from sri_admin.members.rules.member import MemberState
from tests.make import members as make
from tests.make import people

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    """A browser of an auditor, who reads everything and changes nothing."""
    return people.browser(app, people.person("auditor"))


def ask(client: FlaskClient, **values: str) -> str:
    """Ask for an export and return its address."""
    data = {"csrf_token": people.token_of(client, "/exports/new"), "kind": "members", "format": "csv", **values}
    answer = client.post("/exports", data=data)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def rows_at(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    """Return the rows of a plain table by the keys of their columns."""
    content = client.get(f"{address}/file").get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))[1:]


def notes() -> list[tuple[str, int]]:
    """Return what the log of exports says."""
    with transaction.apart() as session:
        return [(each.deed, each.rows) for each in session.scalars(sa.select(ExportNote).order_by(ExportNote.at))]


def test_a_small_export_is_ready_at_once_and_noted(staff: FlaskClient) -> None:
    make.member("QM")
    make.member("QN")
    address = ask(staff)
    assert "<b>2 rows</b> are ready" in staff.get(address).get_data(as_text=True)
    assert [row["code"] for row in rows_at(staff, address)] == ["QM", "QN"]
    assert notes() == [("made", 2), ("fetched", 2)]


def test_the_filters_of_the_list_hold_for_the_file(staff: FlaskClient) -> None:
    make.member("QM", MemberState.APPLICANT)
    make.member("QN")
    assert [row["code"] for row in rows_at(staff, ask(staff, state="applicant"))] == ["QM"]


def test_agreements_territories_and_places_can_be_taken_out(staff: FlaskClient) -> None:
    make.member("QM", MemberState.LICENSED)
    (agreement,) = rows_at(staff, ask(staff, kind="agreements"))
    (held,) = rows_at(staff, ask(staff, kind="territories"))
    (place,) = rows_at(staff, ask(staff, kind="places"))
    assert (agreement["member"], agreement["state"], agreement["rights"]) == (
        "QM",
        "Active",
        "Use the name; Run meetings in person",
    )
    assert (held["place"], held["ref_no"], held["exclusive"]) == ("QM", agreement["ref_no"], "Yes")
    assert (place["code"], place["name"]) == ("QM", "Land of QM")


def test_a_name_like_a_formula_is_a_text_in_the_workbook(staff: FlaskClient) -> None:
    make.member("QM", names=make.Text.of("=HYPERLINK(1)"))
    content = staff.get(f"{ask(staff, format='xlsx')}/file").get_data()
    cell = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].cell(3, 2)
    assert (cell.data_type, cell.value) == ("s", "=HYPERLINK(1)")


def test_a_large_export_is_a_job_that_tells_how_far_it_is(staff: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    make.member("QM")
    address = ask(staff)
    assert "The file is being written" in staff.get(address).get_data(as_text=True)
    assert staff.get(f"{address}/file").headers["Location"] == address
    run_jobs()
    assert [row["code"] for row in rows_at(staff, address)] == ["QM"]


def run_jobs() -> None:
    """Run the exports that wait, as the worker would."""
    hub_id = make.hub()
    with transaction.reading(tenancy.only(hub_id)):
        waiting = list(db.session.scalars(sa.select(SheetExport.id)))
    for export_id in waiting:
        task = runtime.current().tasks[exports.WRITE_EXPORT]
        jobs.perform(task, {"member_id": str(hub_id), "export_id": str(export_id)})


def test_the_same_form_sent_twice_is_one_export(staff: FlaskClient) -> None:
    record_id = "0198a8a0-0000-7000-8000-000000000001"
    assert ask(staff, record_id=record_id) == ask(staff, record_id=record_id)
    assert len(notes()) == 1


def test_a_file_is_gone_after_a_day(staff: FlaskClient) -> None:
    address = ask(staff)
    hub_id = make.hub()
    old = sa.update(SheetExport).values(expires_at=clock.now() - timedelta(seconds=1))
    transaction.write(tenancy.only(hub_id), lambda: db.session.execute(old))
    assert staff.get(address).status_code == 404
    jobs.perform(runtime.current().tasks["keeping.forget"], {})
    with transaction.reading(tenancy.only(hub_id)):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SheetExport)) == 0


def test_programs_take_tables_out_through_the_api(staff: FlaskClient) -> None:
    make.member("QM")
    headers = {"X-CSRF-Token": people.token_of(staff, "/exports/new")}
    made = staff.post("/api/v1/exports", json={"kind": "members", "format": "csv"}, headers=headers)
    assert (made.status_code, made.json["state"], made.json["total"]) == (201, "ready", 1)  # pyright: ignore[reportOptionalSubscript] - it is JSON
    file = staff.get(f"/api/v1/exports/{made.json['id']}/file")  # pyright: ignore[reportOptionalSubscript] - see above
    assert file.headers["Content-Disposition"].startswith("attachment; filename=members-")
    assert b"Land of QM" in file.get_data()


def test_nobody_else_takes_anything_out(app: Flask) -> None:
    member_id = make.member("QM")
    chair = people.browser(app, people.person("chair", member_id))
    assert chair.get("/exports/new").status_code == 403
    token = people.token_of(chair, "/account")
    assert chair.post("/exports", data={"csrf_token": token, "kind": "members"}).status_code == 403
