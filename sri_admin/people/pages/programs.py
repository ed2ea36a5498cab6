"""Keys for one's own programs: seen, made, withdrawn."""

from typing import Any
from uuid import UUID

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.people.operations import programs
from sri_admin.people.pages.account import own_id, place
from sri_admin.people.pages.sign_in import NothingIn
from sri_admin.people.queries.accounts import account_by_id, codes_of, mandates_today
from sri_admin.people.queries.programs import program_keys_of
from sri_admin.people.rules import TOKEN_LASTS, role_name
from sri_admin.people.schemas import ProgramKeyIn
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("people")


@pages.get("/account/programs", audience=Audience.SIGNED_IN, template="people/programs.html")
def program_list(actor: Actor, form: Form) -> dict[str, Any]:
    """Show the keys of one's own programs, and the form for another."""
    account_id, today = own_id(actor), clock.today()
    mandates, keys = mandates_today(account_id), program_keys_of(account_id)
    codes = codes_of({each.member_id for each in (*mandates, *(each.mandate for each in keys))})

    def said(mandate: Any) -> Any:
        return _("%(role)s, %(place)s", role=str(role_name(mandate.role)), place=place(mandate.member_id, codes))

    return {
        "form": form,
        "keys": [(each, said(each.mandate)) for each in keys],
        "roles": [(each.id, said(each)) for each in mandates],
        "today": today,
        "latest": today + TOKEN_LASTS,
    }


@pages.post(
    "/account/programs",
    audience=Audience.SIGNED_IN,
    takes=ProgramKeyIn,
    again=program_list,
    template="people/program_key_made.html",
    fresh=True,
)
def program_key_make(actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """Make a key for a program and show it once."""
    token = programs.make_program_key(actor, account_by_id(own_id(actor)), values=values)
    return {"token": token, "name": values["name"], "ends_on": values["ends_on"]}


@pages.post("/account/programs/<uuid:key_id>/end", audience=Audience.SIGNED_IN, takes=NothingIn)
def program_key_end(actor: Actor, values: dict[str, Any], *, key_id: UUID) -> SeeOther:
    """Withdraw a key."""
    programs.end_program_key(actor, key_id)
    return see_other("people.program_list", notice=_("The key is withdrawn. It opens nothing any more."), **values)
