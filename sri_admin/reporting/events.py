"""What happens to returns."""

from dataclasses import dataclass
from datetime import date

from sri_admin.kernel.work import Event


@dataclass(frozen=True, kw_only=True)
class CatalogueEntered(Event):
    """The indicators and the data set were entered as they stand in this edition of the program."""

    subject_kind = "catalogue"
    indicators: int


@dataclass(frozen=True, kw_only=True)
class ReturnProposed(Event):
    """A revision was sent to the approver."""

    subject_kind = "return"
    month: date
    revision: int
    values_hash: str


@dataclass(frozen=True, kw_only=True)
class ReturnGivenBack(Event):
    """The approver gave a revision back."""

    subject_kind = "return"
    month: date
    revision: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReturnApproved(Event):
    """A revision was approved and signed; it goes to SRI."""

    subject_kind = "return"
    month: date
    revision: int
    kind: str
    values_hash: str


@dataclass(frozen=True, kw_only=True)
class ReturnReceived(Event):
    """The hub has a revision: received, or set aside with a fault."""

    subject_kind = "return"
    month: date
    revision: int
    fault: str | None


@dataclass(frozen=True, kw_only=True)
class ReturnDecided(Event):
    """SRI accepted a revision or returned it."""

    subject_kind = "return"
    month: date
    revision: int
    verdict: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CorrectionAsked(Event):
    """A country asked to correct an accepted revision."""

    subject_kind = "correction"
    month: date
    revision: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class CorrectionDecided(Event):
    """SRI let an accepted revision be corrected, or did not."""

    subject_kind = "correction"
    month: date
    revision: int
    verdict: str
    until: date | None
    reason: str
