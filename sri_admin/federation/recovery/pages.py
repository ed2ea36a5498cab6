"""Pages after a restore: what was written before it, offered to a person, record by record."""

from typing import Any
from uuid import UUID

from sri_admin.federation import shown, words
from sri_admin.federation.policy import POLICY
from sri_admin.federation.recovery import deciding
from sri_admin.federation.recovery.deciding import Difference
from sri_admin.federation.salvage_models import SalvageCause, SalvageState, SyncSalvage
from sri_admin.federation.schemas import SalvageIn, SalvageOutIn
from sri_admin.kernel import formats, installation, runtime, tenancy
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotAllowedError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("recovery")
_MOST_SHOWN = 200


@pages.get("/salvage", audience=Audience.SIGNED_IN, template="federation/salvage.html")
def salvage_list(actor: Actor, form: Form) -> dict[str, Any]:
    """Show what was written before a restore and waits for a decision."""
    if not may_see(actor):
        raise NotAllowedError(action="federation.salvage.see")
    found = deciding.offered()
    return {
        "form_state": form,
        "answers": [_answer(len(found))],
        "owners": _by_owner(actor, found[:_MOST_SHOWN]),
        "settled": [_settled(each) for each in deciding.history()],
        "settled_columns": [
            {"label": _("Record")},
            {"label": _("What became of it")},
            {"label": _("On")},
            {"label": _("Reason")},
        ],
    }


def _by_owner(actor: Actor, found: list[Difference]) -> list[dict[str, Any]]:
    owners = {each.newest.member_id: None for each in found}
    return [
        {
            "member_id": member_id,
            "name": _owner(member_id),
            "may_decide": POLICY.allows(actor, "federation.salvage.decide", member_id),
            "records": [_record(each) for each in found if each.newest.member_id == member_id],
        }
        for member_id in owners
    ]


def may_see(actor: Actor) -> bool:
    """Say whether somebody may see what was salvaged: here, or of a country hosted here."""
    places = {installation.identity().tenant_id, *(mandate.member_id for mandate in actor.mandates)}
    return actor.account_id is not None and any(POLICY.allows(actor, "federation.salvage.see", each) for each in places)


def _owner(member_id: UUID) -> str:
    if member_id == installation.identity().hub_tenant_id:
        return _("Records of the hub itself")
    return _("Records of %(country)s", country=shown.country(member_id))


def _record(each: Difference) -> dict[str, Any]:
    newest, at_hub = each.newest, runtime.current().is_hub
    return {
        "line": newest.id,
        "title": words.stream_name(newest.stream, at_hub=at_hub),
        "cause": _cause(newest.cause),
        "effect": _effect(each),
        "is_known": each.is_known,
        "is_here": each.is_here,
        "changes": [(name, _shown(now), _shown(then)) for name, now, then in each.changes],
        "details": [
            (_("Kind"), newest.kind or _("not readable")),
            (_("Record"), str(newest.rec or newest.id)),
            (_("Stream"), newest.stream),
            (_("Number"), formats.number(newest.n)),
            (_("Kept since"), formats.date_and_time(newest.at)),
        ],
    }


def _effect(each: Difference) -> str:
    if not each.is_known:
        return _("This program cannot read it. It stays here until an update can.")
    if each.removes:
        return _("Taking it over removes this record.")
    if not each.changes:
        return _("It says what stands here already. Leaving it out changes nothing.")
    count = len(each.changes)
    return ngettext("Taking it over changes %(num)s value.", "Taking it over changes %(num)s values.", count, num=count)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict) and "source" in value:  # a text in several languages: its original
        original = value.get(value["source"])
        return str(original.get("t", "")) if isinstance(original, dict) else "–"
    if isinstance(value, list):
        return formats.joined(_shown(each) for each in value) or "–"
    return str(value)


def _cause(cause: SalvageCause) -> str:
    if cause is SalvageCause.SET_BACK:
        return _("Written here, and the hub never had it before this installation was set back.")
    if cause is SalvageCause.HUB_RESTORED and not runtime.current().is_hub:
        return _("Written at the hub before it was restored; the hub does not hold it any more. Tell SRI of it.")
    if cause is SalvageCause.HUB_RESTORED:
        return _("Written at the hub after the backup it was restored from, and handed back by a node.")
    return _("Written at a node that no longer wrote these records, and handed back late.")


def _settled(each: SyncSalvage) -> dict[str, str]:
    said = {
        SalvageState.TAKEN: _("Taken over"),
        SalvageState.SUPERSEDED: _("A newer version of it was taken over"),
        SalvageState.DISMISSED: _("Left out"),
    }
    return {
        "record": each.kind or each.stream,
        "state": said[each.state],
        "on": formats.date_and_time(each.settled_at) if each.settled_at else "–",
        "reason": each.reason or "–",
    }


def _answer(count: int) -> dict[str, str]:
    if not count:
        return {"family": "good", "text": _("Nothing of before a restore waits for you.")}
    text = ngettext(
        "%(num)s record of before a restore waits for you.",
        "%(num)s records of before a restore wait for you.",
        count,
        num=count,
    )
    return {"family": "soon", "text": text}


@pages.post("/salvage/take", audience=Audience.SIGNED_IN, takes=SalvageIn, again=salvage_list, fresh=True)
def salvage_take(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Take over one record, or everything of its owner."""
    member_id, line = values["member_id"], values["line"]
    _write_for(actor, member_id)
    deciding.take_over(actor, member_id, None if line is None else [line])
    return see_other("recovery.salvage_list", notice=_("Taken over. It travels as a new version."))


@pages.post("/salvage/leave", audience=Audience.SIGNED_IN, takes=SalvageOutIn, again=salvage_list, fresh=True)
def salvage_leave(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Leave one record out, for a reason."""
    member_id = values["member_id"]
    _write_for(actor, member_id)
    deciding.dismiss(actor, member_id, [values["line"]], reason=values["reason"])
    return see_other("recovery.salvage_list", notice=_("Left out. What was written stays readable here."))


def _write_for(actor: Actor, member_id: UUID) -> None:
    POLICY.require(actor, "federation.salvage.decide", member_id)
    tenancy.write_for(member_id)
