"""Ctrl-C ends the demonstration with a word at any moment, and nothing it started is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from sri_admin.cli.interrupt import INTERRUPTED, Interrupt
from sri_admin.kernel.postgres import Cluster, find_binaries

PROGRAM = Path(sys.executable).with_name("sri-admin")
MOST_SECONDS = 120


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of a demonstration, emptied of its server afterwards."""
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    Cluster(folder / "postgres", find_binaries()).remove()


@dataclass
class Running:
    """A demonstration that runs, and what it has said so far."""

    process: subprocess.Popen[bytes]
    said: str = ""

    def await_words(self, words: str) -> None:
        """Read until the words were said."""
        assert self.process.stderr is not None
        while words not in self.said:
            piece = os.read(self.process.stderr.fileno(), 4096)
            assert piece, self.said
            self.said += piece.decode()

    def press(self, keys: bytes) -> None:
        """Type where it was started."""
        assert self.process.stdin is not None
        self.process.stdin.write(keys)
        self.process.stdin.flush()

    def stop(self, times: int = 1) -> int:
        """Press Ctrl-C and return its status once it has ended."""
        for _ in range(times):
            os.killpg(self.process.pid, signal.SIGINT)
            time.sleep(0.05)
        self.said += self.process.communicate(timeout=MOST_SECONDS)[1].decode()
        return self.process.returncode


@contextmanager
def running(home: Path) -> Iterator[Running]:
    """Start the demonstration as a terminal does: a group of its own, to which Ctrl-C goes as a whole."""
    environment = {"PATH": os.environ["PATH"], "HOME": "", "PYTHONUNBUFFERED": "1"}
    made = subprocess.Popen(
        [PROGRAM, "demo", "--home", home],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        yield Running(made)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(made.pid, signal.SIGKILL)


def interrupted(home: Path, *, at: str, after: float = 0.0, times: int = 1) -> tuple[int, str]:
    """Press Ctrl-C some seconds after these words were said; return status and everything that was said."""
    with running(home) as demo:
        demo.await_words(at)
        time.sleep(after)
        return demo.stop(times), demo.said


def left(home: Path) -> list[bytes]:
    """Return the words of every process that names this folder, or the one its server's data lie in."""
    names = [os.fsencode(home), os.fsencode(Cluster(home / "postgres", find_binaries()).folder)]
    return [words for words in map(_words, Path("/proc").glob("[0-9]*")) if any(name in words for name in names)]


def _words(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("after", [0.2, 0.6, 1.2])
def test_while_the_program_is_read(home: Path, after: float) -> None:
    status, said = interrupted(home, at="", after=after)
    assert (status, "Traceback" in said, left(home)) == (INTERRUPTED, False, []), said
    assert "Stop" in said


@pytest.mark.parametrize(
    ("at", "after"), [("Starting PostgreSQL", 0.3), ("Preparing three databases", 1.0), ("Living through", 0.5)]
)
def test_while_it_is_brought_up(home: Path, at: str, after: float) -> None:
    status, said = interrupted(home, at=at, after=after, times=2)
    assert (status, "Traceback" in said, left(home)) == (INTERRUPTED, False, []), said
    assert said.count("Stopping …") == 1


def test_what_is_held_comes_to_its_end_first_and_the_signal_is_not_lost() -> None:
    interrupt, done = Interrupt(), []

    def held() -> None:
        with interrupt.held():
            interrupt._come(signal.SIGINT, None)
            done.append("all of it")

    for act in (held, interrupt.check):
        with pytest.raises(KeyboardInterrupt):
            act()
    interrupt._come(signal.SIGINT, None)
    assert done == ["all of it"]
