"""Pages for SRI staff: the countries, and one country."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.formats import country_name, date_long, date_short
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, Tab
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.member import LegalEntity, Member
from sri_admin.members.models.office import OfficeHolder
from sri_admin.members.operations.members import register_member
from sri_admin.members.pages.history import history_of
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import AgreementRow, agreements_of, current_agreement, drafts_of
from sri_admin.members.queries.blocks import open_blocks
from sri_admin.members.queries.members import (
    legal_entities_of,
    member_by_id,
    members_page,
    regions,
    today_of,
)
from sri_admin.members.queries.offices import office_holders_of
from sri_admin.members.queries.streams import office_writer
from sri_admin.members.queries.territories import place_names, territories_of
from sri_admin.members.rules import words
from sri_admin.members.rules.agreement import ShownState
from sri_admin.members.rules.member import MemberState, SuspensionKind, steps_from
from sri_admin.members.schemas.member import MemberIn, MemberQuery
from sri_admin.web import about, paging
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form
from sri_admin.web.templating import bdi

pages = Pages("members")
COLUMNS = {"name": _l("Country"), "code": _l("Code"), "state": _l("State"), "ends": _l("Licence ends")}


@pages.get("/countries", audience=Audience.STAFF, template="members/list.html", query=MemberQuery, roles=HUB)
def member_list(actor: Actor, query: Mapping[str, Any]) -> dict[str, Any]:
    """Show the countries, filtered and sorted as asked."""
    page = members_page(actor, query)
    return {
        "page": page,
        "paging": paging.pager(page, query),
        "columns": paging.sort_links(query, COLUMNS, default="name"),
        "asked": _filters(query),
        "export_url": url_for("members.export_new", kind="members", **_chosen(query)),
        "is_filtered": bool(_chosen(query)),
        "words": words,
    }


@pages.get("/countries/new", audience=Audience.STAFF, template="members/new.html", roles=HUB)
def member_new(actor: Actor, form: Form) -> dict[str, Any]:
    """Show the form for a country that is not here yet."""
    POLICY.require(actor, "members.member.register")
    return {"form": form, "words": words}


@pages.post("/countries", audience=Audience.STAFF, takes=MemberIn, again=member_new, roles=HUB)
def member_register(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Enter a country."""
    member = register_member(actor, None, values={**values, "id": values.pop("record_id", values.get("id"))})
    notice = _("%(country)s is entered. Nothing is sent to anybody yet.", country=str(member.names))
    return see_other("members.member_show", code=member.code, notice=notice)


@pages.get("/countries/<code>", audience=Audience.STAFF, template="members/show.html", roles=HUB)
def member_show(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show where a country stands, and what happened."""
    record = member_by_id(member.id)
    POLICY.require(actor, "members.member.read", record)
    rows = agreements_of(record)
    current = current_agreement(rows)
    holders = office_holders_of(member.id, on=today_of(record))
    return {
        "member": record,
        "tabs": about.tabs(actor, member, "members.member_show"),
        "panels": about.panels(actor, member.id),
        "answers": standing(record, current),
        "current": current,
        "badge": badge_of(record, current),
        "places": places_of(record),
        "may": words.rights_said(current.agreement.rights) if current else "",
        "entities": [_entity_line(each) for each in legal_entities_of(member.id)],
        "holders": [_holder_line(each) for each in holders],
        "office_writer": office_writer(record),
        "steps": _steps(actor, record),
        "history": history_of(record, *(row.agreement.id for row in rows), *(each.id for each in holders)),
        "words": words,
    }


@pages.get("/countries/<code>/agreements", audience=Audience.STAFF, template="members/agreements.html", roles=HUB)
def member_agreements(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show the agreements of a country, and what is drafted."""
    record = member_by_id(member.id)
    POLICY.require(actor, "members.agreement.read", record)
    rows = agreements_of(record)
    return {
        "member": record,
        "tabs": about.tabs(actor, member, "members.member_agreements"),
        "answers": standing(record, current_agreement(rows)),
        "rows": [(row, badge_of(record, row)) for row in rows],
        "drafts": drafts_of(member.id),
        "words": words,
    }


def tabs_of(_member_id: UUID, _on: date) -> list[Tab]:
    """Return this part's pages about a country."""
    return [
        Tab(label=_l("Overview"), endpoint="members.member_show", place=10, shown=_is_staff),
        Tab(label=_l("Agreements"), endpoint="members.member_agreements", place=20, shown=_is_staff),
        Tab(label=_l("People"), endpoint="members.office_holder_list", place=80, shown=_is_staff),
    ]


def _is_staff(actor: Actor) -> bool:
    return actor.is_staff


def standing(member: Member, current: AgreementRow | None) -> list[dict[str, Any]]:
    """Return the sentences under the title: where the country stands, then what is the exception."""
    said = words.MEMBER_STATES[member.state]
    sentences = [{"family": said.family, "text": _state_sentence(member, current).markup()}]
    if current is not None and words.SHOWN_STATES[current.shown].family in {"soon", "stop", "wait"}:
        badge = badge_of(member, current)
        text = _("<b>%(ref_no)s:</b> %(what)s.", ref_no=current.agreement.ref_no, what=str(badge.label))
        sentences.append({"family": badge.family, "text": text.markup()})
    for block in open_blocks(member.member_id):
        text = _("<b>No renewal can be signed for now.</b> %(reason)s", reason=str(block.reason))
        sentences.append({"family": "stop", "text": text.markup()})
    return sentences


def badge_of(member: Member, row: AgreementRow | None) -> words.Said:
    """Return the badge of an agreement as it stands on the member's today."""
    if row is None:
        return words.Said("unk", _("No agreement"))
    return words.agreement_badge(row.shown, row.facts, on=today_of(member))


def places_of(member: Member) -> list[str]:
    """Return the names of the places a member has today."""
    codes = [each.code for each in territories_of(member.member_id, on=today_of(member))]
    names = place_names(codes)
    return [names[code] for code in sorted(set(codes))]


def _state_sentence(member: Member, current: AgreementRow | None) -> Any:
    since = date_long(member.state_since)
    if (
        member.state is MemberState.LICENSED
        and current
        and current.shown in {ShownState.ACTIVE, ShownState.RENEWAL_DUE}
    ):
        return _("<b>Licensed until %(day)s.</b>", day=date_long(current.agreement.ends_on))
    if member.state is MemberState.SUSPENDED:
        if member.suspension is SuspensionKind.EMERGENCY and member.suspension_until:
            return _("<b>Suspended until %(day)s</b>, in an emergency.", day=date_long(member.suspension_until))
        return _("<b>Suspended since %(day)s.</b> This hides and pauses. It deletes nothing.", day=since)
    state = str(words.MEMBER_STATES[member.state].label)
    return _("<b>%(state)s</b> since %(day)s.", state=state, day=since)


def _entity_line(entity: LegalEntity) -> dict[str, Any]:
    number = entity.registration_no
    note = _("%(form)s, registered as %(number)s", form=entity.form, number=number) if number else bdi(entity.form)
    return {"title": bdi(entity.name), "note": note, "value": country_name(entity.country) or entity.country}


def _holder_line(holder: OfficeHolder) -> dict[str, Any]:
    until = _("until %(day)s", day=date_short(holder.ends_on)) if holder.ends_on else _("without end")
    return {"title": words.OFFICES[holder.office], "note": bdi(holder.display_name), "value": until}


def _steps(actor: Actor, member: Member) -> list[dict[str, Any]]:
    return [
        {
            "label": words.TRANSITIONS[step],
            "url": url_for("members.member_step", code=member.code, step=step.value),
            "grave": step in words.GRAVE,
        }
        for step in steps_from(member.state)
        if POLICY.allows(actor, f"members.member.{step}", member)
    ]


def _chosen(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: query[name] for name in ("q", "state", "region", "hosting") if query.get(name)}


def _filters(query: Mapping[str, Any]) -> list[dict[str, Any]]:
    states = [(each.value, said.label) for each, said in words.MEMBER_STATES.items()]
    hostings = [(each.value, label) for each, label in words.HOSTINGS.items()]
    return [
        {"name": "q", "label": _("Name or code"), "value": query.get("q"), "wide": True},
        _choice("state", _("State"), _("All states"), states, query),
        _choice("region", _("Region"), _("All regions"), [(each, each) for each in regions()], query),
        _choice("hosting", _("Where it works"), _("Everywhere"), hostings, query),
    ]


def _choice(name: str, label: str, every: str, choices: list[Any], query: Mapping[str, Any]) -> dict[str, Any]:
    value = query.get(name)
    return {"name": name, "label": label, "value": value or "", "choices": [("", every), *choices]}
