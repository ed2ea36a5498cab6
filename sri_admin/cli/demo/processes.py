"""The processes of the demonstration: forked from one that has read everything already, ended by their own id."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from sri_admin.cli.interrupt import Interrupt

_STOP_SECONDS = 12.0
_PAUSE = 0.05


@dataclass
class Processes:
    """The children of this process. They also end by themselves when it is gone, whatever ended it."""

    interrupt: Interrupt = field(default_factory=Interrupt)
    running: dict[int, str] = field(default_factory=dict)
    busy: dict[int, str] = field(default_factory=dict)
    _lifeline: tuple[int, int] = field(default_factory=os.pipe)

    def start(self, name: str, log: Path, work: Callable[[], None]) -> None:
        """Fork a process that does some work and writes what it says to a file."""
        self._fork(log, work, self.running, name)

    def together(self, works: Mapping[str, tuple[Path, Callable[[], None]]]) -> str | None:
        """Do several works at once, each in a process of its own; return the name of one that failed."""
        for name, (log, work) in works.items():
            self._fork(log, work, self.busy, name)
        failed = None
        while self.busy:
            pid = next(iter(self.busy))
            _, status = os.waitpid(pid, 0)
            name = self.busy.pop(pid)
            failed = name if status else failed
        return failed

    def _fork(self, log: Path, work: Callable[[], None], known: dict[int, str], name: str) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        with self.interrupt.held():
            pid = os.fork()
            if pid:
                known[pid] = name
            else:
                self._live(log, work)

    def _live(self, log: Path, work: Callable[[], None]) -> NoReturn:
        status = 1
        try:
            self._become_child(log)
            work()
            status = 0
        except SystemExit as ending:
            status = ending.code if isinstance(ending.code, int) else 1
        except BaseException:  # noqa: BLE001 - a child must never return into its parent's work
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _become_child(self, log: Path) -> None:
        os.close(self._lifeline[1])
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too, but the parent says when to stop
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent's way of ending is not ours
        written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for standard in (1, 2):
            os.dup2(written, standard)
        threading.Thread(target=self._await_parent, name="lifeline", daemon=True).start()

    def _await_parent(self) -> None:
        os.read(self._lifeline[0], 1)  # nobody ever writes: it returns when the parent is gone
        os.kill(os.getpid(), signal.SIGTERM)

    def ended(self) -> str | None:
        """Return the name of a process that ended without being asked to."""
        for pid, name in list(self.running.items()):
            if _is_over(pid):
                del self.running[pid]
                return name
        return None

    def end(self, name: str) -> None:
        """Ask one process to end, and wait until it has."""
        for pid in [each for each, known in self.running.items() if known == name]:
            _end(pid)
            del self.running[pid]

    def stop(self) -> None:
        """Ask every process to end, the last one started first, and end those that do not."""
        for pid in reversed([*self.running, *self.busy]):
            _end(pid)
        self.running.clear()
        self.busy.clear()


def _end(pid: int) -> None:
    if _is_over(pid):
        return
    _send(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while not _is_over(pid):
        if time.monotonic() > deadline:
            _send(pid, signal.SIGKILL)
        time.sleep(_PAUSE)


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _is_over(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
