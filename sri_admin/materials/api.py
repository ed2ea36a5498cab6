"""Materials as JSON: the same operations, rules and shapes as the pages."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.materials.models import EditionDraft, Release, Work
from sri_admin.materials.operations.releases import release_source
from sri_admin.materials.operations.works import enter_work, save_draft
from sri_admin.materials.policy import POLICY
from sri_admin.materials.queries.entitlement import catalogue_for, standing_of
from sri_admin.materials.queries.works import draft_of, find_work, releases_of, work_by_code, works
from sri_admin.materials.schemas import (
    DraftIn,
    DraftOut,
    ReleaseIn,
    ReleaseOut,
    ReleaseRows,
    WorkIn,
    WorkList,
    WorkOut,
    WorkRows,
)
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("materials", description="Works, their drafts and their signed releases.")


@api.get("/materials", audience=Audience.STAFF, gives=WorkList, roles=HUB)
def work_rows(actor: Actor) -> dict[str, Any]:
    """List the works."""
    POLICY.require(actor, "materials.work.list")
    return {"rows": works()}


@api.post("/materials", audience=Audience.STAFF, takes=WorkIn, gives=WorkOut, created=True, roles=HUB)
def work_create(actor: Actor, values: Mapping[str, Any]) -> Work:
    """Enter a work."""
    return enter_work(actor, installation.hub_tenant_id(), values=values)


@api.post("/materials/<work>/draft", audience=Audience.STAFF, takes=DraftIn, gives=DraftOut, roles=HUB)
def draft_begin(actor: Actor, values: Mapping[str, Any], *, work: str) -> EditionDraft:
    """Save the text of the next release."""
    return save_draft(actor, work_by_code(work), values=values)


@api.post(
    "/materials/<work>/releases",
    audience=Audience.STAFF,
    takes=ReleaseIn,
    gives=ReleaseOut,
    created=True,
    versioned=True,
    fresh=True,
    roles=HUB,
)
def release_create(actor: Actor, values: Mapping[str, Any], *, work: str) -> Release:
    """Release the draft and sign it."""
    found = work_by_code(work)
    return release_source(actor, found, draft_of(found), values=values)


@api.get("/members/<code>/materials", audience=Audience.MEMBER, gives=WorkRows)
def catalogue_rows(actor: Actor, member: Tenant) -> dict[str, Any]:
    """List the works as a member sees them."""
    POLICY.require(actor, "materials.catalogue.read", member.id)
    return {"rows": catalogue_for(member.id)}


@api.get("/members/<code>/materials/<work>", audience=Audience.MEMBER, gives=ReleaseRows)
def release_rows(actor: Actor, member: Tenant, *, work: str) -> dict[str, Any]:
    """List the releases of a work a member is entitled to."""
    POLICY.require(actor, "materials.release.read", member.id)
    found = find_work(work)
    if found is None or not standing_of(member.id, found).may_read:
        raise NotFoundError
    return {"rows": releases_of(found)}
