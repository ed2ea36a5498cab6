"""What happens to standards and assessments."""

from dataclasses import dataclass
from datetime import date

from sri_admin.kernel.work import Event


@dataclass(frozen=True, kw_only=True)
class EditionAdopted(Event):
    """An edition of the standard came into force."""

    subject_kind = "standard_edition"
    edition_no: str
    criteria: int


@dataclass(frozen=True, kw_only=True)
class CycleOpened(Event):
    """A round of assessments began for every licensed country."""

    subject_kind = "assessment_cycle"
    name: str
    due_on: date
    members: int


@dataclass(frozen=True, kw_only=True)
class CycleClosed(Event):
    """A round of assessments ended."""

    subject_kind = "assessment_cycle"
    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MemberCalled(Event):
    """A country was asked to assess itself."""

    subject_kind = "assessment"
    due_on: date


@dataclass(frozen=True, kw_only=True)
class AnswerKept(Event):
    """Somebody answered a criterion or changed the answer."""

    subject_kind = "assessment"
    criterion: str


@dataclass(frozen=True, kw_only=True)
class EvidenceAdded(Event):
    """A piece of evidence was kept in its country."""

    subject_kind = "evidence"
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class AssessmentProposed(Event):
    """All answers were handed to a second person."""

    subject_kind = "assessment"
    revision: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class AssessmentGivenBack(Event):
    """Answers went back to those who gave them, with a reason."""

    subject_kind = "assessment"
    revision: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class AssessmentSignedOff(Event):
    """A second person signed off all answers; they go to SRI."""

    subject_kind = "assessment"
    revision: int
    sha256: str
    snapshot_id: str


@dataclass(frozen=True, kw_only=True)
class ItemReviewed(Event):
    """SRI said what it thinks of one answer."""

    subject_kind = "assessment"
    criterion: str
    verdict: str


@dataclass(frozen=True, kw_only=True)
class AssessmentStepped(Event):
    """SRI received, returned or finished an assessment."""

    subject_kind = "assessment"
    step: str
    revision: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class FindingEvent(Event):
    """Something happened to one finding."""

    subject_kind = "finding"
    ref_no: str


@dataclass(frozen=True, kw_only=True)
class FindingIssued(FindingEvent):
    """SRI found something and told the country."""

    severity: str
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class FindingStepped(FindingEvent):
    """SRI gave more time, decided on a dispute, or verified what the country did."""

    move: str
    reason: str
    due_on: date | None
    severity: str | None


@dataclass(frozen=True, kw_only=True)
class FindingReplied(FindingEvent):
    """A country acknowledged a finding or disputed it."""

    reply: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ActionPlanned(FindingEvent):
    """A country said what it will do about a finding, and until when."""

    office: str
    due_on: date


@dataclass(frozen=True, kw_only=True)
class ActionReported(FindingEvent):
    """A country said that what it planned is done."""

    done_on: date
