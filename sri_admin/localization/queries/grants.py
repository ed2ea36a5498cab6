"""Which languages a member may translate into, and the streams and terms that follow."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import streams
from sri_admin.federation.stream_names import HUB_LANGUAGE, MEMBER_CONTRIB, stream_name
from sri_admin.kernel import clock
from sri_admin.kernel.db import db
from sri_admin.localization.models import GlossaryTerm, LanguageGrant
from sri_admin.localization.rules.checks import Term


def grants_of(member_id: UUID) -> list[LanguageGrant]:
    """Return the grants of a member, the newest first."""
    wanted = sa.select(LanguageGrant).where(LanguageGrant.member_id == member_id)
    return list(db.session.scalars(wanted.order_by(LanguageGrant.starts_on.desc(), LanguageGrant.id)))


def languages_of(member_id: UUID, *, on: date | None = None) -> list[str]:
    """Return the languages a member may translate into on a day, by default today."""
    day = on or clock.today()
    wanted = sa.select(LanguageGrant.language).where(
        LanguageGrant.member_id == member_id,
        LanguageGrant.starts_on <= day,
        sa.or_(LanguageGrant.ends_on.is_(None), LanguageGrant.ends_on >= day),
    )
    return sorted(set(db.session.scalars(wanted)))


def granted_languages() -> list[str]:
    """Return every language that was ever granted to somebody in reach."""
    return sorted(set(db.session.scalars(sa.select(LanguageGrant.language).distinct())))


def languages_by_member() -> dict[UUID, list[str]]:
    """Return the languages every member in reach may translate into today."""
    today = clock.today()
    wanted = sa.select(LanguageGrant.member_id, LanguageGrant.language).where(
        LanguageGrant.starts_on <= today, sa.or_(LanguageGrant.ends_on.is_(None), LanguageGrant.ends_on >= today)
    )
    found: dict[UUID, set[str]] = {}
    for member_id, language in db.session.execute(wanted):
        found.setdefault(member_id, set()).add(language)
    return {member_id: sorted(tags) for member_id, tags in found.items()}


def readable_streams(member_id: UUID, on: date) -> frozenset[str]:
    """Return the names of the streams of languages a member's node may read."""
    return frozenset(stream_name(HUB_LANGUAGE, member_id, each) for each in languages_of(member_id, on=on))


def is_written_here(member_id: UUID) -> bool:
    """Say whether a member's translations are written at this installation."""
    return streams.writes_here(MEMBER_CONTRIB, member_id)


def terms_of(language: str) -> list[Term]:
    """Return the glossary of a language: of each source word the newest entry."""
    wanted = sa.select(GlossaryTerm).where(GlossaryTerm.language == language)
    found = db.session.scalars(wanted.order_by(GlossaryTerm.at, GlossaryTerm.id))
    newest = {each.source.casefold(): Term(each.source, each.target, each.forbidden, each.note) for each in found}
    return [newest[key] for key in sorted(newest)]
