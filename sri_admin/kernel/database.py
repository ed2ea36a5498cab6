"""Where the database of an installation is, and how its tables come to be."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import Migrate, upgrade
from sqlalchemy.engine import make_url

from sri_admin.kernel import postgres
from sri_admin.kernel.db import db
from sri_admin.kernel.settings import DatabaseSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@dataclass(frozen=True)
class Addresses:
    """The database by its three roles."""

    app: str
    owner: str
    backup: str


def addresses(settings: DatabaseSettings) -> Addresses:
    """Return the addresses of the database; an embedded server is started and its database made if need be."""
    if settings.url:
        return Addresses(settings.url, settings.owner_url or settings.url, settings.backup_url or settings.url)
    cluster = cluster_of(settings)
    cluster.ensure()
    roles = postgres.create_database(cluster, settings.name)
    urls = (cluster.url(settings.name, role) for role in (roles.app, roles.owner, roles.backup))
    return Addresses(*urls)


def cluster_of(settings: DatabaseSettings) -> postgres.Cluster:
    """Return the embedded server the settings name."""
    data = settings.embedded or Path("var/postgres").resolve()
    return postgres.Cluster(data, postgres.find_binaries(settings.binaries))


def attach(app: Flask, found: Addresses, settings: DatabaseSettings) -> None:
    """Connect an application to its database as the app role."""
    app.config["SQLALCHEMY_DATABASE_URI"] = found.app
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": settings.pool_size,
        "max_overflow": settings.pool_size,
        "pool_pre_ping": True,
        "hide_parameters": True,  # a fault is logged with its statement; the values may be about people
        "connect_args": {} if settings.prepare else {"prepare_threshold": None},
    }
    app.config["OWNER_URL"] = found.owner
    app.config["BACKUP_URL"] = found.backup
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=False, compare_type=True)


def migrate(revision: str = "head") -> None:
    """Bring the tables up to date, or to an older revision a backup was made at, as the owner role."""
    upgrade(directory=str(MIGRATIONS), revision=revision)


@cache
def scripts() -> ScriptDirectory:
    """Return the migrations this program knows."""
    return ScriptDirectory.from_config(Config(config_args={"script_location": str(MIGRATIONS)}))


def is_current() -> bool:
    """Say whether the tables are those this version works with."""
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(scripts().get_heads())


def owner_url() -> str:
    """Return the owner role's address, for migrations alone."""
    return current_app.config["OWNER_URL"]


def backup_url() -> str:
    """Return the backup role's address, for copying every row away."""
    return current_app.config["BACKUP_URL"]


def role_names() -> postgres.Roles:
    """Return the three roles as the addresses name them."""
    urls = (owner_url(), current_app.config["SQLALCHEMY_DATABASE_URI"], backup_url())
    owner, app, backup = (make_url(url).username or "" for url in urls)
    return postgres.Roles(owner, app, backup)
