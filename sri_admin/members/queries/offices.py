"""What is read about the people in a board's offices."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.members.models.office import OfficeHolder, OfficeHolderPrivate
from sri_admin.members.rules.office import Office

_ORDER = list(Office)


def office_holder_by_id(member_id: UUID, holder_id: UUID) -> OfficeHolder:
    """Return an office holder of a member; NotFoundError if there is none."""
    found = db.session.get(OfficeHolder, (member_id, holder_id))
    if found is None:
        raise NotFoundError
    return found


def find_private_half(holder: OfficeHolder) -> OfficeHolderPrivate | None:
    """Return what stays at home about an office holder, if this installation has it."""
    return db.session.get(OfficeHolderPrivate, (holder.member_id, holder.id))


def office_holders_of(member_id: UUID, *, on: date | None = None) -> list[OfficeHolder]:
    """Return the office holders of a member in the order of offices; with `on`, those in office on that day."""
    found = sa.select(OfficeHolder).where(OfficeHolder.member_id == member_id)
    if on is not None:
        found = found.where(
            OfficeHolder.starts_on <= on, sa.or_(OfficeHolder.ends_on.is_(None), OfficeHolder.ends_on >= on)
        )
    holders = db.session.scalars(found.order_by(OfficeHolder.starts_on.desc(), OfficeHolder.id))
    return sorted(holders, key=lambda each: _ORDER.index(each.office))
