"""What happens to communities, meetings and their logs."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sri_admin.kernel.work import Event
from sri_admin.meetings.rules.community import CommunityKind
from sri_admin.meetings.rules.log import Outcome
from sri_admin.meetings.rules.meeting import MeetingState, Reason, Settlement, Step


@dataclass(frozen=True, kw_only=True)
class CommunityEntered(Event):
    """A community was entered."""

    subject_kind = "community"
    kind: CommunityKind


@dataclass(frozen=True, kw_only=True)
class CommunityDescribed(Event):
    """What is said of a community was corrected."""

    subject_kind = "community"
    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MeetingEntered(Event):
    """A meeting was proposed."""

    subject_kind = "meeting"
    settlement: Settlement
    first_on: date


@dataclass(frozen=True, kw_only=True)
class MeetingDescribed(Event):
    """What is said of a meeting was corrected."""

    subject_kind = "meeting"
    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MeetingStepTaken(Event):
    """A meeting took a step, or was confirmed to run still."""

    subject_kind = "meeting"
    step: Step
    to_state: MeetingState
    on: date
    reason: Reason | None
    expected_return: date | None


@dataclass(frozen=True, kw_only=True)
class LeaderNamed(Event):
    """Somebody leads a meeting from now on."""

    subject_kind = "meeting"
    leader: UUID


@dataclass(frozen=True, kw_only=True)
class LeaderEnded(Event):
    """Somebody leads a meeting no longer."""

    subject_kind = "meeting"
    leader: UUID


@dataclass(frozen=True, kw_only=True)
class MeetingLogged(Event):
    """An evening was logged, logged again, or its log was taken back; the numbers stay in the log alone."""

    subject_kind = "meeting"
    on: date
    outcome: Outcome
    is_correction: bool
