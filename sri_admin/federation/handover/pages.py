"""Pages of who writes a country's records: the steps for everybody, and the grave acts of SRI with their effects."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.federation import grants, shown, streams
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.handover import steps
from sri_admin.federation.handover.models import Direction, Handover, HandoverState
from sri_admin.federation.policy import POLICY
from sri_admin.federation.recovery import incarnations
from sri_admin.federation.recovery.models import IncarnationState, NodeIncarnation
from sri_admin.federation.schemas import GraveIn, HandoverIn, KeepIn
from sri_admin.kernel import formats, installation, runtime, tenancy
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotAllowedError, NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import HUB
from sri_admin.kernel.schema import Schema
from sri_admin.web.doors import Audience, Pages, SeeOther, View, see_other
from sri_admin.web.forms import Form

pages = Pages("handover")


@pages.get("/handover", audience=Audience.SIGNED_IN, template="federation/handover.html")
def handover_show(actor: Actor) -> dict[str, Any]:
    """Show the people of a country, and SRI, where a hand-over stands and who acts next."""
    seen = [each for each in sorted(tenancy.members_of(actor), key=str) if _may_see(actor, each)]
    if not seen:
        raise NotAllowedError(action="federation.handover.see")
    if not runtime.current().is_hub:
        return _at_node(installation.own_tenant())
    found = [each for each in map(steps.of_member, seen) if each is not None]
    return {"answers": [_answer(found)], "handovers": [_steps(each) for each in found]}


def _may_see(actor: Actor, member_id: UUID) -> bool:
    return POLICY.allows(actor, "federation.handover.see", member_id)


def _answer(found: list[Handover]) -> dict[str, str]:
    under_way = sum(each.state is HandoverState.CLOSING for each in found)
    if not under_way:
        return {"family": "good", "text": _("Nothing is being handed over.")}
    text = ngettext("%(num)s hand-over is under way.", "%(num)s hand-overs are under way.", under_way, num=under_way)
    return {"family": "doing", "text": text}


def _at_node(own: UUID) -> dict[str, Any]:
    """Tell a node's people what it knows itself: whether its records are closed, and who writes them."""
    rows = [row for row in map(streams.find, grants.names_of(own)) if row is not None]
    writes = any(row.own for row in rows)
    if not any(row.closing for row in rows):
        text = _("The hub writes the records of our country; here they can be read.")
        if writes:
            text = _("Nothing is being handed over. This node writes the records of our country.")
        return {"answers": [{"family": "good", "text": text}], "handovers": []}
    direction = Direction.TO_HUB if writes else Direction.TO_NODE
    told = {
        "title": _title(direction, own),
        "rows": _rows(direction, own, HandoverState.CLOSING),
        "note": _("Everything can be read; nothing is lost if it is called off. SRI can do that until it is complete."),
    }
    text = _("The records of our country are being handed over. Until that is done they can only be read.")
    return {"answers": [{"family": "doing", "text": text}], "handovers": [told]}


def _steps(each: Handover) -> dict[str, Any]:
    rows = _rows(each.direction, each.member_id, each.state)
    return {"title": _title(each.direction, each.member_id), "rows": rows, "note": _note(each)}


def _title(direction: Direction, member_id: UUID) -> str:
    if direction is Direction.TO_NODE:
        return _("%(country)s gets a node of its own", country=shown.country(member_id))
    return _("%(country)s comes to the hub", country=shown.country(member_id))


def _rows(direction: Direction, member_id: UUID, state: HandoverState) -> list[dict[str, Any]]:
    to_node = direction is Direction.TO_NODE
    after = _("The hub") if to_node else _("The country's node")
    takes = _("The country's node") if to_node else _("The hub")
    stage = {HandoverState.CLOSING: 1, HandoverState.DONE: 3, HandoverState.CANCELLED: 0}[state]
    titles = [
        (_("SRI closes the records; they can only be read for now"), _("SRI")),
        (_("Both sides come to hold the same, by themselves"), after),
        (_("The node says so, signed; from then on the other side writes"), takes),
        (
            _("People get their access there: accounts do not travel, so invite everybody again"),
            shown.country(member_id),
        ),
    ]
    return [{"label": label, "who": who, **_badge(place, stage, state)} for place, (label, who) in enumerate(titles)]


def _badge(place: int, stage: int, state: HandoverState) -> dict[str, str]:
    if state is HandoverState.CANCELLED:
        return {"family": "ended", "state": _("Called off")}
    if place < stage:
        return {"family": "good", "state": _("Done")}
    return {"family": "doing", "state": _("Next")} if place == stage else {"family": "wait", "state": _("Later")}


def _note(each: Handover) -> str:
    when = formats.date_and_time(each.settled_at or each.started_at)
    if each.state is HandoverState.CLOSING:
        return _("Under way since %(when)s. Everything can be read; nothing is lost if it is called off.", when=when)
    if each.state is HandoverState.DONE:
        return _("Complete since %(when)s.", when=when)
    return _("Called off on %(when)s. Work goes on where it was.", when=when)


@pages.get(
    "/connections/<uuid:node_id>/decisions", audience=Audience.STAFF, template="federation/decisions.html", roles=HUB
)
def decision_show(actor: Actor, form: Form, *, node_id: UUID) -> dict[str, Any]:
    """Show what can be decided about a node, and what each decision changes."""
    POLICY.require(actor, "federation.node.list")
    node = db.session.get(Node, node_id)
    if node is None:
        raise NotFoundError
    last = steps.of_member(node.member_id)
    rows = [streams.by_name(name) for name in grants.names_of(node.member_id)]
    return {
        "form_state": form,
        "node_id": node_id,
        "country": shown.country(node.member_id),
        "answers": [_standing(node, rows[0].own)],
        "copies": [_copy(each) for each in incarnations.of_node(node_id)],
        "may_keep": node.state is NodeState.FENCED and POLICY.allows(actor, "federation.node.keep"),
        "under_way": last is not None and last.state is HandoverState.CLOSING,
        "direction": Direction.TO_NODE.value if rows[0].own else Direction.TO_HUB.value,
        "may_decide": POLICY.allows(actor, "federation.handover.decide", node.member_id),
        "is_active": node.state is NodeState.ACTIVE,
        "may_reclaim": steps.can_be_given_up(node) and not rows[0].own,
        "effects": _effects(sum(row.n for row in rows)),
        "back": {"label": _("Go back"), "url": url_for("federation.node_show", id=node_id)},
    }


def _standing(node: Node, at_hub: bool) -> dict[str, str]:
    if node.state is NodeState.FENCED:
        return {"family": "stop", "text": _("Two copies of this node have come. Nothing is taken from either.")}
    if at_hub:
        return {"family": "doing", "text": _("The hub writes the records of this country.")}
    return {"family": "good", "text": _("The node writes the records of its country.")}


def _copy(each: NodeIncarnation) -> dict[str, Any]:
    said = {
        IncarnationState.CURRENT: _("The newest that was announced"),
        IncarnationState.EARLIER: _("Announced before it"),
        IncarnationState.WAITING: _("Came while the node was stopped"),
        IncarnationState.GIVEN_UP: _("Given up"),
    }
    return {
        "incarnation": each.incarnation,
        "facts": [
            (_("Copy"), str(each.incarnation)),
            (_("Which"), said[each.state]),
            (_("Announced on"), formats.date_and_time(each.announced_at)),
            (_("Last seen"), formats.date_and_time(each.seen_at) if each.seen_at else "–"),
        ],
    }


def _effects(lines: int) -> list[dict[str, Any]]:
    return [
        {
            "count": lines,
            "title": _("changes of the present epoch are here"),
            "text": _("The hub goes on from the last of them."),
        },
        {
            "family": "soon",
            "title": _("What the node wrote and did not send is not in it"),
            "text": _("If the node comes after all, it hands this back, and a person decides about each record."),
        },
    ]


def _decision(act: str, takes: type[Schema] = GraveIn) -> Callable[[View], View]:
    """Declare one of the grave acts about a node, each with its reason and a fresh password."""
    rule = f"/connections/<uuid:node_id>/{act}"
    return pages.post(rule, audience=Audience.STAFF, takes=takes, again=decision_show, fresh=True, roles=HUB)


@_decision("keep", KeepIn)
def copy_keep(actor: Actor, values: dict[str, Any], *, node_id: UUID) -> SeeOther:
    """Let one copy of a node go on."""
    incarnations.keep(actor, node_id, values["incarnation"], reason=values["reason"])
    notice = _("This copy goes on. The other one hands over what it had not sent.")
    return see_other("handover.decision_show", node_id=node_id, notice=notice)


@_decision("hand-over", HandoverIn)
def handover_begin(actor: Actor, values: dict[str, Any], *, node_id: UUID) -> SeeOther:
    """Begin to hand a country's records over."""
    node = _node(node_id)
    tenancy.write_for(node.member_id)
    steps.begin(actor, node, Direction(values["direction"]), reason=values["reason"])
    notice = _("The records are closed; both sides do the rest by themselves.")
    return see_other("handover.handover_show", notice=notice)


@_decision("hand-over/cancel")
def handover_cancel(actor: Actor, values: dict[str, Any], *, node_id: UUID) -> SeeOther:
    """Call a hand-over off."""
    node = _node(node_id)
    tenancy.write_for(node.member_id)
    steps.cancel(actor, node.member_id, reason=values["reason"])
    return see_other("handover.handover_show", notice=_("Called off. Work goes on where it was."))


@_decision("reclaim")
def node_reclaim(actor: Actor, values: dict[str, Any], *, node_id: UUID) -> SeeOther:
    """Give up a node that does not come back."""
    steps.reclaim(actor, node_id, reason=values["reason"])
    return see_other("federation.node_list", notice=_("The hub writes the records of this country from now on."))


def _node(node_id: UUID) -> Node:
    node = db.session.get(Node, node_id)
    if node is None:
        raise NotFoundError
    return node
