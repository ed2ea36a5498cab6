"""The signed copy of an agreement: added by SRI staff, kept by those who may read it, refused if no plain PDF."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sri_admin.kernel import blobs, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.download_log import FileDownload
from sri_admin.members.models.agreement import AgreementFile
from sri_admin.people.rules import Role
from tests.make import files, members, people, room
from tests.make.people import token_of

pytestmark = pytest.mark.usefixtures("database")
PDF = files.pdf(pages=1, padding=5000)


@pytest.fixture
def place() -> tuple[UUID, UUID]:
    """A country and its signed agreement."""
    member_id = members.member("QM")
    return member_id, members.signed(member_id, territories=["QM"])


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    return people.browser(app, people.person(Role.COUNTRY_LIAISON))


def address(agreement_id: UUID, end: str = "files/new") -> str:
    return f"/countries/QM/agreements/{agreement_id}/{end}"


def send(client: FlaskClient, agreement_id: UUID, content: bytes, name: str = "paper.pdf") -> TestResponse:
    where = address(agreement_id)
    data = {"csrf_token": token_of(client, where), "file": (io.BytesIO(content), name)}
    return client.post(where, data=data, content_type="multipart/form-data")


def copies(member_id: UUID) -> list[AgreementFile]:
    with transaction.reading(tenancy.only(member_id)):
        rows = list(db.session.scalars(sa.select(AgreementFile).order_by(AgreementFile.at)))
        for row in rows:
            transaction.detach(row)
        return rows


def spooled(app: Flask) -> list[Path]:
    return list((runtime.current().settings.installation.home / "spool").glob("incoming-*"))


def test_staff_add_a_copy_and_a_newer_one_stands_before_it(app: Flask, staff: FlaskClient, place: tuple[UUID, UUID]):
    member_id, agreement_id = place
    newer = files.pdf(pages=2)
    assert [send(staff, agreement_id, each).status_code for each in (PDF, newer, newer)] == [303, 303, 303]
    first, second = copies(member_id)
    assert (b"".join(blobs.read(first.sha256)), b"".join(blobs.read(second.sha256))) == (PDF, newer)
    page = staff.get(address(agreement_id, "")[:-1]).get_data(as_text=True)
    assert page.index(str(second.id)) < page.index(str(first.id))
    assert "replaced by a newer copy" in page
    assert "A newer copy of the signed agreement" in page
    assert spooled(app) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"MZ" + bytes(200), "This is not a PDF file."),
        (b"", "Please choose a file."),
        (files.launching_pdf(), "contains programs"),
    ],
    ids=["program", "nothing", "launch"],
)
def test_what_is_no_plain_pdf_is_refused_on_its_field(
    app: Flask, staff: FlaskClient, place: tuple[UUID, UUID], content: bytes, sentence: str
):
    answer = send(staff, place[1], content)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert (copies(place[0]), spooled(app)) == ([], [])


def test_a_file_beyond_the_limit_is_refused_while_it_comes_in(
    app: Flask, staff: FlaskClient, place: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
):
    view: Any = app.view_functions["members.agreement_file_add"]
    monkeypatch.setattr(view, "door", replace(view.door, accepts=replace(view.door.accepts, limit=3000)))
    answer = send(staff, place[1], PDF)
    assert answer.status_code == 413
    assert "larger than we take here" in answer.get_data(as_text=True)
    assert (copies(place[0]), spooled(app)) == ([], [])


def test_a_full_disk_is_said_and_nothing_is_kept_by_halves(app: Flask, staff: FlaskClient, place: tuple[UUID, UUID]):
    where = address(place[1])
    data = {"csrf_token": token_of(staff, where), "file": (io.BytesIO(files.pdf(padding=300_000)), "paper.pdf")}
    with room.no_file_beyond(100_000):
        answer = staff.post(where, data=data, content_type="multipart/form-data")
    assert answer.status_code == 503
    assert "no room left" in answer.get_data(as_text=True)
    assert (copies(place[0]), spooled(app)) == ([], [])


def test_a_file_sent_to_a_door_that_takes_none_is_refused(staff: FlaskClient, app: Flask):
    data = {"csrf_token": token_of(staff, "/account"), "file": (io.BytesIO(PDF), "paper.pdf")}
    answer = staff.post("/account/preferences", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert spooled(app) == []


def test_the_copy_is_kept_by_those_who_may_read_the_agreement_and_by_nobody_else(app: Flask, place: tuple[UUID, UUID]):
    member_id, agreement_id = place
    copy = files.signed_copy(member_id, agreement_id)
    where = address(agreement_id, f"files/{copy.id}")
    visitors = {
        "chair": (people.person(Role.CHAIR, member_id), 200),
        "staff": (people.person(Role.AUDITOR), 200),
        "facilitator": (people.person(Role.FACILITATOR, member_id), 403),
        "foreign": (people.person(Role.CHAIR, members.member("QN")), 404),
    }
    found = {name: people.browser(app, who).get(where).status_code for name, (who, _status) in visitors.items()}
    assert found == {name: status for name, (_who, status) in visitors.items()}
    assert app.test_client().get(where).status_code == 303


def test_a_kept_copy_runs_nowhere_goes_on_after_a_cut_and_is_noted(staff: FlaskClient, place: tuple[UUID, UUID]):
    copy = files.signed_copy(*place, content=PDF)
    where = address(place[1], f"files/{copy.id}")
    whole, rest = staff.get(where), staff.get(where, headers={"Range": "bytes=1000-", "If-Range": f'"{copy.sha256}"'})
    assert (whole.status_code, whole.data, rest.status_code, rest.data) == (200, PDF, 206, PDF[1000:])
    assert whole.headers["Content-Disposition"].startswith("attachment; filename=QM-")
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert staff.get(where, headers={"Range": "bytes=999999-"}).status_code == 416
    assert staff.get(where, headers={"Range": "bytes=5-9", "If-Range": '"other"'}).status_code == 200
    with transaction.apart() as session:
        noted = session.scalars(sa.select(FileDownload).where(FileDownload.sha256 == copy.sha256)).all()
    assert {(each.member_id, each.kind) for each in noted} == {(place[0], "person")}


def test_a_damaged_copy_is_never_given_out(staff: FlaskClient, place: tuple[UUID, UUID]):
    copy = files.signed_copy(*place, content=PDF)
    home = runtime.current().settings.installation.home
    (home / "blobs" / copy.sha256[:2] / copy.sha256).write_bytes(PDF[:-1] + b"?")
    answer = staff.get(address(place[1], f"files/{copy.id}"))
    assert answer.status_code == 503
    assert "damaged" in answer.get_data(as_text=True)


def test_an_agreement_nobody_signed_takes_no_signed_copy(app: Flask, staff: FlaskClient):
    agreement_id = members.offered(members.member("QM"), territories=["QM"])
    assert send(staff, agreement_id, PDF).status_code == 409
    assert spooled(app) == []


def test_programs_add_and_list_copies_by_the_same_rules(app: Flask, staff: FlaskClient, place: tuple[UUID, UUID]):
    where = f"/api/v1/members/QM/agreements/{place[1]}/files"
    headers = {"X-CSRF-Token": token_of(staff, "/account"), "Idempotency-Key": "01890000-0000-7000-8000-000000000001"}

    def post(content: bytes) -> tuple[int, dict[str, Any]]:
        answer = staff.post(where, data=content, headers=headers, content_type="application/pdf")
        return answer.status_code, json.loads(answer.data)

    made = post(PDF)
    assert made[0] == 201
    assert post(PDF) == made
    assert post(files.pdf(pages=3))[1]["code"] == "key_reused"
    assert post(b"no pdf")[1]["code"] == "pdf_not_pdf"
    assert json.loads(staff.get(where).data)["rows"] == [made[1]]
    auditor = people.browser(app, people.person(Role.AUDITOR))
    headers = {"X-CSRF-Token": token_of(auditor, "/account")}
    assert auditor.post(where, data=PDF, headers=headers, content_type="application/pdf").status_code == 403
    assert spooled(app) == []
