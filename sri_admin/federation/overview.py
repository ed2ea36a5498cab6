"""How a connection stands, put together for pages and the command line; green is said only when it is true."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sri_admin.federation import limits
from sri_admin.federation.versions import Demand, Difference
from sri_admin.kernel import clock

PARTED: Final = frozenset(
    {
        "forked",
        "ahead",
        "rewound",
        "stale_epoch",
        "duplicate_writer",
        "given_up",
        "past_end",
        "unproven",
        "nothing_shared",
    }
)

_STALE: Final = timedelta(days=limits.STALE_AFTER_DAYS)

# What a node's hub is to know of its last exchange.
TOLD: Final = PARTED | {"many_removed"}


def days_since(moment: datetime, *, word_age: timedelta | None = None) -> int:
    """Count the days since a contact; where `word_age` says the hub's last word is old, so is the contact."""
    own = clock.now() - moment
    if word_age is not None and word_age >= _STALE:
        own = max(own, word_age)
    return max(own.days, 0)


@dataclass(frozen=True, kw_only=True)
class StreamState:
    """One stream, seen from here: how far it reaches here and at its other end."""

    stream: str
    own: bool
    n: int
    head: int
    waiting: int
    set_aside: int
    parked: int
    equal: bool
    changed_at: datetime | None
    trouble: str | None = None
    in_time: bool = False

    @property
    def in_step(self) -> bool:
        """Say whether both ends hold the same and nothing of it needs anybody.

        What came so lately that the other side has not had the time to say that it holds it is `in_time`.
        """
        holds = self.in_time or (self.equal and not self.waiting)
        return holds and not (self.set_aside or self.parked or self.trouble)


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """One record that was not taken, and why."""

    stream: str
    n: int
    kind: str
    record_id: UUID | None
    code: str
    detail: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class FileState:
    """One file that is not all here yet: how much of it is, why the last try ended, and when the next may come."""

    size: int
    held: int
    code: str | None = None
    again_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One connection: a node's with its hub, or the hub's with a node."""

    member_id: UUID | None = None
    reached_at: datetime | None = None
    complete_at: datetime | None = None
    running_since: datetime | None = None
    word_age: timedelta | None = None
    by_stick: bool = False
    trouble: str | None = None
    detail: str = ""
    streams: list[StreamState] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    files: list[FileState] = field(default_factory=list)
    software: str | None = None
    differences: list[Difference] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)

    @property
    def parked(self) -> int:
        """Count the records of a newer kind that wait for an update."""
        return sum(each.parked for each in self.streams)

    @property
    def waiting_out(self) -> int:
        """Count our own changes that the other side does not hold yet."""
        return sum(each.waiting for each in self.streams if each.own)

    @property
    def waiting_in(self) -> int:
        """Count the other side's changes that are not here yet."""
        return sum(each.waiting for each in self.streams if not each.own)

    @property
    def sent(self) -> int:
        """Count our own changes the other side holds."""
        return sum(each.n - each.waiting for each in self.streams if each.own)

    @property
    def received(self) -> int:
        """Count the other side's changes that are here."""
        return sum(each.n for each in self.streams if not each.own)

    @property
    def has_parted(self) -> bool:
        """Say whether the two histories no longer agree somewhere."""
        return self.trouble in PARTED or any(each.trouble in PARTED for each in self.streams)

    @property
    def days_silent(self) -> int | None:
        """Count the days since the last contact."""
        return None if self.reached_at is None else days_since(self.reached_at, word_age=self.word_age)

    @property
    def is_clock_turned_back(self) -> bool:
        """Say whether the clock stands before the last contact, so that nobody can tell how long ago that was."""
        return self.reached_at is not None and clock.now() < self.reached_at

    @property
    def is_hanging(self) -> bool:
        """Say whether an exchange goes on for so long that it must have broken off, or breaks off again and again."""
        since = self.running_since
        longest = timedelta(minutes=limits.EXCHANGE_MINUTES)
        return since is not None and not timedelta() <= clock.now() - since < longest

    @property
    def is_green(self) -> bool:
        """Say whether everything is in step, and the last exchange that ended went well and is recent enough to know.

        One that is under way changes nothing of that before it ends, or hangs.
        """
        if self.reached_at is None or self.complete_at is None or self.trouble is not None or self.is_hanging:
            return False
        is_young = self.word_age is None or self.word_age < _STALE
        fresh = is_young and timedelta() <= clock.now() - self.complete_at < _STALE
        return fresh and not self.files and bool(self.streams) and all(each.in_step for each in self.streams)

    def to_dict(self) -> dict[str, Any]:
        """Return the connection for machines."""
        return {
            "green": self.is_green,
            "last_contact": clock.wire(self.reached_at) if self.reached_at else None,
            "by_stick": self.by_stick,
            "trouble": self.trouble,
            "set_aside": len(self.set_aside),
            "kept_for_later": self.parked,
            "files_on_their_way": len(self.files),
            "program": self.software,
            "versions": [each.to_dict() for each in self.differences],
            "floors": [each.to_dict() for each in self.demands],
            "streams": [
                {
                    "stream": each.stream,
                    "own": each.own,
                    "n": each.n,
                    "head": each.head,
                    "waiting": each.waiting,
                    "equal": each.equal,
                    "state": "in_step" if each.in_step else (each.trouble or "waiting"),
                }
                for each in self.streams
            ],
        }
