"""What is read about the signed copies of agreements, and how much of each is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import blobs, spool
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.members.models.agreement import Agreement, AgreementFile


@dataclass(frozen=True)
class SignedCopy:
    """A signed copy as pages show it: its record, and how many of its bytes are here."""

    file: AgreementFile
    held: int

    @property
    def is_here(self) -> bool:
        """Say whether the whole file is here; what is here was verified when it came."""
        return self.held == self.file.size


def file_by_id(member_id: UUID, agreement_id: UUID, file_id: UUID) -> AgreementFile:
    """Return a signed copy of an agreement; NotFoundError if there is none."""
    found = db.session.get(AgreementFile, (member_id, file_id))
    if found is None or found.agreement_id != agreement_id:
        raise NotFoundError
    return found


def newest_file(agreement: Agreement) -> AgreementFile | None:
    """Return the newest signed copy of an agreement, if there is one."""
    return next(iter(_files_of([agreement])), None)


def signed_copies(agreements: Sequence[Agreement]) -> dict[UUID, list[SignedCopy]]:
    """Return the signed copies of agreements of one member, newest first."""
    copies: dict[UUID, list[SignedCopy]] = {each.id: [] for each in agreements}
    for file in _files_of(agreements):
        copies[file.agreement_id].append(SignedCopy(file, _held(file)))
    return copies


def _files_of(agreements: Sequence[Agreement]) -> Sequence[AgreementFile]:
    found = sa.select(AgreementFile).where(
        AgreementFile.member_id.in_({each.member_id for each in agreements}),
        AgreementFile.agreement_id.in_({each.id for each in agreements}),
    )
    return db.session.scalars(found.order_by(AgreementFile.at.desc(), AgreementFile.id.desc())).all()


def _held(file: AgreementFile) -> int:
    return file.size if blobs.size_of(file.sha256) == file.size else min(spool.part_size(file.sha256), file.size - 1)
