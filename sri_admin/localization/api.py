"""Translations as JSON: the same operations, rules and shapes as the pages."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.tenancy import Tenant
from sri_admin.localization.models import Contribution
from sri_admin.localization.operations.contributions import contribute
from sri_admin.localization.queries.texts import text_of, work_on
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.schemas import ContributionOut, SegmentRows, TranslationIn
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("localization", description="Texts in their languages, segment by segment.")
_AT = "/members/<code>/translation/<work>/<language>"


@api.get(_AT, audience=Audience.MEMBER, gives=SegmentRows)
def segment_rows(actor: Actor, member: Tenant, *, work: str, language: str) -> dict[str, Any]:
    """List the segments of a text and how each stands."""
    found = work_on(actor, Desk(member.id, language), work)
    text = text_of(found, language, member_id=member.id)
    if text is None:
        raise NotFoundError
    return {"rows": text.segments}


@api.post(_AT, audience=Audience.MEMBER, takes=TranslationIn, gives=ContributionOut, created=True)
def segment_translate(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, work: str, language: str
) -> Contribution:
    """Contribute a wording."""
    desk = Desk(member.id, language)
    return contribute(actor, desk, work_on(actor, desk, work), values=values)
