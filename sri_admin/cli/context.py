"""What one call of the command line works on: a configuration file, and the application made from it when needed."""

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask

from sri_admin.app import create_app
from sri_admin.kernel import logs, settings
from sri_admin.kernel.db import db
from sri_admin.kernel.settings import Settings


@dataclass
class Call:
    """One call; configuration and application are read and made when the first command asks for them."""

    path: Path

    @cached_property
    def settings(self) -> Settings:
        """The checked configuration; logging follows it from here on."""
        found = settings.load(self.path)
        logs.configure(found.log)
        return found

    @cached_property
    def app(self) -> Flask:
        """The application."""
        return create_app(self.settings)


def current() -> Call:
    """Return the call that is being answered."""
    found = click.get_current_context().find_object(Call)
    assert found is not None
    return found


def inside(command: click.Command) -> click.Command:
    """Return a copy of a part's command that runs inside the application."""
    made = copy(command)
    if isinstance(made, click.Group):
        made.commands = {name: inside(each) for name, each in made.commands.items()}
    elif made.callback is not None:
        made.callback = entering(made.callback)
    return made


def entering(act: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function run inside the application of the call."""

    @wraps(act)
    def run(*positions: Any, **values: Any) -> Any:
        with current().app.app_context():
            try:
                return act(*positions, **values)
            finally:
                db.session.remove()

    return run


def close(app: Flask) -> None:
    """Let go of an application's connections, so that a process that is forked from this one begins with none."""
    with app.app_context(), suppress(RuntimeError):
        db.session.remove()
        db.engine.dispose()
