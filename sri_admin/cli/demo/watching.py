"""While the demonstration runs: Enter stops the hub for a while, and brings back whatever does not run."""

import os
import select
import time
from typing import NoReturn

import click

from sri_admin.cli.demo.world import World
from sri_admin.kernel.i18n import gettext as _

_LOOK_SECONDS = 0.5
_STANDARD_INPUT = 0


def watch(world: World) -> NoReturn:
    """Go on until somebody asks to stop; a process that ends is told of and takes no other with it."""
    keys = _Keys()
    while True:
        world.processes.interrupt.check()
        for place in world.ended():
            click.echo(_say_ended(place.key, str(place.log)), err=True)
        if keys.enter_within(_LOOK_SECONDS):
            _toggle(world)


def _toggle(world: World) -> None:
    stopped = world.stopped()
    if not stopped:
        world.pause(world.hub)
        click.echo(_("The hub is stopped. The nodes go on working. Enter brings it back."), err=True)
    for place in stopped:
        if world.resume(place):
            text = _("%(address)s answers again.", address=world.url(place))
        else:
            text = _("Somebody else listens on port %(port)s. Free it, then press Enter.", port=str(world.port(place)))
        click.echo(text, err=True)


def _say_ended(name: str, log: str) -> str:
    return _("The process of %(name)s ended. It wrote why in %(log)s. Enter starts it again.", name=name, log=log)


class _Keys:
    """What is typed where the demonstration was started, as long as somebody can type there."""

    def __init__(self) -> None:
        self._can_come = True

    def enter_within(self, seconds: float) -> bool:
        """Wait some seconds and say whether Enter was pressed."""
        if not self._can_come or _is_in_background():
            time.sleep(seconds)
            return False
        try:
            ready, _writable, _failed = select.select([_STANDARD_INPUT], [], [], seconds)
            typed = os.read(_STANDARD_INPUT, 4096) if ready else None
        except OSError:  # there is no standard input, or its terminal is gone
            typed = b""
        self._can_come = typed != b""
        return b"\n" in (typed or b"")


def _is_in_background() -> bool:
    # A process in the background that reads from its terminal is stopped by it.
    return os.isatty(_STANDARD_INPUT) and os.tcgetpgrp(_STANDARD_INPUT) != os.getpgrp()
