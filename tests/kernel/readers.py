"""Readers as a hostile file would make them behave; run by `confined.read` in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

from sri_admin.kernel.confined_child import Refused


def size(file: IO[bytes], *, unit: str) -> dict[str, Any]:
    return {"size": len(file.read()), "unit": unit}


def refuse(file: IO[bytes]) -> None:
    raise Refused("has_macros", part="word/vbaProject.bin")


def stumble(file: IO[bytes]) -> None:
    raise KeyError(file.read(4))


def eat_memory(file: IO[bytes]) -> int:
    return len(bytearray(4 * 1024 * 1024 * 1024))


def eat_time(file: IO[bytes]) -> None:
    while True:
        pass


def sleep(file: IO[bytes]) -> None:
    time.sleep(60)


def die(file: IO[bytes]) -> None:
    os.kill(os.getpid(), 9)


def chatter(file: IO[bytes]) -> str:
    return "x" * 5000


def dig(file: IO[bytes]) -> Any:
    def deeper() -> Any:
        return deeper()

    return deeper()


def call_home(file: IO[bytes]) -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def run_program(file: IO[bytes]) -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def write_file(file: IO[bytes], *, where: str) -> None:
    Path(where).write_text("here")


def environment(file: IO[bytes]) -> list[str]:
    return sorted(os.environ)
