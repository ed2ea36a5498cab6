"""How a text stands in a language, segment by segment: the facts that are here, judged by the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.localization.models import Contribution, ContributionReview, LanguageDecision, TranslationDraft
from sri_admin.localization.policy import POLICY
from sri_admin.localization.queries.grants import languages_of
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.rules.standing import Mark, Standing, State, Version, standing_of
from sri_admin.materials.models import Release, Work
from sri_admin.materials.queries.entitlement import standing_of as entitlement_of
from sri_admin.materials.queries.works import blocks_of, find_work, newest_release, releases_of
from sri_admin.materials.rules.blocks import Block
from sri_admin.materials.rules.releases import SOURCE_LANGUAGE

F = TypeVar("F", Contribution, ContributionReview, LanguageDecision)


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


def text_of(work: Work, language: str, *, member_id: UUID | None = None) -> TextRow | None:
    """Return how a work stands in a language, for one member or for everybody in reach; None while unreleased."""
    source = newest_release(work)
    if source is None:
        return None
    facts, wordings = facts_of(work, language, member_id=member_id), _wordings(work)
    segments = [_segment(place, block, facts, wordings) for place, block in enumerate(blocks_of(source), 1)]
    return TextRow(work, language, source, segments)


def _segment(place: int, block: Block, facts: Facts, wordings: Mapping[str, str]) -> Segment:
    standing = standing_of(
        block.revision,
        is_critical=block.risk.is_critical,
        versions=facts.versions.get(block.uid, ()),
        marks=facts.marks.get(block.uid, ()),
    )
    return Segment(place, block, standing, wordings.get(standing.base) if standing.base else None)


def _wordings(work: Work) -> dict[str, str]:
    sources = releases_of(work, language=SOURCE_LANGUAGE)
    return {block.revision: block.text for release in sources for block in blocks_of(release)}


def facts_of(work: Work, language: str, *, member_id: UUID | None = None) -> Facts:
    """Return the contributions, reviews and decisions on a work in a language."""
    facts = Facts()
    texts: dict[UUID, str] = {}
    for each in db.session.scalars(_of(Contribution, work, language, member_id)):
        texts[each.id] = each.text
        facts.versions.setdefault(each.block_uid, []).append(_version(each))
    for each in db.session.scalars(_of(ContributionReview, work, language, member_id)):
        if each.contribution_id in texts:
            facts.marks.setdefault(each.block_uid, []).append(_review(each, texts[each.contribution_id]))
    for each in db.session.scalars(_of(LanguageDecision, work, language, None)):
        facts.marks.setdefault(each.block_uid, []).append(_decision(each))
    return facts


def _of(kind: type[F], work: Work, language: str, member_id: UUID | None) -> sa.Select[F]:
    wanted = sa.select(kind).where(kind.work_id == work.id, kind.language == language)
    return wanted if member_id is None else wanted.where(kind.member_id == member_id)


def _version(row: Contribution) -> Version:
    return Version(
        id=str(row.id), revision=row.revision, text=row.text, author=row.actor, at=row.at, seen=frozenset(row.seen)
    )


def _review(row: ContributionReview, text: str) -> Mark:
    return Mark(
        id=str(row.id),
        revision=row.revision,
        version_id=str(row.contribution_id),
        text=text,
        verdict=row.verdict,
        at=row.at,
        note=row.note,
        seen=frozenset(row.seen),
    )


def _decision(row: LanguageDecision) -> Mark:
    return Mark(
        id=str(row.id),
        revision=row.revision,
        version_id=str(row.contribution_id),
        text=row.text,
        verdict=row.verdict,
        at=row.at,
        by_sri=True,
        note=row.note,
        seen=frozenset(row.seen),
    )


def activity_of(member_id: UUID) -> tuple[int, datetime | None]:
    """Return how many wordings a member contributed, and when the last of them."""
    counted = sa.select(sa.func.count(), sa.func.max(Contribution.at)).where(Contribution.member_id == member_id)
    row = db.session.execute(counted).one()
    return row[0], row[1]


def contribution_by_id(contribution_id: UUID) -> Contribution | None:
    """Return a contribution in reach, if it is here."""
    return db.session.scalar(sa.select(Contribution).where(Contribution.id == contribution_id))


def people_behind(contribution_id: UUID) -> list[str]:
    """Return who wrote or reviewed a contribution."""
    found = contribution_by_id(contribution_id)
    wanted = sa.select(ContributionReview.actor).where(ContributionReview.contribution_id == contribution_id)
    return sorted({*db.session.scalars(wanted), *([found.actor] if found else [])})


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
