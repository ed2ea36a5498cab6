"""The JSON doors: the same views, schemas and audiences as pages, with ETag, Idempotency-Key and problem documents."""

import hashlib
import inspect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from flask import Flask, request
from marshmallow import Schema
from werkzeug.wrappers import Response

from sri_admin.kernel import transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError, ConflictError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import BOTH
from sri_admin.kernel.schema import load
from sri_admin.web import doors, forms, uploads, visit
from sri_admin.web.doors import Attachment, Audience, View
from sri_admin.web.repeats import AnsweredRequest
from sri_admin.web.step_up import Gravity
from sri_admin.web.uploads import ANY_FILE, Accepts

PREFIX = "/api/v1"
KEY_HEADER = "Idempotency-Key"
_SAFE = frozenset({"GET", "HEAD"})
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class UnreadableError(AppError):
    """The body is not the JSON object we asked for."""

    code = "unreadable"
    message = _l("The body of the request must be one JSON object.")


class VersionNeededError(AppError):
    """A change must say which version of the record it was made from."""

    code = "version_needed"
    message = _l("Send the record's version in the header If-Match, as you got it in ETag.")


class KeyReusedError(ConflictError):
    """The same Idempotency-Key came with another request."""

    code = "key_reused"
    message = _l("This Idempotency-Key was used for another request.")


@dataclass(frozen=True, kw_only=True)
class ApiDoor:
    """One JSON route; a raw one answers with a response of its own and opens its own transactions."""

    part: str
    view: View
    rule: str
    method: str
    audience: Audience
    roles: frozenset[str] = BOTH
    takes: type[Schema] | None = None
    query: type[Schema] | None = None
    gives: type[Schema] | None = None
    versioned: bool = False
    created: bool = False
    fresh: Gravity = False
    while_restored: bool = False
    before_second_step: bool = False
    raw: bool = False
    accepts: Accepts = ANY_FILE
    parameters: frozenset[str] = field(default=frozenset())

    @property
    def endpoint(self) -> str:
        """Return `part.api.view_name`."""
        return f"{self.part}.api.{self.view.__name__}"

    @property
    def address(self) -> str:
        """Return the full rule; raw routes say theirs in full."""
        return self.rule if self.raw else PREFIX + self.rule


class Api:
    """The JSON routes of one part."""

    def __init__(self, part: str, *, description: str = "") -> None:
        self.part, self.description = part, description
        self.doors: list[ApiDoor] = []

    def get(self, rule: str, *, audience: Audience, gives: type[Schema], **more: Any) -> Callable[[View], View]:
        """Declare a read."""
        return partial(self._add, rule=rule, method="GET", audience=audience, gives=gives, **more)

    def post(self, rule: str, *, audience: Audience, **more: Any) -> Callable[[View], View]:
        """Declare an act or a creation."""
        return partial(self._add, rule=rule, method="POST", audience=audience, **more)

    def put(self, rule: str, *, audience: Audience, **more: Any) -> Callable[[View], View]:
        """Declare a change of a whole record; with `versioned` it needs If-Match."""
        return partial(self._add, rule=rule, method="PUT", audience=audience, **more)

    def delete(self, rule: str, *, audience: Audience, **more: Any) -> Callable[[View], View]:
        """Declare an ending."""
        return partial(self._add, rule=rule, method="DELETE", audience=audience, **more)

    def file(self, rule: str, *, audience: Audience, **more: Any) -> Callable[[View], View]:
        """Declare a read that answers with an `Attachment`."""
        return partial(self._add, rule=rule, method="GET", audience=audience, **more)

    def raw(
        self, rule: str, *, method: str, audience: Audience, roles: frozenset[str] = BOTH
    ) -> Callable[[View], View]:
        """Declare a route that speaks a protocol of its own."""
        return partial(self._add, rule=rule, method=method, audience=audience, roles=roles, raw=True)

    def _add(self, view: View, **declared: Any) -> View:
        parameters = frozenset(inspect.signature(view).parameters)
        self.doors.append(ApiDoor(part=self.part, view=view, parameters=parameters, **declared))
        return view

    def open(self, app: Flask, role: str) -> None:
        """Register the routes this role has."""
        for door in self.doors:
            if role in door.roles:
                answer = partial(_answer_raw if door.raw else _answer, door)
                answer.door = door  # pyright: ignore[reportAttributeAccessIssue] - tests read it
                app.add_url_rule(door.address, door.endpoint, answer, methods=[door.method])


def _answer_raw(door: ApiDoor, **arguments: Any) -> Any:
    doors.admit(door)
    return door.view(visit.current().actor, **arguments)


def _answer(door: ApiDoor, **arguments: Any) -> Response:
    doors.admit(door)
    doors.check(door, arguments)
    inputs = doors.locate(arguments)
    if door.query is not None:
        inputs["query"] = forms.read_query(door.query, request.args)
    if door.method in _SAFE:
        with transaction.reading(doors.reach(writing=False)):
            result = door.view(visit.current().actor, **inputs)
            return doors.handed_out(result) if isinstance(result, Attachment) else _written(*_dumped(door, result))
    if "upload" in door.parameters:
        inputs["upload"] = uploads.in_body(door.accepts)
    if door.takes is not None:
        inputs["values"] = load(door.takes, body_object())
    if door.versioned:
        inputs.setdefault("values", {})["version"] = _expected_version()
    key = _key()
    outcome = transaction.write(doors.reach(writing=True), lambda: _once(door, inputs, key))
    return _written(*outcome)


def body_object() -> dict[str, Any]:
    """Return the JSON object in the body; UnreadableError if there is none."""
    if request.mimetype != "application/json":
        raise UnreadableError
    try:
        body = json.loads(request.get_data(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UnreadableError from None
    if not isinstance(body, dict) or not _is_storable(body):
        raise UnreadableError
    return body


def _is_storable(value: Any) -> bool:
    if isinstance(value, str):
        return not _UNSTORABLE.search(value)
    if isinstance(value, dict):
        return all(_is_storable(key) and _is_storable(each) for key, each in value.items())
    return all(_is_storable(each) for each in value) if isinstance(value, list) else True


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _expected_version() -> int:
    given = request.headers.get("If-Match", "").strip().strip('"')
    if not given:
        raise VersionNeededError
    if not given.isdecimal() or len(given) > 9:
        raise InvalidError(VersionNeededError.message, code="version_needed")
    return int(given)


def _key() -> UUID | None:
    given = request.headers.get(KEY_HEADER)
    if given is None:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise InvalidError(_l("An Idempotency-Key is a UUID.")) from None


def _once(door: ApiDoor, inputs: dict[str, Any], key: UUID | None) -> tuple[int, bytes, int | None]:
    actor = visit.current().actor
    member = doors.reach(writing=True).member
    if key is None or member is None:
        return _dumped(door, doors.act(door, **inputs))
    sent = inputs["upload"].file.blob.sha256.encode() if "upload" in inputs else request.get_data()
    digest = hashlib.sha256(f"{door.method} {request.full_path}\n".encode() + sent).digest()
    first = db.session.get(AnsweredRequest, (member, key))
    if first is not None:
        if (first.account, first.digest) != (actor.label, digest):
            raise KeyReusedError
        return first.status, first.body, None
    status, body, version = _dumped(door, doors.act(door, **inputs))
    db.session.add(
        AnsweredRequest(member_id=member, id=key, account=actor.label, digest=digest, status=status, body=body)
    )
    return status, body, version


def _dumped(door: ApiDoor, result: Any) -> tuple[int, bytes, int | None]:
    if door.gives is None:
        return 204, b"", None
    db.session.flush()  # the answer shows the record's new version
    body = json.dumps(door.gives().dump(result), ensure_ascii=False).encode()
    return 201 if door.created else 200, body, getattr(result, "version", None)


def _written(status: int, body: bytes, version: int | None) -> Response:
    response = Response(body, status=status, mimetype="application/json" if body else None)
    if version is not None:
        response.headers["ETag"] = f'"{version}"'
    return response
