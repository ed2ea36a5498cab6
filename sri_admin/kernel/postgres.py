"""PostgreSQL: databases with their roles and rights, on a server of our own or on one that somebody else runs."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from sri_admin.kernel.postgres_cluster import (
    FAST_AND_UNSAFE,
    Cluster,
    temporary_cluster,
)
from sri_admin.kernel.postgres_programs import PostgresError, find_binaries

__all__ = [
    "FAST_AND_UNSAFE",
    "Cluster",
    "Passwords",
    "PostgresError",
    "Roles",
    "clear",
    "copy_database",
    "create_database",
    "drop_database",
    "find_binaries",
    "roles_of",
    "temporary_cluster",
]

_NAME_LIMIT = 56
_LOCK_KEY = 7_352_119_004_116
_EXTENSIONS = ("btree_gist", "pg_trgm")


@dataclass(frozen=True)
class Roles:
    """The three roles of a database: who changes its tables, who works with the rows, who copies them away."""

    owner: str
    app: str
    backup: str


@dataclass(frozen=True)
class Passwords:
    """The passwords of the three roles, for a server that asks for them."""

    owner: str | None = None
    app: str | None = None
    backup: str | None = None


def roles_of(database: str) -> Roles:
    """Return the names of the roles that belong to a database of this name."""
    _check_name(database)
    return Roles(f"{database}_owner", f"{database}_app", f"{database}_backup")


def create_database(server: Cluster | str, name: str, *, passwords: Passwords = Passwords()) -> Roles:
    """Create the database with its roles and rights unless they stand already; several processes may ask at once.

    `server` is a cluster of our own or the URL of an administrator who may create roles and databases.
    """
    roles = roles_of(name)
    with _administration(server) as connection:
        for role, password in (
            (roles.owner, passwords.owner),
            (roles.app, passwords.app),
            (roles.backup, passwords.backup),
        ):
            _create_role(connection, role, password)
        if not _is_superuser(connection):
            _execute(connection, "GRANT {owner} TO CURRENT_USER", owner=roles.owner)
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            locale = "LOCALE 'C.UTF-8'"
            if connection.info.server_version >= 170000:
                locale += " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
            statement = "CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8' "
            _execute(connection, statement + locale, name=name, owner=roles.owner)
        _grant_entry(connection, name, roles)
        with psycopg.connect(_conninfo(server, name), autocommit=True) as inside:
            _grant_use(inside, roles)
    return roles


def clear(owner: str, roles: Roles) -> None:
    """Remove everything in a database and leave it as `create_database` does, in one transaction of its owner."""
    with psycopg.connect(owner) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        _grant_use(connection, roles)


def copy_database(server: Cluster | str, source: str, target: str) -> None:
    """Create `target` as a copy of `source`, which nobody may be using; the roles of `source` serve both."""
    _check_name(target)
    with _administration(server) as connection:
        query = "SELECT rolname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE datname = %s"
        found = connection.execute(query, [source]).fetchone()
        if found is None:
            raise PostgresError(f"There is no database {source} to copy.")
        roles = roles_of(found[0].removesuffix("_owner"))
        _execute(
            connection,
            "CREATE DATABASE {target} OWNER {owner} TEMPLATE {source}",
            target=target,
            owner=roles.owner,
            source=source,
        )
        _grant_entry(connection, target, roles)


def drop_database(server: Cluster | str, name: str) -> None:
    """Drop the database, throwing out who is connected, and its roles unless a copy still needs them."""
    roles = roles_of(name)
    with _administration(server) as connection:
        _execute(connection, "DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=name)
        for role in (roles.backup, roles.app, roles.owner):
            # Rights in a copy keep the roles; dropping them with the last copy is right.
            with suppress(psycopg.errors.DependentObjectsStillExist):
                _execute(connection, "DROP ROLE IF EXISTS {role}", role=role)


@contextmanager
def _administration(server: Cluster | str) -> Iterator[psycopg.Connection]:
    """Connect as administrator, one at a time on a server: roles are shared by all its databases."""
    with psycopg.connect(_conninfo(server, "postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK_KEY])
        yield connection


def _conninfo(server: Cluster | str, database: str) -> str:
    address = server.dsn if isinstance(server, Cluster) else server.replace("postgresql+psycopg://", "postgresql://", 1)
    return make_conninfo(address, dbname=database)


def _execute(connection: psycopg.Connection, statement: LiteralString, **names: str) -> None:
    connection.execute(sql.SQL(statement).format(**{key: sql.Identifier(value) for key, value in names.items()}))


def _is_superuser(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return row is not None and row[0]


def _check_name(database: str) -> None:
    # PostgreSQL cuts longer names silently, and two databases would share their roles.
    if not 1 <= len(database.encode()) <= _NAME_LIMIT:
        raise PostgresError(f"A database name has 1 to {_NAME_LIMIT} bytes: {database!r} does not.")


def _create_role(connection: psycopg.Connection, role: str, password: str | None) -> None:
    row = connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if row is None:
        _execute(connection, "CREATE ROLE {role} LOGIN", role=role)
    elif row[0]:
        raise PostgresError(f"The role {role} may pass by row-level security; take that right from it first.")
    if password is not None:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))


def _grant_entry(connection: psycopg.Connection, database: str, roles: Roles) -> None:
    _execute(connection, "REVOKE ALL ON DATABASE {database} FROM PUBLIC", database=database)
    _execute(
        connection,
        "GRANT CONNECT ON DATABASE {database} TO {app}, {backup}",
        database=database,
        app=roles.app,
        backup=roles.backup,
    )


def _grant_use(connection: psycopg.Connection, roles: Roles) -> None:
    for extension in _EXTENSIONS:
        _execute(connection, "CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public", extension=extension)
    _execute(connection, "ALTER SCHEMA public OWNER TO {owner}", owner=roles.owner)
    _execute(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    _execute(connection, "GRANT USAGE ON SCHEMA public TO {app}, {backup}", app=roles.app, backup=roles.backup)
    for right in (
        "USAGE ON SCHEMAS TO {app}, {backup}",
        "SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        "SELECT ON TABLES TO {backup}",
        "USAGE ON SEQUENCES TO {app}",
        "SELECT ON SEQUENCES TO {backup}",
    ):
        _execute(
            connection,
            "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT " + right,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
        )
