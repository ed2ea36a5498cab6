"""What is found in countries, agreements and offices; the text looked for comes folded."""

from collections.abc import Sequence

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.members import policy
from sri_admin.members.models.agreement import Agreement
from sri_admin.members.models.member import Member
from sri_admin.members.models.office import OfficeHolder
from sri_admin.members.rules.naming import fold


def find_members(actor: Actor, text: str, *, most: int) -> Sequence[Member]:
    """Return the countries an actor may see whose code or name in any language has a text."""
    found = sa.select(Member).where(
        policy.visible(actor, Member.member_id), Member.search.contains(text, autoescape=True)
    )
    return db.session.scalars(found.order_by(Member.code).limit(most)).all()


def find_agreements(actor: Actor, text: str, *, most: int) -> Sequence[tuple[Agreement, Member]]:
    """Return the agreements an actor may see whose number has a text, the latest first, each with its country."""
    found = (
        sa.select(Agreement, Member)
        .join(Member, Member.member_id == Agreement.member_id)
        .where(
            policy.visible(actor, Agreement.member_id),
            sa.func.lower(Agreement.ref_no).contains(text, autoescape=True),
        )
    )
    rows = db.session.execute(found.order_by(Agreement.starts_on.desc(), Agreement.ref_no).limit(most))
    return [(row[0], row[1]) for row in rows]


def find_office_holders(actor: Actor, text: str, *, most: int) -> Sequence[tuple[OfficeHolder, Member]]:
    """Return who holds an office today under a name that has a text, each with its country."""
    today = clock.today()
    in_office = sa.and_(
        OfficeHolder.starts_on <= today, sa.or_(OfficeHolder.ends_on.is_(None), OfficeHolder.ends_on >= today)
    )
    found = (
        sa.select(OfficeHolder, Member)
        .join(Member, Member.member_id == OfficeHolder.member_id)
        .where(policy.visible(actor, OfficeHolder.member_id), in_office)
        .order_by(Member.code, OfficeHolder.id)
    )
    rows = ((row[0], row[1]) for row in db.session.execute(found))
    return [(holder, member) for holder, member in rows if text in fold(holder.display_name)][:most]
