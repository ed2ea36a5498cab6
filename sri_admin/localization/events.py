"""What happens to translations."""

from dataclasses import dataclass
from datetime import date

from sri_admin.kernel.work import Event


@dataclass(frozen=True, kw_only=True)
class LanguageGranted(Event):
    """A country was allowed to translate into a language."""

    subject_kind = "language_grant"
    language: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, kw_only=True)
class SegmentTranslated(Event):
    """Somebody contributed a wording."""

    subject_kind = "contribution"
    work: str
    language: str
    waiver: str | None


@dataclass(frozen=True, kw_only=True)
class SegmentReviewed(Event):
    """A reviser approved a wording or returned it."""

    subject_kind = "contribution"
    work: str
    language: str
    verdict: str


@dataclass(frozen=True, kw_only=True)
class SegmentDecided(Event):
    """SRI decided whether a wording keeps the meaning, or which of two stands."""

    subject_kind = "language_decision"
    work: str
    language: str
    verdict: str


@dataclass(frozen=True, kw_only=True)
class TermEntered(Event):
    """A term got its word in a language."""

    subject_kind = "glossary_term"
    language: str
    source: str
