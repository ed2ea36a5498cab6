"""What happened to a member, told in sentences: our own history, and the steps another installation sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sri_admin.kernel import audit
from sri_admin.kernel.formats import date_and_time
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.members.models.agreement import AgreementEventRow
from sri_admin.members.models.block import MemberBlock
from sri_admin.members.models.member import Member, MemberEvent
from sri_admin.members.queries.agreements import agreement_events, agreements_of
from sri_admin.members.queries.blocks import blocks_of
from sri_admin.members.queries.members import member_events_of
from sri_admin.members.queries.streams import file_writer
from sri_admin.people.rules import ROLE_NAMES
from sri_admin.web import history

LENGTH = 20


def history_of(member: Member, *subjects: UUID, limit: int = LENGTH) -> list[dict[str, Any]]:
    """Return the items of a timeline about a member and things of it, newest first."""
    own = history.told(audit.entries_about(member.member_id, member.id, *subjects, limit=limit))
    received = [] if file_writer(member).is_here else _received(member, limit)
    newest = sorted([*own, *received], key=lambda item: item["when"], reverse=True)[:limit]
    return [{**item, "when": _moment(member, item["when"]), "actor": _role(item["actor"])} for item in newest]


def history_of_office(member: Member, *holders: UUID) -> list[dict[str, Any]]:
    """Return the items of a timeline about office holders alone, as far as it was written here."""
    told = history.told(audit.entries_about(member.member_id, *holders, limit=LENGTH))
    return [{**item, "when": _moment(member, item["when"]), "actor": _role(item["actor"])} for item in told]


def _moment(member: Member, at: datetime) -> str:
    return date_and_time(at, member.time_zone)


def _role(role: str) -> LazyText:
    return ROLE_NAMES.get(role) or _l("by itself")


def _received(member: Member, limit: int) -> list[dict[str, Any]]:
    steps = [_step(each) for each in member_events_of(member.member_id, limit=limit)]
    rows = agreements_of(member)
    ref_nos = {row.agreement.id: row.agreement.ref_no for row in rows}
    events = agreement_events([row.agreement for row in rows])
    notes = [_note(each, ref_nos) for found in events.values() for each in found]
    blocks = [item for each in blocks_of(member.member_id, limit=limit) for item in _block(each)]
    return steps + notes + blocks


def _step(step: MemberEvent) -> dict[str, Any]:
    values = {"transition": step.transition, "to_state": step.to_state, "reason": step.reason}
    return history.item("members.MemberStateChanged", values, step.at, step.role)


def _note(note: AgreementEventRow, ref_nos: dict[UUID, str]) -> dict[str, Any]:
    values = {"kind": note.kind, "on": note.on.isoformat(), "ref_no": ref_nos[note.agreement_id]}
    return history.item("members.AgreementNoted", values, note.at, note.role)


def _block(block: MemberBlock) -> list[dict[str, Any]]:
    values = {"kind": block.kind, "reason": block.reason.to_wire()}
    told = [history.item("members.MemberBlocked", values, block.set_at, block.role)]
    if block.lifted_at is not None:
        told.append(history.item("members.MemberUnblocked", values, block.lifted_at, block.lifted_by or ""))
    return told
