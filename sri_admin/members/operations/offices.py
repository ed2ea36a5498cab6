"""Who holds which office; written by whoever serves the member."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel import audit, ids, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.work import record
from sri_admin.members.events import OfficeHolderCorrected, OfficeHolderEnded, OfficeHolderEntered, OfficeHolderErased
from sri_admin.members.models.member import Member
from sri_admin.members.models.office import OfficeHolder, OfficeHolderPrivate
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.offices import find_private_half
from sri_admin.members.rules.contact import read_phone

Values = Mapping[str, Any]
_SHOWN = ("office", "display_name", "starts_on", "ends_on", "email", "phone", "phone_country")
_PRIVATE = {"full_name": "full_name", "email": "private_email", "phone": "private_phone"}


def enter_office_holder(actor: Actor, member: Member, *, values: Values) -> OfficeHolder:
    """Enter somebody who takes an office; the same id again answers with the first entry."""
    POLICY.require(actor, "members.office_holder.enter", member)
    holder_id = values.get("id") or ids.new()
    found = db.session.get(OfficeHolder, (member.member_id, holder_id))
    if found is not None:
        return found
    holder = OfficeHolder(member_id=member.member_id, id=holder_id, **_checked(values))
    db.session.add(holder)
    _keep_private(actor, holder, values)
    event = OfficeHolderEntered(
        member_id=member.member_id,
        subject=holder.id,
        office=holder.office.value,
        starts_on=holder.starts_on,
        display_name=holder.display_name,
    )
    record(actor, event, holder)
    return holder


def correct_office_holder(actor: Actor, holder: OfficeHolder, *, values: Values) -> OfficeHolder:
    """Correct what is known about an office holder."""
    POLICY.require(actor, "members.office_holder.correct", holder)
    check_version(holder, values.get("version"))
    checked = _checked(values)
    changed = tuple(name for name, value in checked.items() if value != getattr(holder, name))
    _keep_private(actor, holder, values)
    if not changed:
        return holder
    for name in changed:
        setattr(holder, name, checked[name])
    event = OfficeHolderCorrected(
        member_id=holder.member_id,
        subject=holder.id,
        office=holder.office.value,
        changed=changed,
        display_name=holder.display_name,
    )
    record(actor, event, holder)
    return holder


def end_office(actor: Actor, holder: OfficeHolder, *, values: Values) -> OfficeHolder:
    """Note that somebody leaves an office, and why."""
    POLICY.require(actor, "members.office_holder.end", holder)
    check_version(holder, values.get("version"))
    if holder.end_reason is not None:
        raise ConflictError(_l("This term was ended already."), code="wrong_state")
    _check_term(holder.starts_on, values["ends_on"])
    holder.ends_on, holder.end_reason = values["ends_on"], values["reason"]
    event = OfficeHolderEnded(
        member_id=holder.member_id,
        subject=holder.id,
        office=holder.office.value,
        ends_on=values["ends_on"],
        reason=values["reason"],
    )
    record(actor, event, holder)
    return holder


def erase_office_holder(actor: Actor, holder: OfficeHolder, *, values: Values) -> None:
    """Erase everything kept about an office holder, here and wherever it travelled."""
    POLICY.require(actor, "members.office_holder.erase", holder)
    check_version(holder, values.get("version"))
    private = find_private_half(holder)
    if private is not None:
        db.session.delete(private)
    audit.forget(holder.member_id, holder.id)
    event = OfficeHolderErased(
        member_id=holder.member_id,
        subject=holder.id,
        office=holder.office.value,
        starts_on=holder.starts_on,
        ends_on=holder.ends_on,
        reason=values["reason"],
    )
    work.erase(actor, event, holder)


def _checked(values: Values) -> dict[str, Any]:
    _check_term(values["starts_on"], values.get("ends_on"))
    checked = {name: values.get(name) for name in _SHOWN}
    if values.get("phone"):
        phone = read_phone(values["phone"], country=values.get("phone_country"))
        checked |= {"phone": phone.number, "phone_country": phone.country}
    return checked


def _check_term(starts_on: Any, ends_on: Any) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise InvalidError([FieldError("ends_on", _l("The term ends before it begins."))])


def _keep_private(actor: Actor, holder: OfficeHolder, values: Values) -> None:
    # Who may not see the private half must not blank it by sending a form without it.
    if not POLICY.allows(actor, "members.office_holder.read_private", holder):
        return
    given = {column: values.get(field) for column, field in _PRIVATE.items()}
    private = find_private_half(holder)
    if private is None and any(given.values()):
        private = OfficeHolderPrivate(member_id=holder.member_id, id=holder.id)
        db.session.add(private)
    if private is not None:
        for column, value in given.items():
            setattr(private, column, value)
