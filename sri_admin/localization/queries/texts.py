"""How a text stands in a language, segment by segment: the facts that are here, judged by the rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.localization.models import (
    Contribution,
    ContributionReview,
    LanguageDecision,
    TranslationDraft,
)
from sri_admin.localization.policy import POLICY
from sri_admin.localization.queries.grants import granted_languages, languages_of
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.rules.standing import Mark, Standing, State, Version, standing_of
from sri_admin.materials.models import Release, Work
from sri_admin.materials.queries.entitlement import standing_of as entitlement_of
from sri_admin.materials.queries.works import blocks_of, find_work, newest_release, source_texts
from sri_admin.materials.rules.blocks import Block


@dataclass(frozen=True)
class Segment:
    """A block of the source, its place, how it stands, and the wording it had when it was translated last."""

    place: int
    block: Block
    standing: Standing
    old_source: str | None = None


@dataclass(frozen=True)
class TextRow:
    """A text in a language: its source release and its segments."""

    work: Work
    language: str
    source: Release
    segments: Sequence[Segment]

    @property
    def done(self) -> int:
        """Count the approved segments."""
        return self.count(State.APPROVED)

    @property
    def is_complete(self) -> bool:
        """Say whether every segment is approved."""
        return self.done == len(self.segments)

    def count(self, *states: State) -> int:
        """Count the segments in some states."""
        return sum(each.standing.state in states for each in self.segments)

    def segment(self, uid: str) -> Segment | None:
        """Return a segment by the identity of its block."""
        return next((each for each in self.segments if each.block.uid == uid), None)


@dataclass
class Facts:
    """The facts of a text by segment."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    marks: dict[str, list[Mark]] = field(default_factory=dict)


def may_translate(desk: Desk, work: Work) -> bool:
    """Say whether a country works in a language today on a work it is entitled to."""
    return desk.language in languages_of(desk.member_id) and entitlement_of(desk.member_id, work).may_read


def work_on(actor: Actor, desk: Desk, code: str) -> Work:
    """Return a work a country may translate, for somebody who may read it there; NotFoundError, NotAllowedError."""
    POLICY.require(actor, "localization.list.read", desk.member_id)
    work = find_work(code)
    if work is None or not may_translate(desk, work):
        raise NotFoundError
    POLICY.require(actor, "localization.text.read", desk)
    return work


def work_for_sri(actor: Actor, code: str) -> Work:
    """Return a work whose translations SRI looks at."""
    POLICY.require(actor, "localization.overview.read")
    work = find_work(code)
    if work is None:
        raise NotFoundError
    return work


def text_for_sri(actor: Actor, code: str, language: str) -> TextRow:
    """Return how a work stands in a language everywhere; NotFoundError for one nobody was ever granted."""
    text = text_of(work_for_sri(actor, code), language)
    if text is None or language not in granted_languages():
        raise NotFoundError
    return text


def text_of(work: Work, language: str, *, member_id: UUID | None = None) -> TextRow | None:
    """Return how a work stands in a language, for one member or for everybody in reach; None while unreleased."""
    source = newest_release(work)
    if source is None:
        return None
    facts = facts_of(work, language, member_id=member_id)
    segments = [_segment(place, block, facts) for place, block in enumerate(blocks_of(source), 1)]
    return TextRow(work, language, source, _with_old_sources(work, segments))


def segment_of(desk: Desk, work: Work, uid: str) -> Segment | None:
    """Return one segment as it stands for a member, read without the rest of the text; None if the source lacks it."""
    source = newest_release(work)
    placed = enumerate(blocks_of(source), 1) if source else ()
    found = next(((place, each) for place, each in placed if each.uid == uid), None)
    if found is None:
        return None
    facts = facts_of(work, desk.language, member_id=desk.member_id, uid=uid)
    return _with_old_sources(work, [_segment(*found, facts)])[0]


def _segment(place: int, block: Block, facts: Facts) -> Segment:
    standing = standing_of(
        block.revision,
        is_critical=block.risk.is_critical,
        versions=facts.versions.get(block.uid, ()),
        marks=facts.marks.get(block.uid, ()),
    )
    return Segment(place, block, standing)


def _with_old_sources(work: Work, segments: Sequence[Segment]) -> list[Segment]:
    # Earlier releases are read only if something was translated from one of them.
    if not any(each.standing.base for each in segments):
        return list(segments)
    wordings = {block.revision: block.text for text in source_texts(work) for block in text}
    return [replace(each, old_source=wordings.get(each.standing.base)) for each in segments]


def facts_of(work: Work, language: str, *, member_id: UUID | None = None, uid: str | None = None) -> Facts:
    """Return the contributions, reviews and decisions on a work in a language, or on one segment of it."""
    facts, about = Facts(), _About(work.id, language, member_id, uid)
    texts: dict[UUID, str] = {}
    for block, version in _contributions(about):
        texts[UUID(version.id)] = version.text
        facts.versions.setdefault(block, []).append(version)
    for block, mark in (*_reviews(about, texts), *_decisions(about)):
        facts.marks.setdefault(block, []).append(mark)
    return facts


class _About(NamedTuple):
    work_id: UUID
    language: str
    member_id: UUID | None
    uid: str | None


# Columns instead of rows of the model: a long text has thousands of facts, and nothing of them is changed here.
def _contributions(about: _About) -> Iterator[tuple[str, Version]]:
    it = Contribution
    columns = sa.select(it.block_uid, it.id, it.revision, it.text, it.actor, it.at, it.seen, it.member_id)
    for uid, id_, revision, text, author, at, seen, member_id in db.session.execute(columns.where(_fits(it, about))):
        told = {"id": str(id_), "revision": revision, "text": text, "author": author, "at": at}
        yield uid, Version(**told, country=str(member_id), seen=frozenset(seen))


def _reviews(about: _About, texts: Mapping[UUID, str]) -> Iterator[tuple[str, Mark]]:
    it = ContributionReview
    columns = sa.select(
        it.block_uid, it.id, it.revision, it.contribution_id, it.verdict, it.at, it.note, it.seen, it.member_id
    )
    for row in db.session.execute(columns.where(_fits(it, about))):
        if row.contribution_id in texts:
            yield row.block_uid, _mark(row, texts[row.contribution_id], by_sri=False)


def _decisions(about: _About) -> Iterator[tuple[str, Mark]]:
    it = LanguageDecision
    columns = sa.select(
        it.block_uid, it.id, it.revision, it.contribution_id, it.text, it.verdict, it.at, it.note, it.seen, it.member_id
    )
    for row in db.session.execute(columns.where(_fits(it, about._replace(member_id=None)))):
        yield row.block_uid, _mark(row, row.text, by_sri=True)


def _mark(row: Any, text: str, *, by_sri: bool) -> Mark:
    return Mark(
        id=str(row.id),
        revision=row.revision,
        version_id=str(row.contribution_id),
        text=text,
        verdict=row.verdict,
        at=row.at,
        country=str(row.member_id),
        by_sri=by_sri,
        note=row.note,
        seen=frozenset(row.seen),
    )


def _fits(kind: type[Contribution | ContributionReview | LanguageDecision], about: _About) -> sa.ColumnElement[bool]:
    conditions = [kind.work_id == about.work_id, kind.language == about.language]
    if about.uid is not None:
        conditions.append(kind.block_uid == about.uid)
    if about.member_id is not None:
        conditions.append(kind.member_id == about.member_id)
    return sa.and_(*conditions)


def activity_of(member_id: UUID) -> tuple[int, datetime | None]:
    """Return how many wordings a member contributed, and when the last of them."""
    counted = sa.select(sa.func.count(), sa.func.max(Contribution.at)).where(Contribution.member_id == member_id)
    row = db.session.execute(counted).one()
    return row[0], row[1]


def contribution_by_id(contribution_id: UUID) -> Contribution | None:
    """Return a contribution in reach, if it is here."""
    return db.session.scalar(sa.select(Contribution).where(Contribution.id == contribution_id))


def people_behind(text: TextRow, segment: Segment) -> list[str]:
    """Return who wrote or reviewed anything that is weighed in a segment, or the same words somewhere else.

    Whoever wrote one of several approved wordings has a part in the choice, also where they would choose another.
    """
    it, approvals = Contribution, segment.standing.approvals
    weighed = sa.or_(
        it.id.in_([UUID(each.version_id) for each in approvals]), it.text.in_([each.text for each in approvals])
    )
    about = _About(text.work.id, text.language, None, segment.block.uid)
    written = db.session.execute(sa.select(it.id, it.actor).where(_fits(it, about), weighed)).all()
    reviewed = sa.select(ContributionReview.actor).where(
        ContributionReview.contribution_id.in_([row.id for row in written])
    )
    return sorted({*db.session.scalars(reviewed), *(row.actor for row in written)})


def draft_of(member_id: UUID, work: Work, language: str, *, block_uid: str, actor: str) -> TranslationDraft | None:
    """Return what somebody has typed for a segment and not contributed yet."""
    wanted = sa.select(TranslationDraft).where(
        TranslationDraft.member_id == member_id,
        TranslationDraft.work_id == work.id,
        TranslationDraft.language == language,
        TranslationDraft.block_uid == block_uid,
        TranslationDraft.actor == actor,
    )
    return db.session.scalar(wanted)
