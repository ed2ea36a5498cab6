"""Pages for SRI: the standard, the rounds, and who is how far in one of them; in alphabetical order, never ranked."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sri_admin.integrity.operations import standards as operations
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.rounds import rows_of
from sri_admin.integrity.queries.standards import criteria_of, cycle_by_id, cycles, newest_edition
from sri_admin.integrity.rules import words
from sri_admin.integrity.rules.standing import CycleState
from sri_admin.integrity.schemas import CycleIn, RoundEndIn
from sri_admin.kernel import clock, installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, MenuEntry
from sri_admin.members.rules.naming import sorting_key
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import Form

pages = Pages("integrity")
_ROUND = "/assessments/<uuid:cycle_id>"


@pages.get("/standard", audience=Audience.SIGNED_IN, template="integrity/standard.html")
def standard_show(actor: Actor) -> dict[str, Any]:
    """Show what SRI expects of a country, criterion by criterion."""
    POLICY.require(actor, "integrity.standard.read")
    edition = newest_edition()
    return {"edition": edition, "criteria": criteria_of(edition.id) if edition else [], "words": words}


@pages.get("/assessments", audience=Audience.STAFF, template="integrity/rounds.html", roles=HUB)
def round_list(actor: Actor) -> dict[str, Any]:
    """Show every round, the newest first."""
    POLICY.require(actor, "integrity.cycle.read")
    rows = cycles()
    is_going_on = any(each.state is CycleState.OPEN for each in rows)
    return {"rows": rows, "may_open": not is_going_on and newest_edition() is not None}


@pages.get("/assessments/new", audience=Audience.STAFF, template="integrity/round_new.html", roles=HUB)
def round_new(actor: Actor, form: Form) -> dict[str, Any]:
    """Show the form that opens a round."""
    POLICY.require(actor, "integrity.cycle.open")
    today = clock.today()
    return {"form": form, "today": today, "covers": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))}


@pages.post("/assessments", audience=Audience.STAFF, takes=CycleIn, again=round_new, roles=HUB)
def round_open(actor: Actor, values: Mapping[str, Any]) -> SeeOther:
    """Open a round for every licensed country."""
    cycle = operations.open_cycle(actor, installation.hub_tenant_id(), values=values)
    notice = _("The round is open. Every licensed country is called to it now.")
    return see_other("integrity.round_show", cycle_id=cycle.id, notice=notice)


@pages.get(_ROUND, audience=Audience.STAFF, template="integrity/round.html", roles=HUB)
def round_show(actor: Actor, form: Form, *, cycle_id: UUID) -> dict[str, Any]:
    """Show how far every country is in a round, by name."""
    POLICY.require(actor, "integrity.cycle.read")
    cycle, today = cycle_by_id(cycle_id), clock.today()
    rows = sorted(rows_of(cycle), key=lambda row: sorting_key(str(row.member.names)))
    return {"form": form, "cycle": cycle, "rows": rows, "today": today, "words": words}


@pages.post(
    "/assessments/<uuid:cycle_id>/close", audience=Audience.STAFF, takes=RoundEndIn, again=round_show, roles=HUB
)
def round_close(actor: Actor, values: Mapping[str, Any], *, cycle_id: UUID) -> SeeOther:
    """End a round."""
    operations.close_cycle(actor, cycle_by_id(cycle_id), values=values)
    return see_other("integrity.round_show", cycle_id=cycle_id, notice=_("The round is closed."))


MENU = (
    MenuEntry(
        label=_l("Assessments"),
        endpoint="integrity.round_list",
        icon="check-lg",
        place=64,
        group=_l("Programme"),
        roles=HUB,
        shown=lambda actor: POLICY.allows(actor, "integrity.cycle.read"),
        covers=frozenset(
            f"integrity.{each}" for each in ("round_new", "round_show", "standard_show", "snapshot_show", "item_show")
        ),
    ),
)
