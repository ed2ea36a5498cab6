"""Findings in the browser and for programs: the way of both sides, who gets which answer, what waits for whom."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.integrity.api import api
from sri_admin.integrity.pages import findings, verifying
from sri_admin.integrity.rules.finding import FindingState, Move, Reply, Severity
from sri_admin.kernel import clock
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from tests.make import findings as fi
from tests.make import integrity as it
from tests.make import members as make
from tests.make.people import Person, browser, country, person, token_of

pytestmark = pytest.mark.usefixtures("database")
ANSWERS = {"cause": "unclear", "cause_text": "Nobody wrote it down.", "what": "Two sign.", "office": "treasurer"}


@pytest.fixture
def member() -> UUID:
    """A licensed country."""
    return make.member("QM", MemberState.LICENSED)


def send(client: FlaskClient, address: str, *, form: str | None = None, **values: Any) -> Any:
    return client.post(address, data={"csrf_token": token_of(client, form or "/account"), **values})


def text(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return (
        re.sub(r"</?bdi[^>]*>", "", unescape(answer.get_data(as_text=True))).replace("\u2068", "").replace("\u2069", "")
    )


def test_a_finding_goes_through_the_pages_of_both_sides(app: Flask, member: UUID) -> None:
    fi.reviewed(member)
    cycle = it.call_of(member)
    lead, director = (browser(app, person(each)) for each in (Role.INTEGRITY_LEAD, Role.SRI_DIRECTOR))
    chair = browser(app, person(Role.CHAIR, member))
    start = f"/countries/QM/assessments/{cycle}/revisions/1/criteria/access/findings"
    said = {"severity": "critical", "observed": "One person does it all."}
    preview = send(lead, f"{start}/preview", **said).get_data(as_text=True)
    assert "no renewal of the agreement can be signed" in preview
    assert "One person does it all." in preview
    at = send(lead, start, **said).headers["Location"]
    assert "No renewal can be signed until it is closed." in text(chair, "/countries/QM/findings")
    send(chair, f"{at}/reply", reply="acknowledge")
    send(chair, f"{at}/plan", **ANSWERS, due_on=clock.today().isoformat())
    proof = it.proof(member)
    assert "Minutes of the spring meeting" in text(chair, f"{at}/report")
    send(chair, f"{at}/report", done_on=clock.today().isoformat(), statement="See June.", evidence_ids=str(proof))
    assert "Verify what was done" not in text(lead, at)
    shown = text(director, f"{at}/verification")
    report = re.search(r'name="report_id" value="([^"]+)"', shown)
    assert report is not None
    send(director, f"{at}/verification", report_id=report.group(1), move="effective")
    assert "Closed" in text(chair, at)
    assert "What was done about" in text(chair, at)
    assert "signed for now.</b>" not in text(chair, "/countries/QM/agreement")


def test_a_wrong_answer_is_told_at_its_field_and_the_rest_is_kept(app: Flask, member: UUID) -> None:
    made = fi.issued(member)
    fi.replied(member, made)
    chair = browser(app, person(Role.CHAIR, member))
    answer = send(chair, f"/countries/QM/findings/{made}/plan", what="Two sign.", office="chair", due_on="2999-01-01")
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert 'href="#f-cause"' in page
    assert "Two sign." in page


def test_the_page_about_the_country_and_its_agreement_say_what_is_held_back(app: Flask, member: UUID) -> None:
    fi.issued(member, severity=Severity.CRITICAL)
    director, chair = browser(app, person(Role.SRI_DIRECTOR)), browser(app, person(Role.CHAIR, member))
    assert "No renewal can be signed for now." in text(director, "/countries/QM")
    assert "No renewal can be signed for now." in text(chair, "/countries/QM/agreement")
    assert "F-QM-" in text(director, "/findings")


@pytest.mark.parametrize(
    ("prepare", "role", "label"),
    [
        (lambda _member, _made: None, Role.CHAIR, "Read and answer"),
        (fi.replied, Role.COORDINATOR, "Make a plan"),
        (fi.done, Role.SRI_DIRECTOR, "Verify"),
        (lambda member, made: fi.replied(member, made, Reply.DISPUTE), Role.SRI_DIRECTOR, "Decide"),
    ],
)
def test_what_waits_for_somebody_stands_on_their_first_page(
    app: Flask, member: UUID, prepare: Callable[[UUID, UUID], Any], role: Role, label: str
) -> None:
    made = fi.issued(member)
    prepare(member, made)
    somebody = person(role, member if role in {Role.CHAIR, Role.COORDINATOR} else None)
    page = text(browser(app, somebody), "/")
    assert label in page
    assert str(made) in page


def test_who_issued_it_is_not_asked_to_verify_it(app: Flask, member: UUID) -> None:
    lead = person(Role.INTEGRITY_LEAD)
    made = fi.issued(member, by=lead.actor)
    fi.done(member, made)
    assert str(made) not in text(browser(app, lead), "/")


def test_a_program_reads_and_answers_a_finding(app: Flask, member: UUID) -> None:
    made, chair = fi.issued(member), browser(app, person(Role.CHAIR, member))
    at, headers = f"/api/v1/members/QM/findings/{made}", {"X-CSRF-Token": token_of(chair, "/account")}
    answer = chair.post(f"{at}/replies", json={"reply": "acknowledge"}, headers=headers)
    assert (answer.status_code, answer.get_json()["state"]) == (201, "acknowledged")
    wrong = chair.post(f"{at}/actions", json={"what": "x", "office": "chair", "due_on": "2999-01-01"}, headers=headers)
    assert {each["field"] for each in wrong.get_json()["errors"]} == {"cause", "due_on"}
    assert [row["id"] for row in chair.get("/api/v1/members/QM/findings").get_json()["rows"]] == [str(made)]


VISITORS = ("nobody", "facilitator", "coordinator", "chair", "foreign", "trainer", "auditor", "lead", "director")
READ = (303, 403, 200, 200, 404, 403, 200, 200, 200)
IN = "/assessments/{s}/revisions/1/criteria/access/findings"
# {i}, {j}, {a}, {p}, {d}, {r}: issued (two), acknowledged, planned, disputed, reported findings of round {s},
# all of them issued by the lead.
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "/findings"): (303, 403, 403, 403, 403, 403, 200, 200, 200),
    ("GET", "/countries/QM/findings"): READ,
    ("GET", "/countries/QM/findings/{i}"): READ,
    ("GET", "/countries/QM/findings/{i}/reply"): (303, 403, 403, 200, 404, 403, 403, 403, 403),
    ("GET", "/countries/QM/findings/{a}/plan"): (303, 403, 200, 200, 404, 403, 403, 403, 403),
    ("GET", "/countries/QM/findings/{p}/report"): (303, 403, 200, 200, 404, 403, 403, 403, 403),
    ("GET", "/countries/QM/findings/{i}/extension"): (303, 403, 403, 403, 403, 403, 403, 200, 200),
    ("GET", "/countries/QM/findings/{d}/decision"): (303, 403, 403, 403, 403, 403, 403, 200, 200),
    ("GET", "/countries/QM/findings/{r}/verification"): (303, 403, 403, 403, 403, 403, 403, 200, 200),
    ("GET", f"/countries/QM{IN}/new"): (
        303,
        403,
        403,
        403,
        403,
        403,
        403,
        200,
        200,
    ),
    ("GET", "/countries/QM/findings/{r}/reply"): (303, 403, 403, 409, 404, 403, 403, 403, 403),
    ("GET", "/api/v1/members/QM/findings"): (401, 403, 200, 200, 404, 403, 200, 200, 200),
    ("GET", "/api/v1/members/QM/findings/{i}"): (401, 403, 200, 200, 404, 403, 200, 200, 200),
}
# By page and API door: what is sent, and what comes back. What would change something is incomplete, but for the first.
ACTS: dict[tuple[str, str], tuple[dict[str, str], tuple[int, ...]]] = {
    ("/findings/{i}/reply", "/findings/{j}/replies"): (
        {"reply": "acknowledge"},
        (401, 403, 403, 303, 404, 403, 403, 403, 403),
    ),
    ("/findings/{a}/plan", "/findings/{a}/actions"): (
        {**ANSWERS, "due_on": "2000-01-01"},
        (401, 403, 422, 422, 404, 403, 403, 403, 403),
    ),
    ("/findings/{p}/report", "/findings/{p}/reports"): (
        {"done_on": "2000-01-01", "statement": "See June."},
        (401, 403, 422, 422, 404, 403, 403, 403, 403),
    ),
    ("/findings/{i}/extension", "/findings/{i}/extensions"): (
        {"due_on": "2000-01-01", "reason": "x"},
        (401, 403, 403, 403, 403, 403, 403, 422, 422),
    ),
    ("/findings/{d}/decision", "/findings/{d}/decisions"): (
        {"move": "downgrade", "reason": "x"},
        (401, 403, 403, 403, 403, 403, 403, 403, 422),
    ),
    ("/findings/{r}/verification", "/findings/{r}/verifications"): (
        {"move": "not_effective", "report_id": "{report}"},
        (401, 403, 403, 403, 403, 403, 403, 403, 422),
    ),
    (
        "/assessments/{s}/revisions/1/criteria/access/findings",
        "/assessments/{s}/revisions/1/criteria/access/findings",
    ): (
        {"severity": "observation", "observed": "x"},
        (401, 403, 403, 403, 403, 403, 403, 303, 303),
    ),
    (f"{IN}/preview", ""): (
        {"severity": "minor", "observed": "x"},
        (401, 403, 403, 403, 403, 403, 403, 200, 200),
    ),
}


@pytest.fixture
def people(member: UUID) -> dict[str, Person | None]:
    return {
        "nobody": None,
        "facilitator": person(Role.FACILITATOR, member),
        "coordinator": person(Role.COORDINATOR, member),
        "chair": person(Role.CHAIR, member),
        "foreign": person(Role.CHAIR, country("QN")),
        "trainer": person(Role.TRAINING_LEAD),
        "auditor": person(Role.AUDITOR),
        "lead": person(Role.INTEGRITY_LEAD),
        "director": person(Role.SRI_DIRECTOR),
    }


@pytest.fixture
def known(member: UUID, people: dict[str, Person | None]) -> dict[str, Any]:
    """One finding in every state that something can be done in, by the letter addresses give it."""
    lead = people["lead"]
    assert lead is not None
    snapshot = fi.reviewed(member)
    found = fi.several(member, snapshot, by=lead.actor)
    fi.spread(member, found)
    made = {name[0].replace("f", "i"): each for name, each in found.items()}
    made["j"] = fi.issued(member, snapshot, by=lead.actor)
    report = fi.look(member, made["r"], lambda row: row.standing.report_id)
    return {**made, "s": it.call_of(member), "report": report}


def test_every_page_answers_everybody_as_declared(
    app: Flask, known: dict[str, Any], people: dict[str, Person | None]
) -> None:
    wrong = {}
    for place, visitor in enumerate(VISITORS):
        who = people[visitor]
        client = browser(app, who) if who else app.test_client()
        token = token_of(client, "/account" if who else "/sign-in")
        for (method, path), expected in MATRIX.items():
            address = path.format(**known)
            sent = {"csrf_token": token}
            status = (client.get(address) if method == "GET" else client.post(address, data=sent)).status_code
            if status != expected[place]:
                wrong[visitor, method, path] = status
    assert wrong == {}


def test_every_act_is_refused_to_whom_it_is_not_for(
    app: Flask, member: UUID, known: dict[str, Any], people: dict[str, Person | None]
) -> None:
    wrong = {}
    for place, visitor in enumerate(VISITORS):
        who = people[visitor]
        client = browser(app, who) if who else app.test_client()
        token = token_of(client, "/account" if who else "/sign-in")
        for (page, door), (values, expected) in ACTS.items():
            sent = {name: value.format(**known) for name, value in values.items()}
            answer = client.post(f"/countries/QM{page}".format(**known), data={"csrf_token": token, **sent})
            if answer.status_code != expected[place]:
                wrong[visitor, page] = answer.status_code
            at, headers = f"/api/v1/members/QM{door}".format(**known), {"X-CSRF-Token": token}
            status = client.post(at, json=sent, headers=headers).status_code if door else 0
            if door and status != {303: 201}.get(expected[place], expected[place]):
                wrong[visitor, "api", door] = status
    assert wrong == {}
    assert fi.state(member, known["r"]) is FindingState.REPORTED


def test_every_door_stands_in_the_matrix() -> None:
    tried = {_blank(path) for _method, path in MATRIX}
    tried |= {_blank(f"/countries/QM{page}") for page, _door in ACTS}
    tried |= {_blank(f"/api/v1/members/QM{door}") for _page, door in ACTS}
    declared = {door.rule for each in (findings.pages, verifying.pages) for door in each.doors}
    declared |= {door.address for door in api.doors if "findings" in door.address}
    assert {_tried(rule) for rule in declared} - tried == set()


def _blank(path: str) -> str:
    return re.sub(r"\{\w\}", "{}", path)


def _tried(rule: str) -> str:
    rule = rule.replace("<code>", "QM").replace("<criterion>", "access").replace("<int:number>", "1")
    return re.sub("<uuid:(finding|cycle)_id>", "{}", rule)


def test_a_downgrade_needs_its_weight(app: Flask, member: UUID, known: dict[str, Any]) -> None:
    director = browser(app, person(Role.SRI_DIRECTOR))
    at = f"/countries/QM/findings/{known['d']}"
    assert send(director, f"{at}/decision", move="downgrade", reason="Less.").status_code == 422
    assert send(director, f"{at}/decision", move="downgrade", severity="minor", reason="Less.").status_code == 303
    assert fi.look(member, known["d"], lambda row: row.steps[-1].move) is Move.DOWNGRADE
