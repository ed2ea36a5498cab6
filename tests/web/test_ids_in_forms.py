"""An id in a form or a filter that belongs to another country is answered like one that belongs to nobody."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import marshmallow as ma
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sri_admin.kernel import ids, tenancy, transaction
from sri_admin.kernel.db import Base, db
from sri_admin.people.rules import Role
from sri_admin.web.doors import Audience
from tests.make.people import browser, person, token_of
from tests.make.places import furnished
from tests.web.test_tenancy_probe import BODIES, FOREIGN, OWN, PLAIN, said

ROLES = (Role.COORDINATOR, Role.MEMBER_ADMINISTRATOR)
# Of which table an id is, by the name of its field; `id` is that of the new record, by the form.
TABLES = {
    "account_id": "account",
    "community_id": "community",
    "contribution_id": "contribution",
    "evidence_ids": "evidence",
    "line": "sync_salvage",
    "mandate_id": "mandate",
    "member_id": "member",
    "node": "node",
    "parent_id": "community",
    "proposal_id": "return_proposal",
    "snapshot": "sync_snapshot",
    "ActionIn.id": "corrective_action",
    "CommunityIn.id": "community",
    "LogIn.id": "meeting_log",
    "MeetingIn.id": "meeting",
    "OfficeHolderIn.id": "office_holder",
    "ReplyIn.id": "finding_reply",
    "ReportIn.id": "action_report",
    "TranslationIn.id": "contribution",
}
FORMS = {**BODIES, "StickIn": {"size": "16"}}
# Nobody but an exchange makes them.
RARE = {"sync_salvage"}


def fields_of(door: Any) -> Iterator[tuple[str, type]]:
    """Yield every field of a door's form or filters that holds an id, or several."""
    for schema in (door.takes, door.query):
        for name, field in (schema._declared_fields if schema else {}).items():
            inner = field.inner if isinstance(field, ma.fields.List) else field
            if isinstance(inner, ma.fields.UUID):
                yield name, schema


def an_id(table: str, member_id: UUID) -> UUID:
    """Return the id of some row of a member."""
    rows = Base.metadata.tables[table]
    wanted = sa.select(rows.c.id).where(rows.c.id == member_id) if table == "member" else sa.select(rows.c.id)
    if table == "account":
        mandates = Base.metadata.tables["mandate"]
        wanted = wanted.where(rows.c.id.in_(sa.select(mandates.c.account_id).where(mandates.c.member_id == member_id)))
    elif table != "member":
        wanted = wanted.where(rows.c.member_id == member_id)
    with transaction.reading(tenancy.everywhere({member_id})):
        found = db.session.scalars(wanted.limit(1)).one_or_none()
    assert found is not None or table in RARE, table
    return found or ids.new()


class Sender:
    """Somebody of one country who sends what a door takes, each time as if it were the first."""

    def __init__(self, app: Flask, database: sa.Connection, client: FlaskClient, own: dict[str, Any]) -> None:
        self._app, self._database, self._client, self._own = app, database, client, own
        self._token = token_of(client, "/account")

    def answer(self, door: Any, name: str, given: UUID) -> TestResponse:
        """Answer a door with an id in one field, and take back what it wrote."""
        self._forget_notice()
        before = self._database.begin_nested()
        try:
            return self._send(door, name, given)
        finally:
            db.session.remove()
            before.rollback()

    def _send(self, door: Any, name: str, given: UUID) -> TestResponse:
        path, in_list = self._path(door), name.endswith("s")
        if door.query is not None and name in door.query._declared_fields:
            return self._client.open(f"{path}?{name}={given}", method=door.method, json={}, headers=self._headers())
        body = {**FORMS[door.takes.__name__], name: [str(given)] if in_list else str(given)}
        if path.startswith("/api/"):
            return self._client.open(path, method=door.method, json=body, headers=self._headers())
        return self._client.post(path, data={**body, "version": "1"}, headers=self._headers())

    def _forget_notice(self) -> None:
        for name in [each.key for each in (self._client._cookies or {}).values() if each.key.endswith("_notice")]:
            self._client.delete_cookie(name)

    def _headers(self) -> dict[str, str]:
        return {"X-CSRF-Token": self._token, "If-Match": '"1"'}

    def _path(self, door: Any) -> str:
        rule = next(each for each in self._app.url_map.iter_rules() if each.endpoint == door.endpoint)
        names = {name: PLAIN.get(name, self._own.get(name)) for name in rule.arguments - {"code"}}
        with self._app.test_request_context():
            here = {"code": OWN} if "code" in rule.arguments else {}
            return self._app.url_map.bind("localhost").build(door.endpoint, {**names, **here})


def doors_of(app: Flask) -> list[Any]:
    """Return the doors of the hub that others than staff may enter."""
    every = {getattr(view, "door", None) for view in app.view_functions.values()}
    open_to = {Audience.MEMBER, Audience.SIGNED_IN}
    found = [each for each in every if each is not None and each.audience in open_to]
    return sorted((each for each in found if any(fields_of(each))), key=lambda each: each.endpoint)


def heard(answer: TestResponse) -> tuple[int, list[tuple[str, str]], str]:
    """Return what an answer says, without the sealed notice for the next page."""
    status, headers, body = said(answer)
    return status, [each for each in headers if "_notice=" not in each[1]], body


def test_an_id_of_another_country_in_a_form_answers_like_an_invented_one(app: Flask, database: sa.Connection) -> None:
    foreign, own, differing, taken = furnished(app, FOREIGN), furnished(app, OWN), [], set()
    senders = [Sender(app, database, browser(app, person(role, own["member"])), own) for role in ROLES]
    asked = [(each, door, *field) for each in senders for door in doors_of(app) for field in fields_of(door)]
    for sender, door, name, schema in asked:
        table = TABLES[f"{schema.__name__}.{name}" if name == "id" else name]
        there, invented = (sender.answer(door, name, each) for each in (an_id(table, foreign["member"]), ids.new()))
        if heard(there) != heard(invented):
            differing.append((door.endpoint, name, there.status_code, invented.status_code))
        if there.status_code < 400:
            taken.add(f"{door.endpoint} {name}")
    assert differing == []
    # Forms that are taken, lists that are shown: it is not that everything was refused for another reason.
    assert {"meetings.meeting_list community_id", "members.office_holder_enter id"} <= taken
    listed = next(each for each in doors_of(app) if each.endpoint == "meetings.meeting_list")
    shown = [heard(senders[0].answer(listed, "community_id", each["community_id"])) for each in (own, foreign)]
    assert shown[0] != shown[1]
