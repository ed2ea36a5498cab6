"""Whole tables brought in: judged row by row, done member by member, taken back as a whole."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import audit, clock, i18n, ids, jobs, runtime, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import RestoredError
from sri_admin.kernel.installation import Installation, Standing
from sri_admin.kernel.sheets import FileFormat, Manner, template, written
from sri_admin.members.commands import import_
from sri_admin.members.jobs import imports as import_jobs
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.member import Member
from sri_admin.members.models.sheet import ImportEffect, ImportRow, SheetImport
from sri_admin.members.operations import imports
from sri_admin.members.operations.members import describe_member
from sri_admin.members.queries.exports import keys_of, rows_of
from sri_admin.members.queries.imports import import_by_id
from sri_admin.members.queries.territories import find_extra
from sri_admin.members.rules.member import MemberState
from sri_admin.members.rules.sheets import SHEETS, SheetKind
from tests.make import members as make
from tests.make import people

pytestmark = pytest.mark.usefixtures("database")
CSV = Manner(format=FileFormat.CSV)
Rows = list[tuple[int, str, str]]


def begin(content: bytes, kind: SheetKind = SheetKind.MEMBERS, doer: Actor | None = None) -> UUID:
    """Bring a file in and have it checked; return the import."""
    hub_id, doer = make.hub(), doer or people.person("country_liaison").actor
    values = {"kind": kind, "file_name": "list.csv", "content": content}
    made = make.writing(hub_id, lambda: imports.begin_import(doer, hub_id, values=values).id)
    run(imports.CHECK, made)
    return made


def run(task: str, import_id: UUID) -> None:
    """Run a job of an import, as the worker would."""
    jobs.perform(runtime.current().tasks[task], {"member_id": str(make.hub()), "import_id": str(import_id)})


def act(act: Any, task: str, import_id: UUID, doer: Actor | None = None) -> None:
    """Ask for the next step of an import and run its job."""
    hub_id, doer = make.hub(), doer or people.person("country_liaison").actor
    make.writing(hub_id, lambda: act(doer, import_by_id(hub_id, import_id, lock=True)) and None)
    run(task, import_id)


def do(import_id: UUID) -> None:
    """Have the good rows done."""
    act(imports.apply_import, imports.APPLY, import_id)


def rows(import_id: UUID) -> Rows:
    """Return number, outcome and first reason of every row."""
    with transaction.reading(tenancy.only(make.hub())):
        found = db.session.scalars(
            sa.select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.number)
        )
        return [(row.number, row.outcome.value, row.faults[0]["reason"] if row.faults else "") for row in found]


def outcomes(import_id: UUID) -> list[str]:
    return [outcome for _number, outcome, _reason in rows(import_id)]


def names() -> dict[str, str]:
    """Return what each country is called."""
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return {each.code: str(each.names) for each in db.session.scalars(sa.select(Member))}


def place_name(code: str) -> str | None:
    with transaction.reading(tenancy.only(make.hub())):
        found = find_extra(code)
        return str(found.names) if found else None


def sheet(*lines: str) -> bytes:
    return "\r\n".join(("code,name,kind,region", *lines)).encode()


def taken_out(kind: SheetKind, manner: Manner) -> bytes:
    with transaction.reading(tenancy.everywhere(make.every_member())):
        keys = keys_of(make.system("test"), kind, {})
        return written(SHEETS[kind], list(rows_of(kind, keys)), manner)


def test_a_checked_file_changes_nothing_until_it_is_imported() -> None:
    made = begin(sheet("QM,Exampleland,country,east", "QN,Otherland,Several countries,west"))
    assert (outcomes(made), names()) == (["create", "create"], {})
    do(made)
    assert (outcomes(made), names()) == (["created", "created"], {"QM": "Exampleland", "QN": "Otherland"})


def test_a_bad_row_is_named_with_its_column_and_the_good_ones_are_done() -> None:
    made = begin(sheet("QM,Oneland,country,east", "q!,Otherland,country,east", "QP,,country,east", "QM,Two,country,e"))
    do(made)
    assert rows(made) == [
        (2, "created", ""),
        (3, "bad", "Use 2 to 12 capital letters or digits."),
        (4, "bad", "Please answer this."),
        (5, "bad", "Row 2 is about the same code already."),
    ]


def test_a_day_that_does_not_exist_is_no_date() -> None:
    make.member("QM")
    make.extra("QM", "Land of QM")
    content = "member;starts_on;ends_on;territories;rights\nQM;31.02.2026;2027-01-01;QM;train\n".encode("utf-16")
    made = begin(content, SheetKind.AGREEMENTS)
    hub_id = make.hub()
    with transaction.reading(tenancy.only(hub_id)):
        (row,) = db.session.scalars(sa.select(ImportRow).where(ImportRow.import_id == made))
        fault = row.faults[0]
        encoding = import_by_id(hub_id, made).encoding
    assert fault == {"column": "B", "key": "starts_on", "reason": "“\u206831.02.2026\u2069” is not a date."}
    assert encoding == "UTF-16"


def test_a_date_that_can_be_two_days_is_asked_for() -> None:
    make.member("QM")
    make.extra("QM", "Land of QM")
    lines = "member,starts_on,ends_on,territories,rights\nQM,٠٣/٠٤/2026,2027-01-01,QM,train\n"
    made = begin(lines.encode(), SheetKind.AGREEMENTS)
    assert outcomes(made) == ["bad"]
    act(lambda doer, found: imports.answer_day_order(doer, found, values={"month_first": False}), imports.CHECK, made)
    do(made)
    with transaction.reading(tenancy.everywhere(make.every_member())):
        assert db.session.scalars(sa.select(AgreementDraft)).one().values["starts_on"] == "2026-04-03"


@pytest.mark.parametrize("manner", [Manner(), Manner(format=FileFormat.CSV, separator=";")], ids=["xlsx", "csv"])
@pytest.mark.parametrize("kind", [SheetKind.MEMBERS, SheetKind.AGREEMENTS, SheetKind.PLACES])
@pytest.mark.parametrize("tag", ["en", "ar"])
def test_what_was_taken_out_comes_back_with_nothing_to_do(kind: SheetKind, manner: Manner, tag: str) -> None:
    make.member("QM", MemberState.LICENSED, names=make.Text.of("=Land"))
    with i18n.using(tag):
        content = taken_out(kind, manner)
    assert set(outcomes(begin(content, kind))) == {"same"}


def test_headings_are_known_in_any_language_without_the_row_of_keys() -> None:
    with i18n.using("ar"):
        lines = taken_out(SheetKind.MEMBERS, CSV).decode("utf-8-sig").splitlines()
    assert outcomes(begin("\n".join([lines[1], '"QM","Exampleland","country","","east"']).encode())) == ["create"]


def test_nothing_of_a_template_is_imported() -> None:
    assert outcomes(begin(template(SHEETS[SheetKind.MEMBERS], Manner()))) == []


def test_an_agreement_with_a_day_of_signing_is_signed_and_never_brought_in_twice() -> None:
    member_id = make.member("QM")
    make.extra("QM", "Land of QM")
    lines = "member,starts_on,ends_on,rights,territories,signed_on\nQM,2026-01-01,2027-12-31,train,QM,2026-01-01\n"
    made = begin(lines.encode(), SheetKind.AGREEMENTS)
    do(made)
    with transaction.reading(tenancy.only(member_id)):
        assert db.session.scalars(sa.select(Agreement)).one().ref_no == "QM-2026-01"
    assert outcomes(begin(lines.encode(), SheetKind.AGREEMENTS)) == ["same"]


def test_undone_everything_is_as_before_and_the_same_file_can_come_again() -> None:
    make.member("QN")
    content = sheet("QM,Exampleland,country,east", "QN,New name,country,west")
    made = begin(content)
    do(made)
    act(imports.undo_import, imports.UNDO, made)
    assert (outcomes(made), names()) == (["undone", "undone"], {"QN": "Land of QN"})
    again = begin(content)
    do(again)
    assert names() == {"QM": "Exampleland", "QN": "New name"}


def test_what_somebody_went_on_with_is_kept_and_says_why() -> None:
    made = begin(sheet("QM,Exampleland,country,east"))
    do(made)
    (member_id,) = [each for each in make.every_member() if each != make.hub()]
    director = make.actor()
    make.writing(
        member_id, lambda: describe_member(director, make.found(member_id), values={"region": "north"}) and None
    )
    act(imports.undo_import, imports.UNDO, made)
    assert rows(made) == [(2, "kept", "It was changed since it was imported.")]


def test_an_undone_signed_agreement_never_counted_and_its_place_is_free_again() -> None:
    member_id = make.member("QM")
    make.extra("QM", "Land of QM")
    lines = "member,starts_on,ends_on,territories,rights,signed_on\nQM,2026-01-01,2027-12-31,QM,train,2026-01-01\n"
    made = begin(lines.encode(), SheetKind.AGREEMENTS)
    do(made)
    act(imports.undo_import, imports.UNDO, made)
    with transaction.reading(tenancy.only(member_id)):
        agreement = db.session.scalars(sa.select(Agreement)).one()
        assert (agreement.state.value, agreement.closed_on) == ("terminated", agreement.starts_on)
    again = begin(lines.encode(), SheetKind.AGREEMENTS)
    do(again)
    assert outcomes(again) == ["created"]


def test_an_undone_draft_is_gone() -> None:
    member_id = make.member("QM")
    make.extra("QM", "Land of QM")
    lines = "member,starts_on,ends_on,territories,rights\nQM,2026-01-01,2027-12-31,QM,train\n"
    made = begin(lines.encode(), SheetKind.AGREEMENTS)
    do(made)
    act(imports.undo_import, imports.UNDO, made)
    with transaction.reading(tenancy.only(member_id)):
        assert db.session.scalars(sa.select(AgreementDraft)).all() == []
    assert outcomes(made) == ["undone"]


def test_places_come_in_change_and_go(database: sa.Connection) -> None:
    made = begin(b"code,name\nXA,Eastern shore\nDE,Germany\n", SheetKind.PLACES)
    assert outcomes(made) == ["create", "bad"]
    do(made)
    changed = begin(b"code,name\nXA,Western shore\n", SheetKind.PLACES)
    do(changed)
    assert outcomes(changed) == ["changed"]
    act(imports.undo_import, imports.UNDO, changed)
    assert place_name("XA") == "Eastern shore"
    act(imports.undo_import, imports.UNDO, made)
    assert (outcomes(made)[0], place_name("XA")) == ("undone", None)


@pytest.mark.parametrize("name_it", [make.draft, make.offered])
def test_a_place_an_agreement_names_by_now_is_kept(name_it: Callable[..., UUID], database: sa.Connection) -> None:
    made = begin(b"code,name\nXA,Eastern shore\n", SheetKind.PLACES)
    do(made)
    name_it(make.member("QM"), territories=["XA"])
    act(imports.undo_import, imports.UNDO, made)
    assert rows(made) == [(2, "kept", "An agreement names this place by now.")]


def test_an_import_another_one_went_on_with_is_kept_until_that_is_undone(database: sa.Connection) -> None:
    first = begin(sheet("QM,Exampleland,country,east"))
    do(first)
    second = begin(sheet("QM,Newland,country,east"))
    do(second)
    act(imports.undo_import, imports.UNDO, first)
    assert (outcomes(first), names()) == (["kept"], {"QM": "Newland"})


def test_two_imports_of_the_same_at_once_do_it_once() -> None:
    content = sheet("QM,Exampleland,country,east")
    one, other = begin(content), begin(content)
    do(one)
    do(other)
    assert (outcomes(one), rows(other)) == (
        ["created"],
        [(2, "failed", "This was changed by somebody else after the file was checked.")],
    )


class Killed(BaseException):
    """The process is gone."""


def test_an_import_that_was_killed_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    made = begin(sheet("QM,One,country,east", "QN,Two,country,east", "QP,Three,country,east"))
    done, original = [], import_jobs._do

    def until_the_third(*given: Any) -> Any:
        if len(done) == 2:
            raise Killed
        done.append(given)
        return original(*given)

    monkeypatch.setattr(import_jobs, "_do", until_the_third)
    with pytest.raises(Killed):
        do(made)
    assert (sorted(names()), outcomes(made)) == (["QM", "QN"], ["create"] * 3)
    monkeypatch.setattr(import_jobs, "_do", original)
    run(imports.APPLY, made)
    with transaction.reading(tenancy.everywhere(make.every_member())):
        effects = db.session.scalar(sa.select(sa.func.count()).select_from(ImportEffect))
    assert (sorted(names()), outcomes(made), effects) == (["QM", "QN", "QP"], ["created"] * 3, 3)


def test_a_double_click_imports_once() -> None:
    made = begin(sheet("QM,Exampleland,country,east"))
    do(made)
    do(made)
    assert outcomes(made) == ["created"]


def test_history_tells_of_the_import_and_the_chain_holds() -> None:
    made = begin(sheet("QM,Exampleland,country,east"))
    do(made)
    (member_id,) = [each for each in make.every_member() if each != make.hub()]
    with transaction.reading(tenancy.everywhere(make.every_member())):
        told = audit.entries_about(member_id, member_id)
        assert [entry.event for entry in told] == ["members.RowsImported", "members.MemberRegistered"]
        assert told[0].values["import_id"] == str(made)
        assert audit.verify().broken_at is None


def test_whoever_lost_the_role_meanwhile_imports_nothing() -> None:
    liaison = people.person("country_liaison", ends_on=clock.today() - timedelta(days=1))
    made = begin(sheet("QM,Exampleland,country,east"), doer=liaison.actor)
    assert outcomes(made) == ["bad"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an old kind of workbook (XLS). Save it as XLSX or CSV."),
        (b"a\0b\n", "This file is no table. Choose a workbook (XLSX) or a plain table (CSV)."),
        (b"what,ever\n1,2\n", "No row of this file names its columns. Begin with our empty sheet."),
        (b"code,name\nQM,A\n", "The column “\u2068Region\u2069” is missing."),
    ],
    ids=["old", "binary", "no heads", "missing"],
)
def test_a_file_that_cannot_be_read_says_so(content: bytes, said: str) -> None:
    made = begin(content)
    hub_id = make.hub()
    with transaction.reading(tenancy.only(hub_id)):
        assert import_by_id(hub_id, made).problem == said


def test_a_person_walks_from_the_file_to_the_undone_import(app: Flask) -> None:
    client = people.browser(app, people.person("sri_director"))
    page = send(client, sheet("QM,Exampleland,country,east", "q!,Otherland,country,west"))
    run(imports.CHECK, UUID(page.rpartition("/")[2]))
    shown = client.get(page).get_data(as_text=True)
    assert "Import the 1 good row" in shown
    assert "Row 3, column A:" in shown.replace("<bdi>", "").replace("\u2068", "").replace("\u2069", "")
    for step, task in (("apply", imports.APPLY), ("undo", imports.UNDO)):
        client.post(f"{page}/{step}", data={"csrf_token": people.token_of(client, page)})
        run(task, UUID(page.rpartition("/")[2]))
    assert names() == {}


def test_a_program_that_sends_its_file_twice_under_one_key_has_one_import(app: Flask) -> None:
    client = people.browser(app, people.person("sri_director"))
    given = {"X-CSRF-Token": people.token_of(client, "/account"), "Idempotency-Key": str(ids.new())}
    files = [sheet("QM,Exampleland,country,east"), sheet("QN,Otherland,country,east")]
    answers = [
        client.post("/api/v1/imports?kind=members&name=list.csv", data=file, headers=given)
        for file in (files[0], files[0], files[1])
    ]
    assert [each.status_code for each in answers] == [201, 201, 409]
    assert answers[0].get_json() == answers[1].get_json()
    assert answers[2].get_json()["code"] == "key_reused"
    with transaction.reading(tenancy.only(make.hub())):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SheetImport)) == 1


def run_command(*arguments: str) -> Result:
    return CliRunner().invoke(import_, [*arguments])


def test_an_operator_checks_imports_and_undoes_from_the_command_line(tmp_path: Path, database: sa.Connection) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(sheet("QM,Exampleland,country,east", "q!,Otherland,country,east"))
    checked = run_command("members", str(file), "--json")
    assert (checked.exit_code, names()) == (3, {})
    (fault,) = json.loads(checked.stdout)["faults"]
    assert (fault["row"], fault["column"], fault["key"]) == (3, "A", "code")
    done = json.loads(run_command("members", str(file), "--apply", "--json").stdout)
    assert (done["rows"], names()) == ({"created": 1, "bad": 1}, {"QM": "Exampleland"})
    run_command("undo", done["import"])
    assert names() == {}


def test_an_installation_that_was_restored_imports_nothing(tmp_path: Path, database: sa.Connection) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(sheet("QM,Exampleland,country,east"))
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(Installation).values(standing=Standing.RESTORED))
    assert isinstance(run_command("members", str(file), "--apply").exception, RestoredError)


def send(client: FlaskClient, content: bytes) -> str:
    """Send a file with the form and return the address of its import."""
    data = {"csrf_token": people.token_of(client, "/imports/new"), "kind": "members"}
    file = (io.BytesIO(content), "list.csv")
    answer = client.post("/imports", data={**data, "file": file}, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]
