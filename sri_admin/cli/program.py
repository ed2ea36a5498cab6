"""The commands of `sri-admin`: one program for the operator of a hub or a node."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import ArgumentError, OperationalError

from sri_admin import __version__
from sri_admin.app import PARTS
from sri_admin.cli import backups, database, history, languages, root, serve
from sri_admin.cli.context import Call, inside
from sri_admin.cli.demo.command import demo
from sri_admin.cli.interrupt import INTERRUPTED
from sri_admin.kernel import i18n, settings
from sri_admin.kernel.errors import AppError, InvalidError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.postgres import PostgresError

_CANNOT = 2


class Program(click.Group):
    """A group whose commands end with one plain sentence when something stands in their way."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        with _in_plain_words():
            return super().invoke(ctx)


@contextmanager
def _in_plain_words() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _give_up(_("Stopped."), status=INTERRUPTED)
    except InvalidError as error:
        _give_up(" ".join(str(each.message) for each in error.fields))
    except (AppError, PostgresError) as error:
        _give_up(str(error))
    except ArgumentError:
        _give_up(_("One of the addresses under “database” in the configuration is not an address of a database."))
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()
        _give_up(_("The database cannot be reached: %(why)s", why=reason[-1] if reason else ""))


def _give_up(sentence: str, *, status: int = _CANNOT) -> None:
    click.echo(sentence, err=True)
    sys.exit(status)


@click.group(cls=Program)
@click.version_option(__version__, prog_name="sri-admin")
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration file; without it SRI_CONFIG, else config/hub.toml.",
)
@click.pass_context
def program(context: click.Context, path: Path | None) -> None:
    """Run and look after a hub or a node of SMART Recovery International's administration."""
    context.with_resource(i18n.plainly())
    context.obj = Call(path or settings.path_from_environment())


program.add_command(database.db)
program.add_command(serve.serve)
program.add_command(serve.web)
program.add_command(serve.worker)
program.add_command(languages.i18n)
program.add_command(history.audit)
for _each in (backups.backup, backups.restore, backups.verify):
    program.add_command(_each)
program.add_command(demo)
program.add_command(root.hub)
for _part in PARTS:
    for _command in _part.commands:
        program.add_command(inside(_command))
