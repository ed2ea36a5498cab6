"""Pages of the connection: a node sees its own, the hub sees every node and lets new ones in."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.federation import control, enrolment, jobs, node_history, report, shown
from sri_admin.federation.enrolment_models import EnrolmentState, Node, NodeState
from sri_admin.federation.overview import Connection
from sri_admin.federation.policy import POLICY
from sri_admin.federation.recovery import salvage
from sri_admin.federation.schemas import ApprovalIn, CodeIn
from sri_admin.federation.snapshots import shown as snapshots
from sri_admin.kernel import formats, installation, runtime, tenancy
from sri_admin.kernel import jobs as queue
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import FieldError, InvalidError, NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import HUB, NODE, Panel
from sri_admin.kernel.signing import VerifyKey, fingerprint
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("federation")


@pages.get("/connection", audience=Audience.SIGNED_IN, template="federation/connection.html", roles=NODE)
def connection_show(actor: Actor) -> dict[str, Any]:
    """Show a node how its connection with the hub stands."""
    own = installation.identity().tenant_id
    POLICY.require(actor, "federation.connection.see", own)
    found = report.of_hub_link()
    return {
        **shown.connection(found, at_hub=False),
        "here_name": shown.country(own),
        "out_text": shown.way_out(found),
        "in_text": shown.way_in(found),
        "contact_text": shown.contact_text(found, runtime.current().settings.sync.every_seconds),
        "may_carry": POLICY.allows(actor, "federation.stick.carry", own),
        "has_salvage": salvage.is_any(),
        "copies": snapshots.lines(),
        "may_try": found.trouble != "not_enrolled" and POLICY.allows(actor, "federation.connection.try", own),
    }


@pages.post("/connection/try", audience=Audience.SIGNED_IN, while_restored=True, roles=NODE)
def connection_try(actor: Actor) -> SeeOther:
    """Exchange with the hub as soon as the worker is free."""
    POLICY.require(actor, "federation.connection.try", installation.identity().tenant_id)
    queue.defer(jobs.SYNC_NOW, once=jobs.SYNC_NOW, asked=True)
    notice = _("We are trying now. Look again in a moment.")
    return see_other("federation.connection_show", notice=notice)


@pages.get("/connections", audience=Audience.STAFF, template="federation/list.html", roles=HUB)
def node_list(actor: Actor, form: Form) -> dict[str, Any]:
    """Show the hub every node, and who waits to be let in."""
    POLICY.require(actor, "federation.node.list")
    waiting = [_pending(each) for each in enrolment.pending()]
    known = enrolment.nodes()
    found = report.of_all(known)
    nodes = [_row(node, found[node.id]) for node in known]
    return {
        "form_state": form,
        "answers": _answers(waiting, nodes),
        "pending": waiting,
        "pending_columns": [{"label": _("Country")}, {"label": _("Digits")}, {"label": _("Asked on")}, {"label": ""}],
        "nodes": nodes,
        "node_columns": [
            {"label": _("Country")},
            {"label": _("Last contact")},
            {"label": _("Waiting"), "numeric": True},
            {"label": _("Set aside"), "numeric": True},
            {"label": _("State")},
        ],
        "may_enrol": POLICY.allows(actor, "federation.node.enrol"),
        "may_carry": _may_carry(actor),
        "has_salvage": salvage.is_any(),
    }


@pages.get("/connections/<uuid:id>", audience=Audience.STAFF, template="federation/node.html", roles=HUB)
def node_show(actor: Actor, *, id: UUID) -> dict[str, Any]:  # noqa: A002 - the name in the address
    """Show the hub how one node's connection stands."""
    node = db.session.get(Node, id)
    if node is None:
        raise NotFoundError
    POLICY.require(actor, "federation.node.list", node.member_id)
    found = report.of_node(node)
    last = found.reached_at
    return {
        **shown.connection(found, at_hub=True),
        "id": id,
        "may_withdraw": node.state is not NodeState.REVOKED
        and POLICY.allows(actor, "federation.node.withdraw", node.member_id),
        "may_carry": node.state is NodeState.ACTIVE and _may_carry(actor),
        "copies": snapshots.lines(node.member_id),
        "country": shown.country(node.member_id),
        "history": node_history.of_node(node.member_id, node.id),
        "decisions_url": url_for("handover.decision_show", node_id=node.id),
        "facts": [
            (_("Last contact"), formats.date_and_time(last) if last else _("No contact yet")),
            (_("Program"), report.software_of(node.id) or _("not known")),
            (_("Connected since"), formats.date_and_time(node.approved_at)),
            (_("Digits of its key"), fingerprint(VerifyKey(node.sign_key))),
        ],
    }


def panel_of(member_id: UUID, _on: date) -> Panel | None:
    """Tell the page about a country how the connection with its node stands; nothing where it has none."""
    node = enrolment.node_of(member_id) if runtime.current().is_hub else None
    if node is None:
        return None
    found = report.of_node(node)
    last = found.reached_at
    return Panel(
        title=_("Their node"),
        badge=shown.state(found),
        facts=(
            (_("Last contact"), formats.date_and_time(last) if last else _("No contact yet")),
            (_("Waiting there"), formats.number(found.waiting_in)),
            (_("Waiting here"), formats.number(found.waiting_out)),
            (_("Program"), report.software_of(node.id) or _("not known")),
        ),
        label=_("The connection"),
        endpoint="federation.node_show",
        arguments={"id": node.id},
        shown=lambda actor: POLICY.allows(actor, "federation.node.list", member_id),
    )


@pages.post(
    "/connections/codes",
    audience=Audience.STAFF,
    takes=CodeIn,
    again=node_list,
    template="federation/code.html",
    fresh=True,
    roles=HUB,
)
def code_issue(actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """Make a code for a country and show it once."""
    member = tenancy.tenant_by_code(values["country"].strip().upper())
    if member is None or member.id == installation.identity().tenant_id:
        raise InvalidError([FieldError("country", _l("There is no country with this code."))])
    tenancy.write_for(member.id)
    made = enrolment.issue_code(actor, member)
    return {"country": shown.country(member.id), "code_shown": made, "root_shown": control.root_digits()}


@pages.get("/connections/requests/<uuid:id>", audience=Audience.STAFF, template="federation/enrolment.html", roles=HUB)
def enrolment_show(actor: Actor, form: Form, *, id: UUID) -> dict[str, Any]:  # noqa: A002 - the name in the address
    """Show a request to join, with the digits to compare."""
    known = enrolment.enrolment_by_key(id)
    POLICY.require(actor, "federation.node.list", known.member_id)
    undecided = known.state is EnrolmentState.PENDING
    family, text = _standing(known.state)
    return {
        "form_state": form,
        "id": id,
        "country": shown.country(known.member_id),
        "undecided": undecided,
        "by_stick": known.by_stick,
        "keeps": known.keeps,
        "is_in": known.state is EnrolmentState.APPROVED,
        "node_id": known.node_id,
        "answers": [{"family": family, "text": text}],
        "history": node_history.of_request(known.member_id, id),
        "facts": [
            (_("Digits of its key"), known.fingerprint),
            (_("Asked on"), formats.date_and_time(known.asked_at)),
            (_("Program"), known.software),
        ],
        "may_enrol": POLICY.allows(actor, "federation.node.enrol", known.member_id),
    }


@pages.post(
    "/connections/requests/<uuid:id>/approve",
    audience=Audience.STAFF,
    takes=ApprovalIn,
    again=enrolment_show,
    fresh=True,
    roles=HUB,
)
def enrolment_approve(actor: Actor, values: dict[str, Any], *, id: UUID) -> SeeOther:  # noqa: A002, ARG001 - the name in the address; the tick itself is all that is asked
    """Approve a request once the digits were compared."""
    enrolment.approve(actor, id)
    if enrolment.enrolment_by_key(id).by_stick:
        notice = _("The node is approved. Now give it the answer.")
        return see_other("federation.enrolment_show", id=id, notice=notice)
    return see_other("federation.node_list", notice=_("The node is approved. It takes it from here by itself."))


@pages.post("/connections/requests/<uuid:id>/refuse", audience=Audience.STAFF, fresh=True, roles=HUB)
def enrolment_refuse(actor: Actor, *, id: UUID) -> SeeOther:  # noqa: A002 - the name in the address
    """Turn a request down."""
    tenancy.write_for(enrolment.enrolment_by_key(id).member_id)
    enrolment.refuse(actor, id)
    return see_other("federation.node_list", notice=_("The request is turned down. Nothing was connected."))


def _may_carry(actor: Actor) -> bool:
    return POLICY.allows(actor, "federation.stick.carry", installation.own_tenant())


def _pending(each: enrolment.Known) -> dict[str, Any]:
    return {
        "id": each.id,
        "country": shown.country(each.member_id),
        "fingerprint": each.fingerprint,
        "asked": formats.date_and_time(each.asked_at),
    }


def _row(node: Node, found: Connection) -> dict[str, Any]:
    family, label = _ended(node) or shown.state(found)
    return {
        "id": node.id,
        "country": shown.country(node.member_id),
        "contact": formats.date_and_time(found.reached_at) if found.reached_at else _("No contact yet"),
        "waiting": formats.number(sum(each.waiting for each in found.streams)),
        "set_aside": formats.number(len(found.set_aside)),
        "family": family,
        "state": label,
    }


def _ended(node: Node) -> tuple[str, str] | None:
    if enrolment.is_in_use(node):
        return None
    return "ended", _("Withdrawn") if node.state is NodeState.REVOKED else _("Given up")


def _answers(waiting: list[Any], nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    if waiting:
        text = ngettext(
            "%(num)s request waits for you.", "%(num)s requests wait for you.", len(waiting), num=len(waiting)
        )
        said.append({"family": "soon", "text": text})
    troubled = sum(each["family"] in {"soon", "stop"} for each in nodes)
    if troubled:
        text = ngettext("%(num)s node needs a look.", "%(num)s nodes need a look.", troubled, num=troubled)
        said.append({"family": "soon", "text": text})
    if nodes and not said:
        said.append({"family": "good", "text": _("Nothing here needs a person.")})
    return said


def _standing(state: EnrolmentState) -> tuple[str, str]:
    if state is EnrolmentState.PENDING:
        return "soon", _("Waiting for you.")
    if state is EnrolmentState.APPROVED:
        return "good", _("Approved. Nothing to do.")
    return "ended", _("Turned down.")
