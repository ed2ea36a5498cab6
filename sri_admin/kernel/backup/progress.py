"""How far a long work has come."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

Tell = Callable[["Progress"], None]


def in_silence(_progress: "Progress") -> None:
    """Tell nobody."""


class Step(StrEnum):
    """What is done with the bytes that are counted."""

    WRITING = "writing"
    READING = "reading"


@dataclass
class Progress:
    """Counts bytes against how many there will be about, and tells somebody."""

    total: int
    tell: Tell = in_silence
    step: Step = Step.WRITING
    done: int = 0
    _began: float = field(default_factory=time.monotonic)

    def add(self, size: int) -> None:
        """Note that so many bytes more are done."""
        self.done += size
        self.total = max(self.total, self.done)
        self.tell(self)

    @property
    def percent(self) -> int:
        """Return how much is done, at most 99 before the end."""
        return min(99, self.done * 100 // max(1, self.total))

    @property
    def seconds_left(self) -> int | None:
        """Return how long it will take from here at the speed so far; None while nothing can be said."""
        spent = time.monotonic() - self._began
        if self.done == 0 or spent < 1:
            return None
        return int(spent * (self.total - self.done) / self.done)
