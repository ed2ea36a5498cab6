"""What the exchange tells the parts above."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sri_admin.kernel.work import Event


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
