"""What tests stand on: one PostgreSQL of their own, one migrated database a role, an outer transaction a test.

A test that asks for `database` works in savepoints of one transaction that is rolled back at its end. Tests of several
installations, processes or real commits use databases of their own (`tests/federation/world.py`).
"""

import io
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from sri_admin.app import create_app, establish
from sri_admin.kernel import database as db_addresses
from sri_admin.kernel import i18n, logs, postgres
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.settings import LogSettings, Settings, from_values
from tests.make import chromium

# How long an example takes says something about the machine, not about the program.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


# What takes longest begins first, so that in the end every core still has something small to do (the longest on top).
FIRST = (
    "tests/journeys/test_pages.py",
    "tests/web/test_tenancy_probe.py",
    "tests/cli/test_demo.py",
    "tests/kernel/test_keeping_kills.py",
    "tests/web/test_tenancy_probe_node.py",
    "tests/federation/test_kills.py",
    "tests/cli/test_interrupt.py",
    "tests/web/test_page_statements.py",
    "tests/cli/test_growing.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest begin first; all others keep their order."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(FIRST)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what a missing browser left untried; here, because several processes report to one that reads no other."""
    chromium.say_what_was_not_tried(terminalreporter)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Begin every test in the source language, whatever language an earlier one answered a visit in."""
    with i18n.using(i18n.SOURCE, pseudo=False):
        yield


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged from now on, whatever an earlier test did to the log."""
    before, handlers, written = structlog.get_config(), logging.root.handlers[:], io.StringIO()
    with redirect_stderr(written):
        logs.configure(LogSettings(level="info", format="json"))
    yield written
    structlog.configure(**before)
    logging.root.handlers[:] = handlers


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server for this run alone."""
    with postgres.temporary_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def template(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database without an installation, to be copied."""
    app = make_app(cluster, "sri_template", settings_for("hub", tmp_path_factory.mktemp("template")), create=True)
    with app.app_context():
        db_addresses.migrate()
        db.engine.dispose()
    return "sri_template"


def settings_for(role: str, home: Path, **sections: dict[str, object]) -> Settings:
    """Return settings of a test installation."""
    values = {"installation": {"role": role, "home": str(home)}, "development": True, **sections}
    return from_values(values, base=home)


def make_app(cluster: postgres.Cluster, name: str, settings: Settings, *, create: bool = False) -> Flask:
    """Return an application on a database of the test server, as the template's app role."""
    if create:
        postgres.create_database(cluster, name)
    roles = postgres.roles_of("sri_template")
    urls = (cluster.url(name, role) for role in (roles.app, roles.owner, roles.backup))
    return create_app(settings, found=db_addresses.Addresses(*urls))


def new_installation(cluster: postgres.Cluster, template: str, name: str, settings: Settings) -> Flask:
    """Return an established installation on its own copy of the migrated database."""
    postgres.copy_database(cluster, template, name)
    app = make_app(cluster, name, settings)
    with app.app_context():
        establish()
    return app


@pytest.fixture(scope="session")
def app(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A hub."""
    yield from _for_a_while(
        new_installation(cluster, template, "sri_hub", settings_for("hub", tmp_path_factory.mktemp("hub")))
    )


@pytest.fixture(scope="session")
def node_app(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A node that is not enrolled anywhere."""
    yield from _for_a_while(
        new_installation(cluster, template, "sri_node", settings_for("node", tmp_path_factory.mktemp("node")))
    )


def _for_a_while(app: Flask) -> Iterator[Flask]:
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def database(app: Flask) -> Iterator[sa.Connection]:
    """Join every session of the hub to one transaction that is rolled back after the test."""
    yield from _joined(app)


@pytest.fixture
def node_database(node_app: Flask) -> Iterator[sa.Connection]:
    """Join every session of the node to one transaction that is rolled back after the test."""
    yield from _joined(node_app)


@pytest.fixture
def client(app: Flask, database: sa.Connection) -> FlaskClient:
    """A browser that is not signed in."""
    return app.test_client()


def _joined(app: Flask) -> Iterator[sa.Connection]:
    with app.app_context(), db.engine.connect() as connection:
        outer = connection.begin()
        assert connection.scalar(sa.text("select not rolsuper and not rolbypassrls from pg_roles where rolname = user"))
        db.session.remove()
        db.session.session_factory.configure(bind=connection, join_transaction_mode="create_savepoint")
        event.listen(Session, "after_begin", _defer_constraints)
        try:
            yield connection
        finally:
            event.remove(Session, "after_begin", _defer_constraints)
            db.session.remove()
            db.session.session_factory.configure(bind=None, join_transaction_mode="conditional_savepoint")
            outer.rollback()
            _clear_apart()


def _defer_constraints(_session: Session, _transaction: object, connection: sa.Connection) -> None:
    """Undo what the end of an earlier transaction of the same test did to the constraints of the outer one."""
    connection.exec_driver_sql("set constraints all deferred")


def _clear_apart() -> None:
    tables = [table for table in Base.metadata.sorted_tables if table.info.get("apart")]
    with db.engine.begin() as connection:
        for table in tables:
            connection.execute(table.delete())
