"""Joining by stick: at a new node, for whoever sits at the machine; at the hub, for the file they bring."""

from pathlib import Path
from typing import Any
from uuid import UUID

from sri_admin.federation import enrolment, enrolment_papers, joining, joining_files, keys
from sri_admin.federation.enrolment_papers import EnrolmentError
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.pages import node_list
from sri_admin.federation.pages import pages as connection_pages
from sri_admin.federation.policy import POLICY
from sri_admin.federation.schemas import RequestIn
from sri_admin.federation.words import trouble
from sri_admin.kernel import jobs
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, NODE
from sri_admin.kernel.signing import fingerprint
from sri_admin.web.doors import Attachment, Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import FILE, Form, Upload
from sri_admin.web.uploads import Accepts

pages = Pages("joining")
_JSON = "application/json"
_TOO_LARGE = _l("This file is far larger than a request or an answer is. Choose the one that was written for this.")


def _look(path: Path, *, field: str) -> None:
    """Refuse what is no answer for this installation before it is kept."""
    try:
        joining_files.open_answer(path.read_bytes())
    except ProtocolError as error:
        raise _refused(error, field) from error


def _refused(error: ProtocolError, field: str) -> InvalidError:
    reasons = trouble(error.code)
    return InvalidError([FieldError(field, f"{reasons.wrong} {reasons.todo}")], code=error.code)


ANSWER = Accepts(limit=joining_files.MOST_BYTES, check=_look, too_large=_TOO_LARGE)
REQUEST = Accepts(limit=joining_files.MOST_BYTES, too_large=_TOO_LARGE)


@pages.get("/enrol", audience=Audience.OPERATOR, template="federation/enrol.html", roles=NODE)
def enrol_show(_actor: Actor, form: Form) -> dict[str, Any]:
    """Show, on the machine itself, how a node that never sees the network joins."""
    link = joining.find_link()
    is_in = link is not None and joining.is_in(link)
    return {
        "form_state": form,
        "answers": [_standing(link)],
        "is_in": is_in,
        "is_asked": link is not None,
        "is_taken": link is not None and link.answer is not None,
        "digits": fingerprint(keys.own_key().verify_key),
    }


def _standing(link: Any) -> dict[str, str]:
    if link is None:
        return {"family": "unk", "text": _("This installation is not connected to the hub yet.")}
    if joining.is_in(link):
        return {"family": "good", "text": _("This installation is connected.")}
    if link.answer is not None:
        return {"family": "doing", "text": _("The answer is being taken. Look again in a moment.")}
    return {"family": "wait", "text": _("The request is written. SRI compares the digits and writes the answer.")}


@pages.post("/enrol/request", audience=Audience.OPERATOR, takes=RequestIn, again=enrol_show, roles=NODE)
def enrol_ask(_actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Write the request with which this node asks to join."""
    link = joining.find_link()
    if link is not None and joining.is_in(link):
        raise ConflictError(_l("This installation is connected already."), code="enrolled")
    try:
        enrolment_papers.plain_code(values["code"])
    except EnrolmentError as error:
        raise _refused(error, "code") from error
    joining_files.ask(values["code"])
    return see_other("joining.enrol_show", notice=_("The request is written. Copy it to a stick."))


@pages.file("/enrol/request", audience=Audience.OPERATOR, roles=NODE)
def enrol_request(_actor: Actor) -> Attachment:
    """Give out the request."""
    return Attachment(joining_files.REQUEST_NAME, _JSON, joining_files.kept_request())


@pages.post("/enrol/answer", audience=Audience.OPERATOR, accepts=ANSWER, again=enrol_show, roles=NODE)
def enrol_answer(_actor: Actor, upload: Upload) -> SeeOther:
    """Take the hub's answer; the worker does the rest."""
    joining_files.keep_answer(upload.content)
    jobs.defer(joining_files.TAKE_ANSWER, once=joining_files.TAKE_ANSWER)
    return see_other("joining.enrol_show")


@connection_pages.post(
    "/connections/requests", audience=Audience.STAFF, accepts=REQUEST, again=node_list, fresh=True, roles=HUB
)
def request_read(actor: Actor, upload: Upload) -> SeeOther:
    """Take a request that came as a file."""
    POLICY.require(actor, "federation.node.enrol")
    try:
        known = joining_files.take(upload.content)
    except ProtocolError as error:
        raise _refused(error, FILE) from error
    return see_other("federation.enrolment_show", id=known.id)


@connection_pages.file("/connections/requests/<uuid:id>/answer", audience=Audience.STAFF, roles=HUB)
def request_answer(actor: Actor, *, id: UUID) -> Attachment:  # noqa: A002 - the name in the address
    """Give out the answer to a request that was approved."""
    known = enrolment.enrolment_by_key(id)
    POLICY.require(actor, "federation.node.enrol", known.member_id)
    return Attachment(joining_files.ANSWER_NAME, _JSON, joining_files.answer_file(id))
