"""What is read about works, drafts and releases."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.materials.models import Document, EditionDraft, Release, Work
from sri_admin.materials.rules import blocks, releases
from sri_admin.materials.rules.blocks import Block
from sri_admin.materials.rules.releases import SOURCE_LANGUAGE


def works() -> list[Work]:
    """Return the catalogue by code."""
    return list(db.session.scalars(sa.select(Work).order_by(Work.code)))


def find_work(code: str) -> Work | None:
    """Return a work by its code, if it is known here."""
    return db.session.scalar(sa.select(Work).where(Work.code == code)) if code.isprintable() else None


def work_by_code(code: str) -> Work:
    """Return a work; NotFoundError if there is none."""
    found = find_work(code)
    if found is None:
        raise NotFoundError
    return found


def find_work_by_id(work_id: UUID) -> Work | None:
    """Return a work by its id, if it is known here."""
    return db.session.scalar(sa.select(Work).where(Work.id == work_id))


def work_by_id(work_id: UUID) -> Work:
    """Return a work; NotFoundError if there is none."""
    found = find_work_by_id(work_id)
    if found is None:
        raise NotFoundError
    return found


def draft_of(work: Work) -> EditionDraft:
    """Return the draft of a work; NotFoundError where it was never begun or is not kept."""
    found = find_draft(work)
    if found is None:
        raise NotFoundError
    return found


def find_draft(work: Work) -> EditionDraft | None:
    """Return the draft of a work, if one was begun."""
    return db.session.get(EditionDraft, (work.member_id, work.id))


def draft_blocks(draft: EditionDraft) -> list[Block]:
    """Return the blocks of a draft."""
    return [blocks.from_plain(row) for row in draft.blocks]


def releases_of(work: Work, *, language: str | None = None) -> list[Release]:
    """Return the releases of a work that are here, newest number first."""
    wanted = sa.select(Release).where(Release.member_id == work.member_id, Release.work_id == work.id)
    if language is not None:
        wanted = wanted.where(Release.language == language)
    return sorted(db.session.scalars(wanted), key=lambda each: releases.order(each.version_no), reverse=True)


def newest_release(work: Work, language: str = SOURCE_LANGUAGE) -> Release | None:
    """Return the newest release of a work in a language."""
    return next(iter(releases_of(work, language=language)), None)


def release_by_id(release_id: UUID) -> Release:
    """Return a release; NotFoundError if it is not here."""
    found = db.session.scalar(sa.select(Release).where(Release.id == release_id))
    if found is None:
        raise NotFoundError
    return found


def documents_of(release: Release) -> list[Document]:
    """Return the documents of a release by path."""
    here = (Document.member_id == release.member_id, Document.release_id == release.id)
    return list(db.session.scalars(sa.select(Document).where(*here).order_by(Document.path)))


def blocks_of(release: Release | None) -> list[Block]:
    """Return the blocks of a release in the order of its text; none where there is no release."""
    return [] if release is None else [each for one in documents_of(release) for each in blocks.read(one.content)]


def source_texts(work: Work) -> list[list[Block]]:
    """Return the blocks of every source release of a work that is here, the newest release first."""
    texts: dict[UUID, list[Block]] = {each.id: [] for each in releases_of(work, language=SOURCE_LANGUAGE)}
    here = (Document.member_id == work.member_id, Document.release_id.in_(texts))
    for one in db.session.scalars(sa.select(Document).where(*here).order_by(Document.path)):
        texts[one.release_id] += blocks.read(one.content)
    return list(texts.values())


def source_of(release: Release) -> Release | None:
    """Return the release a translation was made from."""
    return release_by_id(release.source_id) if release.source_id else None


def topics() -> Sequence[tuple[str, str]]:
    """Return every programme type and licence class there are works of."""
    rows = db.session.execute(sa.select(Work.programme_type, Work.licence_class).distinct())
    return [(programme_type, licence_class.value) for programme_type, licence_class in rows]
