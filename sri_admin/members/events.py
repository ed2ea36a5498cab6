"""What happened to a member country, told in the transaction in which it happened."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sri_admin.kernel.text import Text
from sri_admin.kernel.work import Event, personal
from sri_admin.members.rules.agreement import AgreementKind, EventKind, Right
from sri_admin.members.rules.block import BlockKind
from sri_admin.members.rules.member import Hosting, Listing, MemberKind, MemberState, SuspensionKind, Transition


@dataclass(frozen=True, kw_only=True)
class MemberRegistered(Event):
    """A country was entered for the first time; its streams are made by whoever hears this."""

    subject_kind = "member"
    code: str
    kind: MemberKind
    hosting: Hosting


@dataclass(frozen=True, kw_only=True)
class MemberRegistrationWithdrawn(Event):
    """A country nobody had worked with yet was taken out again; its code stays its own."""

    subject_kind = "member"
    code: str


@dataclass(frozen=True, kw_only=True)
class RowsImported(Event):
    """Rows of a sheet were brought in for a member; what they did stands beside this, of the same moment."""

    subject_kind = "member"
    import_id: UUID
    rows: int


@dataclass(frozen=True, kw_only=True)
class RowsTakenBack(RowsImported):
    """What rows of a sheet had done was taken back."""


@dataclass(frozen=True, kw_only=True)
class MemberDescribed(Event):
    """Names, listing, region or local habits of a member were corrected."""

    subject_kind = "member"
    listing: Listing
    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MemberMoved(Event):
    """A member's own records are written somewhere else from now on."""

    subject_kind = "member"
    hosting: Hosting


@dataclass(frozen=True, kw_only=True)
class MemberStateChanged(Event):
    """A member took a step along the table of transitions."""

    subject_kind = "member"
    transition: Transition
    from_state: MemberState
    to_state: MemberState
    on: date
    reason: str | None = None
    suspension: SuspensionKind | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class MemberBlocked(Event):
    """A member is held back from something until a cause is dealt with."""

    subject_kind = "member"
    kind: BlockKind
    reason: Text


@dataclass(frozen=True, kw_only=True)
class MemberUnblocked(Event):
    """A cause that held a member back is dealt with."""

    subject_kind = "member"
    kind: BlockKind


@dataclass(frozen=True, kw_only=True)
class LegalEntityEntered(Event):
    """The legal body behind a member was entered."""

    subject_kind = "legal_entity"
    name: str


@dataclass(frozen=True, kw_only=True)
class AgreementEvent(Event):
    """Something happened to one agreement."""

    subject_kind = "agreement"
    ref_no: str


@dataclass(frozen=True, kw_only=True)
class AgreementOffered(AgreementEvent):
    """An agreement, or an amendment of one, was offered to the board."""

    kind: AgreementKind
    starts_on: date
    ends_on: date
    rights: tuple[Right, ...]
    territories: tuple[str, ...]
    amends_id: UUID | None = None
    continues_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AgreementSigned(AgreementEvent):
    """Both sides signed."""

    signed_on: date
    starts_on: date
    ends_on: date


@dataclass(frozen=True, kw_only=True)
class AgreementAmended(AgreementEvent):
    """A signed amendment takes the place of this agreement from a day on."""

    amendment_id: UUID
    from_day: date


@dataclass(frozen=True, kw_only=True)
class AgreementWithdrawn(AgreementEvent):
    """An offer was taken back before anybody signed."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class AgreementTerminated(AgreementEvent):
    """A signed agreement stops before its end."""

    reason: str
    from_day: date


@dataclass(frozen=True, kw_only=True)
class AgreementEnded(AgreementEvent):
    """A signed agreement was closed after its end or by both sides."""

    reason: str
    from_day: date


@dataclass(frozen=True, kw_only=True)
class AgreementFileAdded(AgreementEvent):
    """A copy of the signed paper was added; the older ones stay."""

    sha256: str
    size: int
    replaces: bool


@dataclass(frozen=True, kw_only=True)
class AgreementNoted(AgreementEvent):
    """A dated notice or time to put things right was entered or closed."""

    kind: EventKind
    on: date
    effective_on: date | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class OfficeHolderEvent(Event):
    """Something happened to an office of the board."""

    subject_kind = "office_holder"
    office: str


@dataclass(frozen=True, kw_only=True)
class OfficeHolderEntered(OfficeHolderEvent):
    """Somebody took an office."""

    starts_on: date
    display_name: str = personal()


@dataclass(frozen=True, kw_only=True)
class OfficeHolderCorrected(OfficeHolderEvent):
    """What is known about an office holder was corrected."""

    changed: tuple[str, ...]
    display_name: str = personal()


@dataclass(frozen=True, kw_only=True)
class OfficeHolderEnded(OfficeHolderEvent):
    """Somebody left an office."""

    ends_on: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class OfficeHolderErased(OfficeHolderEvent):
    """Everything kept about an office holder was erased; that the office was held in that time stays."""

    starts_on: date
    ends_on: date | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class TerritoryExtraEntered(Event):
    """A place that no ISO list has was added."""

    subject_kind = "territory_extra"
    code: str


@dataclass(frozen=True, kw_only=True)
class TerritoryExtraRenamed(TerritoryExtraEntered):
    """A place that no ISO list has is called differently."""


@dataclass(frozen=True, kw_only=True)
class TerritoryExtraWithdrawn(TerritoryExtraEntered):
    """A place that no ISO list has was taken out again."""


@dataclass(frozen=True, kw_only=True)
class MemberCardRefreshed(Event):
    """What strangers and other members see of a member was brought up to date."""

    subject_kind = "member_card"
    code: str
    listed: bool
