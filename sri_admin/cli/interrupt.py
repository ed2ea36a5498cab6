"""Ctrl-C: it comes through once, and never between two halves of one thing."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 128 + signal.SIGINT  # what a program answers that Ctrl-C ended


class Interrupt:
    """Whether somebody asked us to stop, told by Ctrl-C or by SIGTERM."""

    def __init__(self) -> None:
        self.asked = False
        self._held = 0

    def listen(self) -> None:
        """Take both signals from here on, unless whoever started us wants Ctrl-C to be for others."""
        signal.signal(signal.SIGTERM, self._come)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._come)

    def _come(self, _number: int, _frame: object) -> None:
        is_first, self.asked = not self.asked, True
        if is_first and not self._held:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt if somebody asked, also where a library swallowed it."""
        if self.asked:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let something come to its end first, well or not: a server or a process must not start unnoticed."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self.check()
