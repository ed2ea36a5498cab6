"""What happened to a node and to the request it came with, as the hub's history tells it."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation.enrolment_models import Enrolment
from sri_admin.federation.handover.models import Handover
from sri_admin.kernel import audit, clock, formats, installation
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import ask
from sri_admin.web import history


def of_node(member_id: UUID, node_id: UUID) -> list[dict[str, Any]]:
    """Return the items of a timeline about a node, its request, its code and its hand-overs, newest first."""
    asked = Enrolment.node_id == node_id
    subjects = sa.union_all(
        sa.select(sa.literal(node_id, sa.Uuid())),
        sa.select(Enrolment.id).where(asked),
        sa.select(Enrolment.code_id).where(asked),
        sa.select(Handover.id).where(Handover.member_id == member_id, Handover.node_id == node_id),
    )
    return _items(member_id, subjects)


def of_request(member_id: UUID, enrolment_id: UUID) -> list[dict[str, Any]]:
    """Return the items of a timeline about a request to join and the code it was made with, newest first."""
    subjects = sa.union_all(
        sa.select(sa.literal(enrolment_id, sa.Uuid())),
        sa.select(Enrolment.code_id).where(Enrolment.id == enrolment_id),
    )
    return _items(member_id, subjects)


def _items(member_id: UUID, subjects: sa.CompoundSelect[Any]) -> list[dict[str, Any]]:
    # Some of it concerns the member alone, some everybody, and stands in the hub's own history.
    entries = audit.entries_among({member_id, installation.hub_tenant_id()}, subjects)
    names = {key: name for each in ask("shell.roles", member_id, clock.today()) for key, name in each.items()}
    return [
        {
            **item,
            "when": formats.date_and_time(item["when"]),
            "actor": names.get(item["actor"]) or _("by itself"),
        }
        for item in history.told(entries)
    ]
