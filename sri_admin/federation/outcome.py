"""What became of an exchange, as a whole and stream by stream."""

from dataclasses import dataclass, field
from typing import Any

from sri_admin.federation.client import HubError
from sri_admin.federation.control import Access
from sri_admin.federation.lines import ProtocolError


@dataclass
class StreamOutcome:
    """What became of one stream: how much went over, and why it stopped if it did."""

    stream: str
    access: Access
    changes: int = 0
    code: str | None = None
    detail: str = ""


@dataclass
class Outcome:
    """What became of an exchange."""

    streams: list[StreamOutcome] = field(default_factory=list)
    code: str | None = None
    detail: str = ""
    stream: str | None = None
    wait: int | None = None
    files: int = 0

    @property
    def ok(self) -> bool:
        """Say whether everything went over."""
        return self.code is None

    @property
    def stopped(self) -> StreamOutcome | None:
        """Return the first stream that came to a stop."""
        return next((each for each in self.streams if each.code), None)

    @property
    def pulled(self) -> int:
        """Count the changes received."""
        return sum(each.changes for each in self.streams if each.access is Access.READ)

    @property
    def pushed(self) -> int:
        """Count the changes sent."""
        return sum(each.changes for each in self.streams if each.access is Access.WRITE)

    def stop(self, error: ProtocolError) -> "Outcome":
        """Note why the exchange as a whole came to an end."""
        self.code, self.detail = error.code, error.detail
        self.wait = error.retry_after if isinstance(error, HubError) else None
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome for machines."""
        return {
            "ok": self.ok,
            "code": self.code,
            "detail": self.detail,
            "pulled": self.pulled,
            "pushed": self.pushed,
            "files": self.files,
            "streams": [
                {"stream": each.stream, "access": each.access.value, "changes": each.changes, "code": each.code}
                for each in self.streams
            ],
        }
