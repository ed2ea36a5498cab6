"""Whether something exists elsewhere cannot be learned: what is there and what is not answer alike, at every route."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import ids
from sri_admin.people.rules import Role
from sri_admin.web.doors import Audience
from tests.make import integrity, materials, meetings, members
from tests.make.people import TOKEN, browser, person, token_of
from tests.make.places import furnished, visitor

VISITORS = {"administrator": Role.MEMBER_ADMINISTRATOR, "facilitator": Role.FACILITATOR, "nobody": None}
OWN, FOREIGN, NO_CODE = "QN", "QM", "QZ"
# What stands in an address and is no secret of a member, each with a value that is real.
PLAIN = {"step": "apply", "way": "end", "seat": "overdue", "name": "theme.css", "version": 1, "number": 1}
PLAIN |= {"work": materials.CODE, "language": "pl", "month": "2026-10", "day": f"{meetings.EVENING}"}
PLAIN |= {"criterion": "access"}
# The words after /link/ are themselves the proof: who holds them may see the page.
PROOFS = {"token"}
# What an `id` is, by endpoint.
ID_OF = {
    "federation.node_show": "node_id",
    "federation.enrolment_show": "enrolment_id",
    "federation.enrolment_approve": "enrolment_id",
    "federation.enrolment_refuse": "enrolment_id",
    "federation.request_answer": "enrolment_id",
    "keys.withdrawal": "node_id",
    "keys.keys_withdraw": "node_id",
    "sync.api.enrolment_news": "enrolment_id",
}
# Sound answers for every form a visitor who is not staff may send: a 422 would hide what comes after it.
BODIES: dict[str, dict[str, Any]] = {
    "NothingIn": {},
    "InvitationIn": {"display_name": "Kim", "sign_in_name": "kim@example.org", "role": "facilitator"},
    "GrantIn": {"role": "facilitator"},
    "ExtensionIn": {"ends_on": "2099-01-01"},
    "ProgramKeyIn": {"name": "Newsletter", "mandate_id": str(ids.new()), "ends_on": "2099-01-01"},
    "ReasonIn": {"reason": "They moved away."},
    "SalvageIn": {"member_id": "00000000-0000-7000-8000-000000000000"},
    "SalvageOutIn": {
        "member_id": "00000000-0000-7000-8000-000000000000",
        "line": "00000000-0000-7000-8000-000000000000",
        "reason": "Entered twice.",
    },
    "SnapshotIn": {
        "member_id": "00000000-0000-7000-8000-000000000000",
        "snapshot": "00000000-0000-7000-8000-000000000000",
        "reason": "It is as SRI says.",
    },
    "OfficeHolderIn": {"office": "chair", "display_name": "Kim", "starts_on": "2026-01-01"},
    "OfficeErasureIn": {"reason": "They asked for it."},
    "TranslationIn": {"segment": "x", "text": "x"},
    "KeepIn": {"segment": "x", "text": "x"},
    "VerdictIn": {
        "segment": "x",
        "contribution_id": "00000000-0000-7000-8000-000000000000",
        "verdict": "return",
        "note": "x",
    },
    "CommunityIn": {"name": "Harbour", "kind": "city"},
    "MeetingIn": {
        "community_id": "00000000-0000-7000-8000-000000000000",
        "name": "Library",
        "programme_type": "four_point",
        "languages": ["en"],
        "venue": "in_person",
        "settlement": "city",
        "access": "public_open",
        "weekday": 2,
        "starts_at": "18:30",
        "first_on": "2025-01-07",
    },
    "StepIn": {"on": "2025-01-07"},
    "LeaderIn": {"account_id": "00000000-0000-7000-8000-000000000000"},
    "AnswersIn": {"outcome": "held", "people": 9, "first_time": 2},
    "MonthIn": {"people_7": "9", "first_time_7": "2"},
    "LogIn": {"on": "2025-01-07", "outcome": "held", "people": 9, "first_time": 2},
    "ReturnIn": {"attendances_number": "12"},
    "ReturnDraftIn": {"cells": [{"indicator": "attendances", "status": "reported", "value": 12}]},
    "ReturnSendingIn": {},
    "ReturnApprovalIn": {"values_hash": "0" * 64},
    "ProposalIn": {},
    "ApprovalIn": {
        "proposal_id": "00000000-0000-7000-8000-000000000000",
        "values_hash": "0" * 64,
        "verdict": "approve",
    },
    "CorrectionIn": {"reason": "mistake", "note": "One meeting was left out."},
    "CriterionAnswerIn": {"answer": "2", "statement": "The list says so."},
    "EvidenceIn": {
        "title": "Minutes",
        "kind": "minutes",
        "covers_from": "2026-01-01",
        "covers_to": "2026-01-02",
    },
    "EvidenceNamingIn": {"named": "true"},
    "SignOffIn": {"content_sha256": "0" * 64},
    "ReplyIn": {"reply": "acknowledge"},
    "ActionIn": {"what": "x", "office": "chair", "due_on": "2099-01-01"},
    "ReportIn": {"done_on": "2026-01-01", "statement": "x"},
    "AnswersBackIn": {"reason": "One answer is about last year."},
    "OfficeEndIn": {"ends_on": "2026-01-02", "reason": "They moved away."},
}
QUERIES = {
    "SearchQuery": ["q=land", "q=qn"],
    "MemberQuery": ["q=Land", "q=QM", "sort=name", "page=2"],
    "AgreementQuery": ["q=Land", "page=2"],
}
QUERIES |= {"ReadingQuery": ["language=en"], "WorkbenchQuery": ["show=todo"]}
QUERIES |= {"MeetingQuery": ["q=Harbour", "weekday=2", "sort=name", "page=2"]}
QUERIES |= {"FindingQuery": ["show=all"], "DownloadQuery": ["page=2"]}
QUERIES |= {"ExportQuery": ["q=Land"], "TemplateQuery": ["kind=members"], "ImportQuery": ["kind=members"]}
QUERIES |= {"NumbersQuery": ["months=24", "indicator=attendances"]}
QUERIES |= {"StickQuery": ["node=00000000-0000-7000-8000-000000000000"]}
_VARYING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:(?<=%2F)|\b)(QM|QZ)\b|[0-9-]{10}T[0-9:.]{8,}Z|[0-9]{2}:[0-9]{2} UTC"
)


@dataclass(frozen=True)
class Case:
    """A route with the arguments of something that exists elsewhere, and with invented ones."""

    rule: Rule
    there: dict[str, Any]
    invented: dict[str, Any]
    within_own: bool = field(default=False)


def rules_of(app: Flask) -> list[Rule]:
    """Return the routes whose address names something."""
    return [rule for rule in app.url_map.iter_rules() if rule.arguments]


def cases_of(rule: Rule, foreign: dict[str, Any]) -> list[Case]:
    """Return what is compared at a route; KeyError if it names something nobody thought of."""
    there, invented = {}, {}
    for name in rule.arguments - PROOFS - {"code"}:
        if name in PLAIN:
            there[name] = invented[name] = PLAIN[name]
        elif name == "sha256":
            there[name], invented[name] = foreign["sha256"], "0" * 64
        elif name == "stream":
            there[name], invented[name] = stream_name(MEMBER_OPS, foreign["member"]), stream_name(MEMBER_OPS, ids.new())
        else:
            there[name], invented[name] = foreign[ID_OF[rule.endpoint] if name == "id" else name], ids.new()
    if "code" not in rule.arguments:
        return [Case(rule, there, invented)] if rule.arguments - PROOFS else []
    cases = [Case(rule, {"code": FOREIGN, **there}, {"code": NO_CODE, **invented})]
    if there != invented:
        cases.append(Case(rule, {"code": FOREIGN, **there}, {"code": FOREIGN, **invented}))
        cases.append(Case(rule, {"code": OWN, **there}, {"code": OWN, **invented}, within_own=True))
    return cases


def said(answer: TestResponse) -> tuple[int, list[tuple[str, str]], str]:
    """Return status, headers and body without what differs from one answer to the next anyway."""
    body = answer.get_data(as_text=True).replace(answer.headers.get("X-Request-Id") or "-", "")
    body = _VARYING.sub("it", TOKEN.sub("", body))
    headers = [(name, _VARYING.sub("it", value)) for name, value in answer.headers if name not in CHANGING]
    return answer.status_code, headers, body


CHANGING = {"X-Request-Id", "Content-Length", "Date"}


def ask(app: Flask, client: FlaskClient, case: Case, arguments: dict[str, Any], token: str) -> Iterator[TestResponse]:
    """Send what a route takes to one address, by every method it has; OPTIONS never reaches a view."""
    door = getattr(app.view_functions[case.rule.endpoint], "door", None)
    with app.test_request_context():
        path = app.url_map.bind("localhost").build(case.rule.endpoint, arguments)
    if door is None or door.method == "GET":
        yield from (client.open(path, method=method) for method in ("GET", "HEAD"))
        return
    body = body_for(door)
    headers = {"X-CSRF-Token": token, "If-Match": '"1"'}
    if path.startswith("/api/"):
        yield client.open(path, method=door.method, json=body, headers=headers)
    else:
        yield client.post(path, data={**body, "version": "1"} if body else {}, headers=headers)


def body_for(door: Any) -> dict[str, Any]:
    """Return a sound form; routes for staff alone never look at it."""
    if door.takes is None or door.audience in {Audience.STAFF, Audience.NODE}:
        return {}
    return BODIES[door.takes.__name__]


@pytest.fixture
def own(database: sa.Connection) -> UUID:
    """The member the visitors belong to."""
    materials.furnished()  # no secret of a country, nor is the standard
    integrity.adopted()
    return members.member(OWN)


@pytest.fixture(params=list(VISITORS))
def client(request: pytest.FixtureRequest, app: Flask, own: UUID) -> FlaskClient:
    """The browser of one of the visitors."""
    return visitor(app, VISITORS[request.param], own)


def token_for(client: FlaskClient) -> str:
    """Return the form token of a visitor."""
    return token_of(client, "/account" if client.get("/account").status_code == 200 else "/sign-in")


def probed(app: Flask, client: FlaskClient, foreign: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return where what is there answered otherwise than what is not, and where it passed for one's own."""
    token, differing, passed = token_for(client), [], []
    for case in (case for rule in rules_of(app) for case in cases_of(rule, foreign)):
        answers = (ask(app, client, case, each, token) for each in (case.there, case.invented))
        for there, invented in zip(*answers, strict=True):
            where = (case.rule.endpoint, there.request.method, there.status_code, invented.status_code)
            if said(there) != said(invented):
                differing.append(where)
            if case.within_own and there.status_code not in {303, 401, 403, 404}:
                passed.append(where)
    return differing, passed


def test_what_exists_elsewhere_answers_like_what_does_not(app: Flask, own: UUID, client: FlaskClient) -> None:
    assert probed(app, client, furnished(app, FOREIGN)) == ([], [])


def test_what_happens_elsewhere_changes_no_list_total_or_search(app: Flask, own: UUID, client: FlaskClient) -> None:
    before = everything_to_see(app, client)
    furnished(app, FOREIGN)
    after = everything_to_see(app, client)
    assert [path for path in before if before[path] != after[path]] == []
    assert len(before) > 10


def everything_to_see(app: Flask, client: FlaskClient) -> dict[str, Any]:
    """Return what every list and page of one's own place says, searched, sorted and paged."""
    return {path: said(client.get(path)) for path in dict.fromkeys(lists_of(app))}


def lists_of(app: Flask) -> Iterator[str]:
    """Yield the addresses that name nothing but one's own place."""
    for rule in app.url_map.iter_rules():
        door = getattr(app.view_functions[rule.endpoint], "door", None)
        if "GET" not in (rule.methods or ()) or rule.arguments - {"code"} or rule.endpoint.startswith("health."):
            continue
        path = rule.rule.replace("<code>", OWN)
        yield path
        if door is not None and getattr(door, "query", None) is not None:
            yield from (f"{path}?{query}" for query in QUERIES.get(door.query.__name__, []))


def test_every_list_that_can_be_searched_is_searched(app: Flask) -> None:
    doors = (getattr(view, "door", None) for view in app.view_functions.values())
    searched = {door.query.__name__ for door in doors if door is not None and getattr(door, "query", None)}
    assert searched - {"SignInQuery"} == set(QUERIES)


def test_a_route_that_names_something_unknown_fails_the_probe() -> None:
    rule = Rule("/attics/<uuid:attic_id>", endpoint="attics.attic_show")
    rule.bind(Flask("planted").url_map)
    with pytest.raises(KeyError, match="attic_id"):
        cases_of(rule, {})


def test_the_probe_notices_a_route_that_tells(app: Flask, own: UUID) -> None:
    foreign = furnished(app, FOREIGN)
    case = next(each for rule in rules_of(app) for each in cases_of(rule, foreign) if "holder_id" in each.there)
    director = browser(app, person(Role.SRI_DIRECTOR))
    there, invented = (next(ask(app, director, case, each, "")) for each in (case.there, case.invented))
    assert said(there) != said(invented)
