"""The process in which a stranger's file is read: first it gives up what it does not need, then it reads."""

import importlib
import json
import os
import resource
import sys
from typing import Any, Final

_FORBIDDEN: Final = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "ctypes.dlopen")
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Refused(Exception):  # noqa: N818 - what a reader says, not what went wrong with it
    """A reader's no: a stable reason, and facts for the sentence about it."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason, self.facts = reason, facts


def main() -> None:
    """Do the task of the command line and write the answer to standard output."""
    task = json.loads(sys.argv[1])
    limits = task["limits"]
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CPU, limits["cpu_seconds"])
    _limit(resource.RLIMIT_AS, limits["memory_bytes"])
    sys.stdout.write(json.dumps(_answer(task), ensure_ascii=False))
    sys.stdout.flush()


def _answer(task: dict[str, Any]) -> dict[str, Any]:
    module, _, name = task["reader"].partition(":")
    try:
        reader = getattr(importlib.import_module(module), name)
        sys.addaudithook(_forbid)
        return {"result": reader(sys.stdin.buffer, **task["options"])}
    except MemoryError:
        return {"exhausted": "memory"}
    except RecursionError:
        return {"exhausted": "depth"}
    except Refused as no:
        return {"refused": no.reason, "facts": no.facts}
    except Exception as error:  # noqa: BLE001 - whatever a parser trips over, the file cannot be read
        return {"refused": "unreadable", "facts": {"error": type(error).__name__}}


def _limit(what: int, most: int) -> None:
    _soft, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)
    if event == "open" and arguments[2] & _WRITING:
        raise PermissionError(event)
