"""How far a country's translations are, told to the page about it."""

from datetime import date
from uuid import UUID

from sri_admin.kernel.db import db
from sri_admin.kernel.formats import date_long, joined, language_name, number
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import Panel, Tab
from sri_admin.kernel.tenancy import Tenant
from sri_admin.localization.policy import POLICY
from sri_admin.localization.queries.grants import languages_of
from sri_admin.localization.queries.texts import activity_of


def panel_of(member_id: UUID, on: date) -> Panel | None:
    """Return into which languages a country translates and what it contributed; nothing for a country that does not."""
    tenant, tags = db.session.get(Tenant, member_id), languages_of(member_id, on=on)
    if tenant is None or not tags:
        return None
    count, last = activity_of(member_id)
    return Panel(
        title=_("Translation"),
        facts=(
            (_("Into"), joined([language_name(each) for each in tags])),
            (_("Wordings contributed"), number(count)),
            (_("Last one"), date_long(last.date()) if last else _("none yet")),
        ),
        label=_("Their texts"),
        endpoint="localization.text_list",
        arguments={"code": tenant.code},
        shown=lambda actor: POLICY.allows(actor, "localization.list.read", member_id),
    )


def tabs_of(_member_id: UUID, _on: date) -> list[Tab]:
    """Return this part's page about a country."""
    return [
        Tab(
            label=_l("Translation"),
            endpoint="localization.text_list",
            place=70,
            shown=lambda actor: actor.is_staff,
            covers=frozenset({"localization.workbench"}),
        ),
    ]
