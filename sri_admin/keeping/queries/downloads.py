"""Who downloaded what: the log, page by page, and the names of files and people in it."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import blobs
from sri_admin.kernel.db import db
from sri_admin.kernel.download_log import FileDownload
from sri_admin.kernel.paging import SIZE, Page
from sri_admin.members.models.sheet import ExportNote
from sri_admin.people.models import Account, MandateRow


def downloads(members: Collection[UUID] | None, *, number: int) -> Page[FileDownload]:
    """Return a page of the downloads of some members' files, the newest first; None stands for all members."""
    mine = [] if members is None else [FileDownload.member_id.in_(members)]
    total = db.session.scalar(sa.select(sa.func.count()).select_from(FileDownload).where(*mine)) or 0
    found = sa.select(FileDownload).where(*mine).order_by(FileDownload.at.desc(), FileDownload.id)
    return Page(list(db.session.scalars(found.offset((number - 1) * SIZE).limit(SIZE))), total, number, SIZE)


def tables_taken_out(*, limit: int = SIZE) -> list[ExportNote]:
    """Return who last took a whole table out."""
    return list(db.session.scalars(sa.select(ExportNote).order_by(ExportNote.at.desc()).limit(limit)))


def tables_of_files(digests: Collection[str]) -> dict[str, str]:
    """Return, by digest, the table that refers to a file, of those the reader reaches."""
    found: dict[str, str] = {}
    for table in blobs.tables():
        rows = db.session.scalars(sa.select(table.c.sha256).where(table.c.sha256.in_(digests)).distinct())
        found.update(dict.fromkeys(rows, table.name))
    return found


def names_of(labels: Collection[str], members: Collection[UUID] | None) -> dict[str, str]:
    """Return the names of people by their labels: everybody's, or of those who have a role for one of some members."""
    named = sa.select(Account.label, Account.display_name).where(
        Account.label.in_(labels), Account.display_name.is_not(None)
    )
    if members is not None:
        held = sa.select(MandateRow.account_id).where(MandateRow.member_id.in_(members))
        named = named.where(Account.id.in_(held))
    return {label: name or "" for label, name in db.session.execute(named)}
