"""`sri-admin demo`: a hub and two country nodes to try, on this machine alone."""

import fcntl
import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sri_admin.cli.demo import people
from sri_admin.cli.demo.processes import Processes
from sri_admin.cli.demo.proof import Proof
from sri_admin.cli.demo.watching import watch
from sri_admin.cli.demo.world import World
from sri_admin.cli.interrupt import INTERRUPTED, Interrupt
from sri_admin.kernel import logs
from sri_admin.kernel.errors import ConfigurationError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.settings import LogSettings


@click.command("demo")
@click.option("--exit", "leave", is_flag=True, help="Stop when it is proved that everything works.")
@click.option("--json", "as_json", is_flag=True, help="Print the proof as one JSON object.")
@click.option("--fresh", is_flag=True, help="Delete what an earlier start made and begin anew.")
@click.option("--server", help="An administrator's address on a PostgreSQL of yours; without it one is started here.")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), default=Path("var/demo"), show_default=True)
def demo(*, leave: bool, as_json: bool, fresh: bool, server: str | None, home: Path) -> None:
    """Start a hub and two country nodes with fictional countries; Ctrl-C stops everything."""
    began = time.monotonic()
    logs.configure(LogSettings(level="error", format="text"))
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        interrupt, holds = Interrupt(), False
        world = World(home, server, Processes(interrupt))
        try:
            interrupt.listen()
            proof = _bring_up(world, fresh=fresh)
            seconds = round(time.monotonic() - began, 1)
            holds = proof.holds
            if as_json:
                click.echo(json.dumps({**proof.to_dict(), "seconds": seconds}))
            _say_result(proof, seconds)
            if holds and not leave:
                _show(world)
                watch(world)
        except KeyboardInterrupt:
            _say(_("Stopping …"))
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            world.stop()
    if interrupt.asked and not (holds and not leave):
        raise SystemExit(INTERRUPTED)
    if not holds:
        raise SystemExit(1)


def _bring_up(world: World, *, fresh: bool) -> Proof:
    # A server half started or half removed would be nobody's: that is done to its end, whatever comes.
    with world.processes.interrupt.held():
        if fresh or not world.is_complete:
            world.remove()
        with _step(_("Starting PostgreSQL")):
            world.server.ensure()
    world.find_ports()
    with _step(_("Preparing three databases")):
        world.make_databases()
    if not world.is_complete:
        with _step(_("Living through the history of two dozen fictional countries")):
            world.fill()
    with _step(_("Starting the hub and two nodes")):
        world.start()
    if not world.is_complete:
        with _step(_("Enrolling the nodes of Exampleland and Samplestan")):
            world.join()
        with _step(_("Exchanging for the first time")):
            world.bring_into_step()
        with _step(_("Entering accounts and office holders at the nodes")):
            world.settle_boards()
        with _step(_("Accepting at the hub what the countries report")):
            world.answer()
        with _step(_("Translating at the nodes, deciding and releasing at the hub")):
            world.translate()
    with _step(_("Exchanging both ways until everything is in step")):
        proof = world.bring_into_step()
    if proof.holds:
        world.mark_complete()
    return proof


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = _("A demonstration is running in %(home)s already. Stop it first.", home=str(home))
            raise ConfigurationError(message) from None
        yield


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    click.echo(f"  {what} … ", nl=False, err=True)
    yield
    click.echo(f"{time.monotonic() - began:.1f} s", err=True)


def _say(text: str) -> None:
    click.echo(text, err=True)


def _say_result(proof: Proof, seconds: float) -> None:
    _say("")
    width = max((len(each.name) for each in proof.streams), default=0)
    for each in proof.streams:
        mark = "=" if each.chains_equal else "≠"
        _say(f"  {each.node}  {each.name:<{width}} {each.hub_head:>5} {mark} {each.node_head}")
    changes = proof.changes()
    said = {"members": proof.members, "seconds": seconds, **changes}
    if proof.holds:
        text = _(
            "In step after %(seconds)s seconds: %(members)s countries, %(to_nodes)s changes at the nodes,"
            " %(to_hub)s at the hub, every chain equal.",
            **said,
        )
    else:
        text = _("Not everything came into step. The logs are in the folder of the demonstration.")
    _say(f"\n{text}\n")


def _show(world: World) -> None:
    tries = {
        "hub": _("Amend the agreement of Exampleland, then look at its node."),
        "qm": _("Correct an office holder, then look at the country at the hub."),
        "qn": _("The same in Arabic. “Connection” says how things stand."),
    }
    for place in world.places:
        accounts = people.at(place.code)
        click.echo(f"\n  {world.url(place)}")
        for each in accounts:
            click.echo(f"      {each.sign_in_name:<34} {each.name}")
        click.echo(f"      {tries[place.key]}")
    click.echo("\n  " + _("The password of every account: %(password)s", password=people.PASSWORD))
    click.echo("  " + _("Enter stops the hub for a while, as if the line were cut; Enter again brings it back."))
    click.echo("  " + _("Ctrl-C stops everything.") + "\n")
