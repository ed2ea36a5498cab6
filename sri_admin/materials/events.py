"""What happens to materials."""

from dataclasses import dataclass

from sri_admin.kernel.work import Event


@dataclass(frozen=True, kw_only=True)
class WorkEntered(Event):
    """A work was entered in the catalogue."""

    subject_kind = "work"
    code: str
    programme_type: str
    licence_class: str


@dataclass(frozen=True, kw_only=True)
class DraftSaved(Event):
    """The text of the next edition of a work was saved."""

    subject_kind = "work"
    code: str
    blocks: int


@dataclass(frozen=True, kw_only=True)
class DraftJudged(Event):
    """Blocks of a draft were given a risk, or a kind of change."""

    subject_kind = "work"
    code: str
    blocks: int


@dataclass(frozen=True, kw_only=True)
class ReleaseMade(Event):
    """A text was released and signed."""

    subject_kind = "work"
    code: str
    language: str
    version_no: str
    release_id: str
    manifest_sha256: str


@dataclass(frozen=True, kw_only=True)
class ReleaseKeyMade(Event):
    """The key releases are signed with was named to everybody."""

    subject_kind = "release_key"
    kid: str
