"""Ctrl-C ends the demonstration with a word at any moment, and nothing it started is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
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


def began(home: Path) -> subprocess.Popen[bytes]:
    """Start the demonstration as a terminal does: a group of its own, to which Ctrl-C goes as a whole."""
    command = [PROGRAM, "demo", "--home", home]
    environment = {"PATH": os.environ["PATH"], "HOME": "", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )


def interrupted(home: Path, *, at: str, after: float = 0.0, times: int = 1) -> tuple[int, str]:
    """Press Ctrl-C some seconds after these words were said; return status and everything that was said."""
    running, said = began(home), b""
    try:
        assert running.stderr is not None
        while at.encode() not in said:
            piece = os.read(running.stderr.fileno(), 4096)
            assert piece, said.decode()
            said += piece
        time.sleep(after)
        for _ in range(times):
            os.killpg(running.pid, signal.SIGINT)
            time.sleep(0.05)
        said += running.communicate(timeout=MOST_SECONDS)[1]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    return running.returncode, said.decode()


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
