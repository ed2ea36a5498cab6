"""Reads files strangers made in a process of its own that may take little memory, little time and do nothing else.

The reader is a plain function `(file, **options) -> JSON value` in a module of its own that imports little; to refuse
a file it raises `confined_child.Refused`. It has the open file and nothing else: no network, no program, no file to
write.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from sri_admin.kernel.errors import AppError
from sri_admin.kernel.i18n import gettext_lazy as _l

_CHILD: Final = "from sri_admin.kernel.confined_child import main; main()"
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a reader may use before it is stopped."""

    memory_bytes: int = 512 * _MIB
    cpu_seconds: int = 10
    seconds: float = 20.0
    answer_bytes: int = 8 * _MIB


USUAL: Final = Limits()


class TooHeavyError(AppError):
    """Reading the file takes more memory or time than we allow; `details` name what ran out."""

    code = "file_too_heavy"
    message = _l("This file takes more work to read than we allow. Save it anew in a simpler form and try again.")


class RefusedFileError(AppError):
    """The reader refused the file: `reason` is its stable code, `details` its facts."""

    code = "file_refused"
    message = _l("This file cannot be read. Open it with the program that made it, save it anew and try again.")

    def __init__(self, reason: str, **facts: Any) -> None:
        self.reason = reason
        super().__init__(**facts)


def read(reader: Callable[..., Any], path: Path, *, limits: Limits = USUAL, **options: Any) -> Any:
    """Return what a reader says of a file; RefusedFileError if it refuses it, TooHeavyError if it was stopped."""
    task = {"reader": f"{reader.__module__}:{reader.__qualname__}", "options": options, "limits": asdict(limits)}
    command = [sys.executable, "-I", "-B", "-c", _CHILD, json.dumps(task)]
    with path.open("rb") as file:
        answer, is_late = _answer_of(command, file, limits)
    if is_late:
        raise TooHeavyError(what="time")
    if len(answer) > limits.answer_bytes:
        raise TooHeavyError(what="answer")
    return _understood(answer)


def _answer_of(command: list[str], file: IO[bytes], limits: Limits) -> tuple[bytes, bool]:
    late = threading.Event()
    with subprocess.Popen(
        command,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_ENVIRONMENT,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        timer = threading.Timer(limits.seconds, _stop, (child, late))
        timer.start()
        try:
            answer = child.stdout.read(limits.answer_bytes + 1)
        finally:
            timer.cancel()
            child.kill()
    return answer, late.is_set()


def _stop(child: "subprocess.Popen[bytes]", late: threading.Event) -> None:
    late.set()
    with suppress(ProcessLookupError):
        child.kill()


def _understood(answer: bytes) -> Any:
    # A reader that was killed at a limit leaves no answer, or half of one.
    try:
        told = json.loads(answer)
    except ValueError:
        raise TooHeavyError(what="work") from None
    if "refused" in told:
        raise RefusedFileError(told["refused"], **told["facts"])
    if "exhausted" in told:
        raise TooHeavyError(what=told["exhausted"])
    return told["result"]
