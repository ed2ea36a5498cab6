"""What the exchange tells the parts above."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sri_admin.kernel.work import Event


@dataclass(frozen=True)
class RecordsArrived:
    """Records of one kind came from another installation and stand in their table now."""

    kind: str
    member_id: UUID
    ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class CodeIssued(Event):
    """A code was made that lets one installation ask to become the member's own node."""

    subject_kind: ClassVar[str] = "enrolment_code"


@dataclass(frozen=True, kw_only=True)
class NodeApproved(Event):
    """An installation became the member's own node; told at the hub, for the member."""

    subject_kind: ClassVar[str] = "node"
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class NodeCameBack(Event):
    """A node that joined before the hub was set back was let in again with the papers it kept."""

    subject_kind: ClassVar[str] = "node"
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class EnrolmentRefused(Event):
    """A request to become the member's own node was turned down."""

    subject_kind: ClassVar[str] = "enrolment"
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class NodeEnrolled(Event):
    """This installation became the member's own node; told at the node."""

    subject_kind: ClassVar[str] = "node"


@dataclass(frozen=True, kw_only=True)
class NodeFenced(Event):
    """A node was stopped because two copies of it write, or its history parted from the hub's."""

    subject_kind: ClassVar[str] = "node"
    code: str


@dataclass(frozen=True, kw_only=True)
class KeyPublished(Event):
    """A node's key was published to everybody."""

    subject_kind: ClassVar[str] = "node"
    kid: str
    incarnation: UUID


@dataclass(frozen=True, kw_only=True)
class WriterGranted(Event):
    """A node was granted a stream of its member."""

    subject_kind: ClassVar[str] = "node"
    stream: str
    epoch: int


@dataclass(frozen=True, kw_only=True)
class BoxKeyPublished(Event):
    """The key bundles for an installation are locked with was published to everybody."""

    subject_kind: ClassVar[str] = "node"
    kid: str


@dataclass(frozen=True, kw_only=True)
class IncarnationAnnounced(Event):
    """A node that was restored or set back took a new incarnation and goes on in a new epoch."""

    subject_kind: ClassVar[str] = "node"
    incarnation: UUID


@dataclass(frozen=True, kw_only=True)
class IncarnationKept(Event):
    """Of several copies of a node, one was chosen to go on; the others write no more."""

    subject_kind: ClassVar[str] = "node"
    incarnation: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class HubWentOn(Event):
    """The hub was restored from a copy and goes on in new epochs of its own streams."""

    subject_kind: ClassVar[str] = "installation"
    reason: str


@dataclass(frozen=True, kw_only=True)
class SalvageTaken(Event):
    """A record that was written before a restore was taken over as a new revision."""

    subject_kind: ClassVar[str] = "record"
    kind: str
    stream: str


@dataclass(frozen=True, kw_only=True)
class SalvageDismissed(Event):
    """A record that was written before a restore was left out."""

    subject_kind: ClassVar[str] = "record"
    stream: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class HandOverBegan(Event):
    """A member's records are being handed over; nothing of theirs is written meanwhile."""

    subject_kind: ClassVar[str] = "handover"
    direction: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class HandOverCancelled(Event):
    """A hand-over was called off before it was complete."""

    subject_kind: ClassVar[str] = "handover"
    reason: str


@dataclass(frozen=True, kw_only=True)
class HandOverCompleted(Event):
    """A member's records are written by the other side from now on."""

    subject_kind: ClassVar[str] = "handover"
    direction: str


@dataclass(frozen=True, kw_only=True)
class NodeReclaimed(Event):
    """A node that does not come back was given up; the hub writes its member's records again."""

    subject_kind: ClassVar[str] = "node"
    reason: str


@dataclass(frozen=True, kw_only=True)
class KeyRotated(Event):
    """A node's new key took the place of its old one; told at the hub, and at the node when it begins to use it."""

    subject_kind: ClassVar[str] = "node"
    kid: str
    old_kid: str


@dataclass(frozen=True, kw_only=True)
class RotationBegun(Event):
    """A node made new keys and waits for the hub to confirm them; told at the node."""

    subject_kind: ClassVar[str] = "node"
    kid: str


@dataclass(frozen=True, kw_only=True)
class KeysWithdrawn(Event):
    """A node's keys were withdrawn; told at the hub, for everybody."""

    subject_kind: ClassVar[str] = "node"
    reason: str


@dataclass(frozen=True, kw_only=True)
class NodeWithdrawn(Event):
    """A member's own node was stopped and its keys withdrawn; told at the hub, for the member."""

    subject_kind: ClassVar[str] = "node"
    reason: str


@dataclass(frozen=True, kw_only=True)
class RootPublished(Event):
    """A version of the root came into force."""

    subject_kind: ClassVar[str] = "root"
    version: int
    threshold: int


@dataclass(frozen=True, kw_only=True)
class ControlKeyEnded(Event):
    """A key of the hub came to its end, and another took its place."""

    subject_kind: ClassVar[str] = "control_key"
    kid: str
    next_kid: str


@dataclass(frozen=True, kw_only=True)
class SnapshotAgreed(Event):
    """A person let a snapshot stand although it removes many records."""

    subject_kind: ClassVar[str] = "snapshot"
    stream: str
    removes: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class FloorSet(Event):
    """The hub said from which day on nodes must read a version of a kind."""

    subject_kind: ClassVar[str] = "schema_floor"
    kind: str
    lowest: int
    starts_on: str
