"""The doors of the house: every route declares who it is for, what it takes and gives; the door does the rest.

In order: who is there, may they come in, is the request our own, which member, then one transaction around the view.
A GET runs in a read-only transaction. Views are functions of an actor and values; they never see the request.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from flask import Flask, redirect, render_template, request, url_for
from marshmallow import Schema
from werkzeug.wrappers import Response

from sri_admin.kernel import installation, ip_prefix, tenancy, transaction
from sri_admin.kernel.errors import (
    AppError,
    ConflictError,
    FreshSignInNeededError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    SecondStepNeededError,
    SignInNeededError,
    StaleError,
)
from sri_admin.kernel.part import BOTH
from sri_admin.kernel.tenancy import Reach
from sri_admin.web import cookies, csrf, downloads, forms, notices, repeats, step_up, uploads, visit
from sri_admin.web.downloads import Stored
from sri_admin.web.step_up import Gravity
from sri_admin.web.uploads import ANY_FILE, Accepts

View = Callable[..., Any]
_CODE, _SAFE = "code", frozenset({"GET", "HEAD"})
_FOR_PROGRAMS = "/api/v1/"
_BROUGHT = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class Audience(StrEnum):
    """Who a route is for; finer rules are the policy's."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    MEMBER = "member"
    NODE = "node"
    OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True)
class Door:
    """One route: its address, its audience, its shapes."""

    part: str
    view: View
    rule: str
    method: str
    audience: Audience
    roles: frozenset[str] = BOTH
    template: str | None = None
    takes: type[Schema] | None = None
    query: type[Schema] | None = None
    again: View | None = None
    accepts: Accepts = ANY_FILE
    fresh: Gravity = False
    while_restored: bool = False
    before_second_step: bool = False
    parameters: frozenset[str] = field(default=frozenset())

    @property
    def endpoint(self) -> str:
        """Return `part.view_name`."""
        return f"{self.part}.{self.view.__name__}"


@dataclass(frozen=True)
class SeeOther:
    """Where a person is led after a form was taken, and what is said there."""

    endpoint: str
    arguments: Mapping[str, Any]
    notice: str | None = None
    language: str | None = None
    theme: str | None = None
    session: str | None = None


def see_other(
    endpoint: str,
    *,
    notice: str | None = None,
    language: str | None = None,
    theme: str | None = None,
    session: str | None = None,
    **arguments: Any,
) -> SeeOther:
    """Lead to another page (endpoint or own path); `session` is a new session token for the browser, "" takes it."""
    return SeeOther(endpoint, arguments, notice, language, theme, session)


@dataclass(frozen=True)
class Attachment:
    """A file an answer consists of, to be saved under a name: bytes made for it, or a file of the store."""

    name: str
    media_type: str
    content: bytes | Stored


class Pages:
    """The HTML routes of one part."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.doors: list[Door] = []

    def get(
        self,
        rule: str,
        *,
        audience: Audience,
        template: str,
        query: type[Schema] | None = None,
        before_second_step: bool = False,
        roles: frozenset[str] = BOTH,
    ) -> Callable[[View], View]:
        """Declare a page; with `before_second_step` also for who must set up a second step at sign-in first."""
        return partial(
            self._add,
            rule=rule,
            method="GET",
            audience=audience,
            template=template,
            query=query,
            before_second_step=before_second_step,
            roles=roles,
        )

    def file(
        self, rule: str, *, audience: Audience, query: type[Schema] | None = None, roles: frozenset[str] = BOTH
    ) -> Callable[[View], View]:
        """Declare an address that answers with an `Attachment`."""
        return partial(self._add, rule=rule, method="GET", audience=audience, query=query, roles=roles)

    def post(
        self,
        rule: str,
        *,
        audience: Audience,
        takes: type[Schema] | None = None,
        again: View | None = None,
        template: str | None = None,
        accepts: Accepts = ANY_FILE,
        fresh: Gravity = False,
        while_restored: bool = False,
        before_second_step: bool = False,
        roles: frozenset[str] = BOTH,
    ) -> Callable[[View], View]:
        """Declare what takes a form; on an error the page `again` is shown with everything that was entered.

        A view may answer with a context for `template` instead of leading elsewhere (a secret shown once). A view with
        a parameter `upload` gets the file of the form, one with `uploads` all of them, if the door accepts them. Only
        with `while_restored` it also answers while this installation waits to hear from the other side after a restore.
        """
        return partial(
            self._add,
            rule=rule,
            method="POST",
            audience=audience,
            takes=takes,
            again=again,
            template=template,
            accepts=accepts,
            fresh=fresh,
            while_restored=while_restored,
            before_second_step=before_second_step,
            roles=roles,
        )

    def _add(self, view: View, **declared: Any) -> View:
        parameters = frozenset(inspect.signature(view).parameters)
        self.doors.append(Door(part=self.part, view=view, parameters=parameters, **declared))
        return view

    def template_of(self, view: View) -> str:
        """Return the template of a page of this part."""
        return next(door.template for door in self.doors if door.view is view and door.template)

    def open(self, app: Flask, role: str) -> None:
        """Register the routes this role has."""
        for door in self.doors:
            if role in door.roles:
                answer = partial(_answer_page, self, door)
                answer.door = door  # pyright: ignore[reportAttributeAccessIssue] - tests read it
                app.add_url_rule(door.rule, door.endpoint, answer, methods=[door.method])


def admit(door: Any) -> None:
    """Let in whom the route is for; everybody else is asked to sign in, or told no."""
    here = visit.current()
    if door.audience is Audience.OPERATOR and not _is_on_this_machine():
        raise NotFoundError
    if door.audience in {Audience.PUBLIC, Audience.OPERATOR}:
        return
    if door.audience is Audience.NODE:
        if here.actor.kind != "node":
            raise SignInNeededError
        return
    if here.signed_in is None:
        raise SignInNeededError
    if here.signed_in.owes_second_step and not here.by_program and not door.before_second_step:
        raise SecondStepNeededError
    if door.audience is Audience.STAFF and not here.actor.is_staff:
        raise NotAllowedError


def _is_on_this_machine() -> bool:
    """Say whether somebody here asks us directly: what a proxy brings comes from here as well, whoever asked it."""
    is_brought = any(name in request.headers for name in _BROUGHT)
    return not is_brought and ip_prefix.is_loopback(request.remote_addr) and ip_prefix.is_local(request.host)


def check(door: Any, arguments: Mapping[str, Any]) -> None:
    """Check the request itself: our own form, a recent password for grave acts."""
    here = visit.current()
    if door.method not in _SAFE and here.actor.kind != "node" and not here.by_program:
        csrf.require()
    if step_up.is_grave(door.fresh, arguments):
        step_up.require()


def act(door: Any, **inputs: Any) -> Any:
    """Do what a writing door is for, inside its transaction, unless this installation may only be read just now."""
    if not door.while_restored:
        installation.require_writing()
    return door.view(visit.current().actor, **inputs)


def locate(arguments: dict[str, Any]) -> dict[str, Any]:
    """Replace a member's code in the address by the member, if this visitor may know it."""
    if _CODE not in arguments:
        return arguments
    here = visit.current()
    with transaction.reading(tenancy.NOWHERE):
        member = tenancy.tenant_by_code(arguments[_CODE]) if arguments[_CODE].isprintable() else None
        if member is None or member.id not in here.members:
            raise NotFoundError
        transaction.detach(member)
    visit.known(member=member)
    return {**{name: value for name, value in arguments.items() if name != _CODE}, "member": member}


def reach(*, writing: bool) -> Reach:
    """Return what this visit's transaction may touch: it writes for the member in the address, else for the home."""
    here = visit.current()
    target: UUID | None = here.member.id if here.member else here.home
    return Reach(here.members, target if writing else None)


def _answer_page(pages: Pages, door: Door, **arguments: Any) -> Response | str | tuple[str, int]:
    admit(door)
    uploads.allow(door.accepts)
    try:
        check(door, arguments)
    except FreshSignInNeededError as asked:
        with transaction.reading(reach(writing=False)):
            return step_up.ask(asked)
    located = locate(arguments)
    if door.method in _SAFE:
        with transaction.reading(reach(writing=False)):
            return _shown(door.view, door.template, _inputs(door, located, forms.Form()))
    try:
        entered = _inputs(door, located, None)
        result = transaction.write(reach(writing=True), lambda: _once(door, entered))
    except (InvalidError, ConflictError, StaleError) as error:
        if door.again is None:
            raise
        return _shown_again(pages, door, located, error)
    if isinstance(result, SeeOther):
        return lead(result)
    with transaction.reading(reach(writing=False)):
        return render_template(door.template or "", **result)


def _once(door: Door, entered: Mapping[str, Any]) -> Any:
    sending = repeats.sending(reach(writing=True).member)
    first = sending.first_answer() if sending else None
    if first is not None:
        return SeeOther(arguments={}, **first)
    result = act(door, **entered)
    if sending is not None:
        sending.keep(_repeatable(result))
    return result


def _repeatable(result: Any) -> dict[str, Any] | None:
    if not isinstance(result, SeeOther) or result.session is not None:
        return None
    said = {"notice": result.notice, "language": result.language, "theme": result.theme}
    return {"endpoint": _address(result), **said}


def handed_out(file: Attachment) -> Response:
    """Answer with a file; the browser saves it and never shows it, and nothing in it runs in a page of ours."""
    if isinstance(file.content, Stored):
        response = downloads.send(visit.current().actor, file.content, file.media_type)
    else:
        response = Response(file.content, content_type=file.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    response.headers["Content-Security-Policy"] = downloads.NOTHING_RUNS
    return response


def _shown(view: View, template: str | None, inputs: Mapping[str, Any]) -> Response | str:
    result = view(visit.current().actor, **inputs)
    if isinstance(result, Attachment):
        return handed_out(result)
    return lead(result) if isinstance(result, SeeOther) else render_template(template or "", **result)


def _shown_again(pages: Pages, door: Door, located: dict[str, Any], error: AppError) -> Response | tuple[str, int]:
    again = door.again
    assert again is not None
    wanted = inspect.signature(again).parameters
    inputs = {name: value for name, value in located.items() if name in wanted}
    if "form" in wanted:
        inputs["form"] = forms.again(request.form, error)
    if "query" in wanted:
        inputs["query"] = {}
    status = 422 if isinstance(error, InvalidError) else 409
    with transaction.reading(reach(writing=False)):
        page = _shown(again, pages.template_of(again), inputs)
    return (page, status) if isinstance(page, str) else page


def _inputs(door: Door, located: dict[str, Any], form: forms.Form | None) -> dict[str, Any]:
    inputs = dict(located)
    if door.query is not None:
        inputs["query"] = forms.read_query(door.query, request.args)
    if form is not None and "form" in door.parameters:
        inputs["form"] = form
    if door.takes is not None:
        inputs["values"] = forms.read(door.takes, request.form)
    if "upload" in door.parameters:
        inputs["upload"] = uploads.in_form(door.accepts)
    if "uploads" in door.parameters:
        inputs["uploads"] = uploads.all_in_form(door.accepts)
    return inputs


def lead(target: SeeOther) -> Response:
    """Answer with the way to another page, its notice and its cookies."""
    response = redirect(_address(target), 303)
    assert isinstance(response, Response)
    kept: Any = response
    if target.notice:
        notices.leave(kept, "good", target.notice)
    if target.language is not None:
        cookies.write(kept, cookies.LANGUAGE, target.language)
    if target.theme is not None:
        cookies.write(kept, cookies.THEME, target.theme)
    if target.session == "":
        cookies.remove(kept, cookies.SESSION)
    elif target.session is not None:
        cookies.write(kept, cookies.SESSION, target.session)
    return response


def _address(target: SeeOther) -> str:
    is_path = target.endpoint.startswith("/")
    return target.endpoint if is_path else url_for(target.endpoint, **target.arguments)


def who_is_there() -> None:
    """Find out who makes this request and what they may read."""
    found = visit.loaders()
    bearer = request.headers.get("Authorization", "")
    if bearer.startswith("Bearer "):
        token = bearer.removeprefix("Bearer ")
        program = found.program(token) if request.path.startswith(_FOR_PROGRAMS) else None
        actor = found.node(token) if program is None else None
        if program is not None:
            _come_in(program, by_program=True)
        elif actor is not None:
            visit.known(actor=actor, members=frozenset(mandate.member_id for mandate in actor.mandates))
        return
    token = cookies.read(cookies.SESSION) if installation.identity() else None
    signed_in = found.session(token) if token else None
    if signed_in is not None:
        _come_in(signed_in, by_program=False)


def _come_in(signed_in: visit.SignedIn, *, by_program: bool) -> None:
    with transaction.reading(tenancy.NOWHERE):
        members = tenancy.members_of(signed_in.actor)
    visit.known(signed_in=signed_in, actor=signed_in.actor, members=members, by_program=by_program)
