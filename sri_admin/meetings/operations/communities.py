"""Entering communities and correcting what is said of them."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel import ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import record
from sri_admin.meetings.events import CommunityDescribed, CommunityEntered
from sri_admin.meetings.models.community import Community
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.queries.communities import parents_of
from sri_admin.meetings.rules.community import check_parent
from sri_admin.members.models.member import Member

Values = Mapping[str, Any]


def enter_community(actor: Actor, member: Member, *, values: Values) -> Community:
    """Enter a community; the same id again answers with the first entry."""
    POLICY.require(actor, "meetings.community.enter", member)
    community_id = values.get("record_id") or values.get("id") or ids.new()
    known = db.session.get(Community, (member.member_id, community_id))
    if known is not None:
        return known
    check_parent(community_id, values.get("parent_id"), parents=parents_of(member.member_id))
    community = Community(
        member_id=member.member_id,
        id=community_id,
        kind=values["kind"],
        parent_id=values.get("parent_id"),
        names=Text.of(values["name"], member.default_locale),
        sensitive=values.get("sensitive", False),
        time_zone=values.get("time_zone") or member.time_zone,
    )
    db.session.add(community)
    record(actor, CommunityEntered(member_id=member.member_id, subject=community.id, kind=community.kind), community)
    return community


def describe_community(actor: Actor, community: Community, *, values: Values) -> Community:
    """Correct what is said of a community, or where it lies."""
    POLICY.require(actor, "meetings.community.describe", community)
    check_version(community, values.get("version"))
    check_parent(community.id, values.get("parent_id"), parents=parents_of(community.member_id))
    said = {
        "names": community.names.with_text(community.names.source, values["name"]),
        "kind": values["kind"],
        "parent_id": values.get("parent_id"),
        "sensitive": values.get("sensitive", False),
        "time_zone": values.get("time_zone") or community.time_zone,
    }
    changed = tuple(name for name, value in said.items() if value != getattr(community, name))
    if not changed:
        return community
    for name in changed:
        setattr(community, name, said[name])
    event = CommunityDescribed(member_id=community.member_id, subject=community.id, changed=changed)
    record(actor, event, community)
    return community
