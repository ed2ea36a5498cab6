"""The OpenAPI 3.1 document of the API, made from the doors' declarations."""

import re
from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, jsonify

from sri_admin import __version__
from sri_admin.kernel.schema import Schema, fields
from sri_admin.web import api_words
from sri_admin.web.api import KEY_HEADER, Api, ApiDoor
from sri_admin.web.doors import Audience, Pages

_argument = re.compile(r"<(?:(\w+):)?(\w+)>")
_FORMATS = {"uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}}
PROBLEM = "application/problem+json"


class ProblemField(Schema):
    """What is wrong with one field."""

    field = fields.String(required=True)
    message = fields.String(required=True)


class Problem(Schema):
    """An error, as RFC 9457 writes it."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(ProblemField))


def attach(app: Flask, apis: list[Api], role: str) -> None:
    """Serve the document at /api/openapi.json, and for people as a page; it is made when it is first asked for."""
    made = cache(lambda: document(apis, role))
    system, pages = Api("web"), Pages("web")

    def api_description(_actor: Any) -> dict[str, Any]:
        return {"sections": api_words.sections(made())}

    pages.get("/about/api", audience=Audience.SIGNED_IN, template="api_description.html")(api_description)
    pages.open(app, role)

    def openapi_document(_actor: Any) -> Any:
        return jsonify(made())

    system.raw("/api/openapi.json", method="GET", audience=Audience.PUBLIC)(openapi_document)
    system.open(app, role)


def document(apis: list[Api], role: str) -> dict[str, Any]:
    """Return the document of the routes a role has; raw protocol routes are described in docs/federation.md."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(
        title="sri-admin",
        version=__version__,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": "Federated administration of SMART Recovery International and its member countries."},
    )
    spec.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": "session"})
    spec.components.security_scheme("program", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", schema=Problem)
    for api in apis:
        spec.tag({"name": api.part, "description": api.description})
        for door in api.doors:
            if role in door.roles and not door.raw:
                spec.path(path=_path(door), operations={door.method.lower(): _operation(door)})
    return spec.to_dict()


def _name_of(schema: Any) -> str:
    return (schema if isinstance(schema, type) else type(schema)).__name__


def _path(door: ApiDoor) -> str:
    return _argument.sub(r"{\2}", door.address)


def _operation(door: ApiDoor) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{door.part}_{door.view.__name__}",
        "summary": (door.view.__doc__ or "").strip().split("\n")[0],
        "tags": [door.part],
        "parameters": [_parameter(kind, name) for kind, name in _argument.findall(door.address)],
        "responses": _responses(door),
    }
    if door.audience is not Audience.PUBLIC:
        operation["security"] = [{"session": []}, {"program": []}]
    if door.query is not None:
        operation["parameters"].append({"in": "query", "schema": door.query})
    if door.versioned:
        operation["parameters"].append(_header("If-Match", required=True))
    if door.method == "POST":
        operation["parameters"].append(_header(KEY_HEADER, required=False))
    if "upload" in door.parameters:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": {}}}}
    if door.takes is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": door.takes}}}
    return operation


def _parameter(kind: str, name: str) -> dict[str, Any]:
    return {"in": "path", "name": name, "required": True, "schema": _FORMATS.get(kind, {"type": "string"})}


def _header(name: str, *, required: bool) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": required, "schema": {"type": "string"}}


def _responses(door: ApiDoor) -> dict[str, Any]:
    responses: dict[str, Any] = {"default": {"description": "A problem", "content": {PROBLEM: {"schema": Problem}}}}
    if door.gives is None and door.method == "GET":
        file = {"application/octet-stream": {"schema": {}}}
        return {"200": {"description": "The file", "content": file}, **responses}
    if door.gives is None:
        return {"204": {"description": "Done"}, **responses}
    content = {"application/json": {"schema": door.gives}}
    return {"201" if door.created else "200": {"description": "Done", "content": content}, **responses}
