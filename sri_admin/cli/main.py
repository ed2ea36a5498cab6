"""Where `sri-admin` begins: reading the program takes a while, and Ctrl-C ends it with a word even then."""

import importlib
import os
import signal
from typing import NoReturn

from sri_admin.cli.interrupt import INTERRUPTED


def main() -> None:
    """Read the program and run the command that was asked for."""
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, _leave)
    commands = importlib.import_module("sri_admin.cli.program")  # only now a signal finds us prepared
    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    commands.program()


def _leave(_number: int, _frame: object) -> NoReturn:
    # Nothing was begun yet that would have to be ended, and libraries half read bear no exception.
    os.write(2, b"\nStopped.\n")
    os._exit(INTERRUPTED)
