"""What evidence a country has, and whether its file is here."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from sri_admin.integrity.models.evidence import Evidence, EvidenceFile
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError


def evidence_of(member_id: UUID) -> list[Evidence]:
    """Return the evidence of a country, the newest first."""
    wanted = sa.select(Evidence).where(Evidence.member_id == member_id)
    return list(db.session.scalars(wanted.order_by(Evidence.at.desc(), Evidence.id.desc())))


def evidence_by_ids(member_id: UUID, evidence_ids: Collection[UUID]) -> list[Evidence]:
    """Return some of a country's evidence in the order asked for; NotFoundError if one is missing."""
    wanted = sa.select(Evidence).where(Evidence.member_id == member_id, Evidence.id.in_(evidence_ids))
    found = {each.id: each for each in db.session.scalars(wanted)}
    if any(each not in found for each in evidence_ids):
        raise NotFoundError
    return [found[each] for each in evidence_ids]


def file_of(member_id: UUID, evidence_id: UUID) -> EvidenceFile:
    """Return the file of a piece of evidence; NotFoundError where it is not kept."""
    found = db.session.get(EvidenceFile, (member_id, evidence_id))
    if found is None:
        raise NotFoundError
    return found


def files_here(member_id: UUID) -> set[UUID]:
    """Return the ids of the country's evidence whose file is kept here."""
    return set(db.session.scalars(sa.select(EvidenceFile.id).where(EvidenceFile.member_id == member_id)))
