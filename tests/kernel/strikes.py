"""Backups, restores and upgrades in processes of their own, to be killed: imported and put together once, then forked.

Each line of standard input names a file that tells what to do and where; its process is forked and its number printed.
How it ended on its own stands in the file `end` beside it.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from sri_admin.app import create_app, prepare
from sri_admin.kernel import database
from sri_admin.kernel.backup import making, restoring
from tests.conftest import settings_for

PASSPHRASE = "correct horse battery staple"
ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 180


@dataclass
class Forge:
    """Where processes are made that do one thing and may be killed while they do it."""

    parent: subprocess.Popen[str]
    folder: Path
    made: int = 0

    def start(self, told: dict[str, Any]) -> "Struck":
        """Begin to do something in a process of its own."""
        self.made += 1
        path = self.folder / f"{self.made}.json"
        path.write_text(json.dumps(told))
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(f"{path}\n")
        self.parent.stdin.flush()
        return Struck(int(self.parent.stdout.readline()), path.with_suffix(".end"))

    def whole(self, told: dict[str, Any]) -> float:
        """Let something be done to its end, and return the seconds it took."""
        begun = time.monotonic()
        assert not self.start(told).killed_after(_PATIENCE_SECONDS)
        return time.monotonic() - begun

    def strikes(self, told: Callable[[], dict[str, Any]], kills: int, *, seed: int, lasts: float) -> Iterator[int]:
        """Kill what is begun again and again at random moments of the time it takes; yield after each kill."""
        choose, done = random.Random(seed), 0
        while done < kills:
            if self.start(told()).killed_after(choose.uniform(0.0, lasts)):
                done += 1
                yield done


@dataclass(frozen=True)
class Struck:
    """One process."""

    number: int
    end: Path

    def killed_after(self, seconds: float) -> bool:
        """Kill it, unless it came to its end before; whoever failed on its own fails the test."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.end.exists():
            time.sleep(0.002)
        with suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)
        while Path(f"/proc/{self.number}").exists():
            time.sleep(0.002)
        said = self.end.read_text() if self.end.exists() else None
        assert said in {None, "done"}, said
        return said is None


@contextmanager
def forge(folder: Path) -> Iterator[Forge]:
    """Start the process that forks the others."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.kernel.strikes"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        try:
            yield Forge(parent, folder)
        finally:
            parent.kill()


def back_up(told: dict[str, Any], _app: Flask) -> None:
    """Make a backup; two are kept."""
    making.make(Path(told["folder"]), PASSPHRASE, keep=2)


def restore(told: dict[str, Any], _app: Flask) -> None:
    """Restore a backup."""
    restoring.restore(Path(told["folder"]), PASSPHRASE)


def upgrade(_told: dict[str, Any], app: Flask) -> None:
    """Bring the tables up to date."""
    prepare(app)


_ACTS = {each.__name__: each for each in (back_up, restore, upgrade)}


def main() -> None:
    """Fork a process for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    apps: dict[str, Flask] = {}
    for line in sys.stdin:
        path = Path(line.strip())
        told = json.loads(path.read_text())
        key = json.dumps([told["addresses"], told["home"]])
        if key not in apps:
            found = database.Addresses(*told["addresses"])
            apps[key] = create_app(settings_for("hub", Path(told["home"])), found=found)
        forked = os.fork()
        if not forked:
            _run_and_end(apps[key], told, path.with_suffix(".end"))
        print(forked, flush=True)  # noqa: T201 - the test waits for this number


def _run_and_end(app: Flask, told: dict[str, Any], end: Path) -> None:
    said = "done"
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        with app.app_context():
            _ACTS[told["act"]](told, app)
    except BaseException:  # noqa: BLE001 - a fork must never go on as its parent
        said = traceback.format_exc()
    finally:
        draft = end.with_suffix(".draft")
        draft.write_text(said)
        draft.rename(end)
        os._exit(0)


if __name__ == "__main__":
    main()
