"""What a member may use of the materials, told to the page about it, and works that are looked for."""

from datetime import date
from uuid import UUID

from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import MOST_HITS, Hit, Panel, Tab
from sri_admin.kernel.tenancy import Tenant
from sri_admin.materials.models import Work
from sri_admin.materials.pages.catalogue import READING
from sri_admin.materials.policy import POLICY
from sri_admin.materials.queries.entitlement import catalogue_for
from sri_admin.materials.queries.works import works
from sri_admin.materials.rules import words
from sri_admin.materials.rules.entitlement import Standing
from sri_admin.members.rules.naming import search_text


def panel_of(member_id: UUID, _on: date) -> Panel | None:
    """Return how many works a country may use today, and why not the others."""
    tenant = db.session.get(Tenant, member_id)
    rows = catalogue_for(member_id)
    if tenant is None or not rows:
        return None
    usable = sum(each.standing.may_read for each in rows)
    paused = any(each.standing is Standing.SUSPENDED for each in rows)
    return Panel(
        title=_("Materials"),
        badge=("pause", _("Paused")) if paused else None,
        facts=(
            (_("They may use"), _("%(num)s of %(all)s works", num=str(usable), all=str(len(rows)))),
            (_("Licensed"), str(sum(each.standing is Standing.COVERED for each in rows))),
        ),
        label=_("The catalogue as they see it"),
        endpoint="materials.catalogue",
        arguments={"code": tenant.code},
        shown=lambda actor: POLICY.allows(actor, "materials.catalogue.read", member_id),
    )


def tabs_of(_member_id: UUID, _on: date) -> list[Tab]:
    """Return this part's page about a country."""
    return [
        Tab(label=_l("Materials"), endpoint="materials.catalogue", place=60, shown=lambda actor: actor.is_staff),
    ]


def find_works(actor: Actor, text: str) -> list[Hit]:
    """Return the works whose title in any language or whose code has a text."""
    if not (POLICY.allows(actor, "materials.work.list", installation.hub_tenant_id()) or READING.shown(actor)):
        return []
    found = [each for each in works() if text in search_text(each.code, each.title)]
    return [_hit(actor, each) for each in found[:MOST_HITS]]


def _hit(actor: Actor, work: Work) -> Hit:
    staff = actor.is_staff
    return Hit(
        kind=_("Materials"),
        title=str(work.title),
        note=str(words.WORK_KINDS[work.kind]),
        endpoint="materials.work_show" if staff else "materials.catalogue",
        arguments={"work": work.code} if staff else {"code": READING.code(actor)},
    )
