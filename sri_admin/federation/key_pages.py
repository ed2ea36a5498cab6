"""Pages of keys: every key and its life, new keys for a node, keys withdrawn at the hub."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sri_admin.federation import (
    freshness,
    jobs,
    key_lives,
    key_words,
    keyring,
    keys,
    report,
    revocation,
    rotation,
    shown,
    words,
)
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.key_life import WITHDRAWN, EndReason
from sri_admin.federation.policy import POLICY
from sri_admin.federation.root import Root
from sri_admin.federation.schemas import WithdrawalIn
from sri_admin.federation.stream_names import MEMBER_CONTRIB, MEMBER_OPS, stream_name
from sri_admin.kernel import formats, installation
from sri_admin.kernel import jobs as queue
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import HUB, NODE
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("keys")
_FIELDS = {"ops": MEMBER_OPS, "contrib": MEMBER_CONTRIB}


@pages.get("/connections/keys", audience=Audience.STAFF, template="federation/keys.html", roles=HUB)
def hub_keys(actor: Actor) -> dict[str, Any]:
    """Show the hub every key and its life."""
    POLICY.require(actor, "federation.node.list")
    nodes = key_lives.of_nodes(shown.country)
    return {"answers": [], "columns": _columns(), "own": key_lives.of_the_hub(), "nodes": nodes, **_roots()}


@pages.get("/connection/keys", audience=Audience.SIGNED_IN, template="federation/keys.html", roles=NODE)
def node_keys(actor: Actor) -> dict[str, Any]:
    """Show a node its keys, the hub's, and how fresh what it knows of them is."""
    own = installation.identity().tenant_id
    POLICY.require(actor, "federation.connection.see", own)
    with report.seeing_hub():
        lives = key_lives.of_this_node() + key_lives.of_the_hub()
    may = POLICY.allows(actor, "federation.keys.rotate", own) and keyring.waiting() is None
    said = [key_words.freshness(freshness.known())]
    return {"answers": said, "columns": _columns(), "own": lives, "may_rotate": may, **_roots()}


@pages.post("/connection/keys/rotate", audience=Audience.SIGNED_IN, roles=NODE)
def keys_rotate(actor: Actor) -> SeeOther:
    """Make new keys for this node and tell the hub as soon as the worker is free."""
    POLICY.require(actor, "federation.keys.rotate", installation.identity().tenant_id)
    rotation.begin(actor)
    queue.defer(jobs.SYNC_NOW, once=jobs.SYNC_NOW, asked=True)
    notice = _("New keys are made. The old ones stay in use until the hub confirms the new ones.")
    return see_other("keys.node_keys", notice=notice)


@pages.get("/connections/<uuid:id>/withdraw", audience=Audience.STAFF, template="federation/withdraw.html", roles=HUB)
def withdrawal(actor: Actor, form: Form, *, id: UUID) -> dict[str, Any]:  # noqa: A002 - the name in the address
    """Show what withdrawing a node's keys does, before it is done."""
    node = _node(actor, id)
    held = {each.stream: each.place.n for each in revocation.held(node)}
    lasts = [
        (name, words.stream_name(stream, at_hub=True), held[stream])
        for name, cls in _FIELDS.items()
        if (stream := stream_name(cls, node.member_id)) in held
    ]
    return {
        "form_state": form,
        "id": id,
        "country": shown.country(node.member_id),
        "is_withdrawn": node.state is NodeState.REVOKED,
        "lasts": lasts,
        "reasons": [(each.value, key_words.REASONS[each]) for each in WITHDRAWN],
    }


@pages.post(
    "/connections/<uuid:id>/withdraw",
    audience=Audience.STAFF,
    takes=WithdrawalIn,
    again=withdrawal,
    fresh=True,
    roles=HUB,
)
def keys_withdraw(actor: Actor, values: dict[str, Any], *, id: UUID) -> SeeOther:  # noqa: A002 - the name in the address
    """Withdraw a node's keys."""
    node = _node(actor, id)
    given = {stream_name(cls, node.member_id): values[name] for name, cls in _FIELDS.items()}
    last_good = {stream: n for stream, n in given.items() if n is not None}
    revocation.withdraw(actor, id, reason=EndReason(values["reason"]), last_good=last_good)
    notice = _("The keys are withdrawn. Nothing more is taken from this node.")
    return see_other("federation.node_show", id=id, notice=notice)


def _node(actor: Actor, node_id: UUID) -> Node:
    node = db.session.get(Node, node_id)
    if node is None:
        raise NotFoundError
    POLICY.require(actor, "federation.node.withdraw", node.member_id)
    return node


def _columns() -> list[dict[str, Any]]:
    return [
        {"label": _("Whose")},
        {"label": _("Key")},
        {"label": _("Good from")},
        {"label": _("Good until")},
        {"label": _("Why it ended")},
        {"label": _("State")},
    ]


def _roots() -> dict[str, Any]:
    columns = [{"label": each} for each in (_("Version"), _("Signatures needed"), _("Root keys"), _("Made on"))]
    return {"root_columns": columns, "roots": [_root(each) for each in reversed(keys.roots())]}


def _root(root: Root) -> list[str]:
    count, least = len(root.keys), formats.number(root.threshold)
    needed = ngettext("%(needed)s of %(num)s key", "%(needed)s of %(num)s keys", count, num=count, needed=least)
    made = formats.date_and_time(datetime.fromisoformat(root.at))
    return [formats.number(root.version), str(needed), ", ".join(key.kid for key in root.keys), made]
