"""Pages for SRI staff: what changes a country itself, one page for each act."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.member import Member
from sri_admin.members.operations.members import STEPS, describe_member
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.members.rules import member as rules
from sri_admin.members.rules import words
from sri_admin.members.schemas.member import DescriptionIn, TransitionIn
from sri_admin.web.conflict import Answer, conflict_of, show_choices
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("members")
ANSWERS = {
    "name": Answer(_l("Name")),
    "region": Answer(_l("Region")),
    "default_locale": Answer(_l("Language")),
    "time_zone": Answer(_l("Time zone")),
    "fiscal_month": Answer(_l("Month")),
    "fiscal_day": Answer(_l("Day")),
    "listing": Answer(_l("Who may see it"), show_choices(words.LISTINGS)),
}


@pages.get("/countries/<code>/edit", audience=Audience.STAFF, template="members/edit.html", roles=HUB)
def member_edit(actor: Actor, form: Form, *, member: Tenant) -> dict[str, Any]:
    """Show the form that corrects a country's description."""
    record = member_by_id(member.id)
    POLICY.require(actor, "members.member.describe", record)
    stored = described(record)
    url = url_for("members.member_edit", code=record.code)
    return {
        "form": form,
        "member": record,
        "stored": stored,
        "conflict": conflict_of(form, ANSWERS, stored, url=url),
        "words": words,
    }


@pages.post("/countries/<code>/edit", audience=Audience.STAFF, takes=DescriptionIn, again=member_edit, roles=HUB)
def member_describe(actor: Actor, values: dict[str, Any], *, member: Tenant) -> SeeOther:
    """Correct a country's description."""
    record = member_by_id(member.id)
    # The form asks for the name in its source language; the translations beside it stay.
    names = record.names.with_text(record.names.source, str(values["names"]))
    describe_member(actor, record, values={**values, "names": names})
    return see_other("members.member_show", code=member.code, notice=_("The description is saved."))


@pages.get("/countries/<code>/steps/<step>", audience=Audience.STAFF, template="members/step.html", roles=HUB)
def member_step(actor: Actor, form: Form, *, member: Tenant, step: str) -> dict[str, Any]:
    """Show what a step means before it is taken."""
    record, transition = member_by_id(member.id), _transition(step)
    POLICY.require(actor, f"members.member.{transition}", record)
    return {
        "form": form,
        "member": record,
        "transition": transition,
        "is_open": transition in rules.steps_from(record.state),
        "needs_reason": rules.STEPS[transition].needs_reason,
        "suspends": transition is rules.Transition.SUSPEND,
        "is_grave": transition in words.GRAVE,
        "today": today_of(record),
        "words": words,
    }


@pages.post(
    "/countries/<code>/steps/<step>",
    audience=Audience.STAFF,
    takes=TransitionIn,
    again=member_step,
    fresh=lambda arguments: arguments["step"] in words.GRAVE,
    roles=HUB,
)
def member_take_step(actor: Actor, values: Mapping[str, Any], *, member: Tenant, step: str) -> SeeOther:
    """Take a step in the life of a country."""
    record, transition = member_by_id(member.id), _transition(step)
    STEPS[transition](actor, record, values=values)
    state = str(words.MEMBER_STATES[record.state].label)
    notice = _("It is done. %(country)s now stands as: %(state)s.", country=str(record.names), state=state)
    return see_other("members.member_show", code=member.code, notice=notice)


def described(member: Member) -> dict[str, Any]:
    """Return a member's description as the form asks for it."""
    name = member.names.texts[member.names.source]
    return {"name": name, **{field: getattr(member, field) for field in ANSWERS if field != "name"}}


def _transition(step: str) -> rules.Transition:
    try:
        return rules.Transition(step)
    except ValueError:
        raise NotFoundError from None
