"""What the migrated database really guards: read from PostgreSQL's own catalogue and compared with the models."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg.errors
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from sri_admin.app import PARTS
from sri_admin.kernel import postgres
from sri_admin.kernel.db import Base
from sri_admin.kernel.postgres_cluster import ADMIN
from sri_admin.kernel.row_security import let_forget, let_step_back, protect
from sri_admin.kernel.tenancy import GLOBAL, PUBLIC_REGISTRY, SHARED, TENANT

# Tables without a policy, each needed before it is known whose rows a visit may see. Growing this list needs a review.
REVIEWED = {
    "tenant": "who there is, by code",
    "installation": "who we are",
    "audit_head": "the one head of the one chain of an installation",
    "account": "sign-in looks for it by name",
    "credential": "sign-in compares it",
    "mandate": "tells which tenants an account reaches",
    "account_session": "tells who makes a request",
    "one_time_link": "opens the door to an account",
    "second_factor": "sign-in compares its codes",
    "recovery_code": "sign-in compares it",
    "sign_in_step": "tells who owes a code, before anybody is signed in",
    "personal_token": "says for whom a program comes in, before a reach is known",
    "enrolment_code": "a node shows it before it is known",
    "enrolment": "a node asks before it is known",
    "node": "tells which tenant a token reaches",
    "node_incarnation": "tells which copy of a node speaks, before its reach is known",
    "hub_link": "a node's way to the hub, made before it serves a tenant",
}
FOREIGN = ("procrastinate_", "alembic_version")
Fault = tuple[str, str]

_TABLES = """
    select c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, coalesce(c.reloptions, '{}') as options
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
"""
_POLICIES = """
    select tablename, policyname, permissive, roles::text[], cmd, qual, with_check from pg_policies
    where schemaname = 'public' order by tablename, policyname
"""
_UNIQUE = """
    select i.indrelid::regclass::text as relname, i.indexrelid::regclass::text as index,
        array(select attname::text from pg_attribute where attrelid = i.indrelid and attnum = any(i.indkey)) as columns
    from pg_index i join pg_class c on c.oid = i.indrelid
    where i.indisunique and c.relnamespace = 'public'::regnamespace
"""
_REFERENCES = """
    select k.conrelid::regclass::text as relname, k.conname, k.confrelid::regclass::text as target, k.confdeltype,
        array(select a.attname || '>' || b.attname from unnest(k.conkey, k.confkey) as pair(here, there)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = here
            join pg_attribute b on b.attrelid = k.confrelid and b.attnum = there) as pairs
    from pg_constraint k where k.contype = 'f' and k.connamespace = 'public'::regnamespace
"""
_FUNCTIONS = """
    select proname from pg_proc where pronamespace = 'public'::regnamespace and (prosecdef or proleakproof)
        and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
"""
_ROLE = """
    select rolsuper or rolbypassrls as bypasses,
        exists (select from pg_class where relowner = r.oid and relnamespace = 'public'::regnamespace) as owns,
        not rolsuper and exists (select from pg_roles o where o.rolname like '%\\_owner' and o.oid <> r.oid
            and pg_has_role(r.oid, o.oid, 'member')) as acts_as_owner,
        exists (select from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
            and has_table_privilege(r.oid, c.oid, 'truncate')) as truncates
    from pg_roles r where rolname = :role
"""


@pytest.fixture
def owner(cluster: postgres.Cluster, template: str) -> Iterator[sa.Connection]:
    """The owner's connection to the migrated database; nothing it does stays."""
    assert PARTS
    engine = sa.create_engine(cluster.url(template, postgres.roles_of(template).owner), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def kinds_of(*sources: sa.MetaData) -> dict[str, dict[str, Any]]:
    """Return what the models say about each table."""
    return {table.name: dict(table.info) for source in sources for table in source.sorted_tables}


def faults(connection: sa.Connection, declared: dict[str, dict[str, Any]]) -> list[Fault]:
    """Return (where, what) of everything in the database that is not guarded as declared."""
    return [
        *_faults_of_tables(connection, declared),
        *_faults_of_policies(connection, declared),
        *_faults_of_keys(connection, declared),
        *_faults_of_references(connection, declared),
        *((row.proname, "runs with its owner's rights") for row in _rows(connection, _FUNCTIONS)),
    ]


def is_tenants(declared: dict[str, dict[str, Any]], table: str) -> bool:
    """Say whether a table holds rows of tenants."""
    return declared.get(table, {}).get("tenancy") in {TENANT, SHARED, PUBLIC_REGISTRY}


def _rows(connection: sa.Connection, query: str, **values: Any) -> list[Any]:
    found = connection.execute(sa.text(query), values).all()
    return [row for row in found if not str(row[0]).startswith(FOREIGN)]


def _faults_of_tables(connection: sa.Connection, declared: dict[str, dict[str, Any]]) -> Iterator[Fault]:
    for row in _rows(connection, _TABLES):
        if row.relkind == "v" and "security_invoker=true" not in row.options:
            yield row.relname, "is a view with its owner's rights"
        elif row.relkind == "m":
            yield row.relname, "is a materialised view"
        elif row.relkind in {"r", "p"}:
            tenancy = declared.get(row.relname, {}).get("tenancy")
            if tenancy not in {TENANT, SHARED, PUBLIC_REGISTRY, GLOBAL}:
                yield row.relname, "does not say whose its rows are"
            if tenancy == GLOBAL and not declared[row.relname].get("apart") and row.relname not in REVIEWED:
                yield row.relname, "is global without a review"
            if is_tenants(declared, row.relname) and not (row.relrowsecurity and row.relforcerowsecurity):
                yield row.relname, "has no forced row-level security"


def _faults_of_policies(connection: sa.Connection, declared: dict[str, dict[str, Any]]) -> Iterator[Fault]:
    found: dict[str, list[Any]] = defaultdict(list)
    for table, *policy in _rows(connection, _POLICIES):
        found[table].append(policy)
    for table, info in declared.items():
        if is_tenants(declared, table) and found[table] != _model_policies(connection, info):
            yield table, "has other policies than its kind"


def _model_policies(connection: sa.Connection, info: dict[str, Any]) -> list[Any]:
    public, append_only = info["tenancy"] == PUBLIC_REGISTRY, bool(info.get("append_only"))
    shared = info["tenancy"] == SHARED
    forgets, steps_back = bool(info.get("forgets")), bool(info.get("steps_back"))
    name = f"model_{public}_{shared}_{append_only}_{forgets}_{steps_back}".lower()
    if not sa.inspect(connection).has_table(name):
        connection.execute(sa.text("savepoint model"))
        sa.Table(name, sa.MetaData(), sa.Column("member_id", sa.Uuid())).create(connection)
        protect(connection, name, public=public, shared=shared, append_only=append_only)
        if forgets:
            let_forget(connection, name)
        if steps_back:
            let_step_back(connection, name)
    rows = [policy for table, *policy in connection.execute(sa.text(_POLICIES)) if table == name]
    connection.execute(sa.text("rollback to savepoint model"))
    return rows


def _faults_of_keys(connection: sa.Connection, declared: dict[str, dict[str, Any]]) -> Iterator[Fault]:
    for row in _rows(connection, _UNIQUE):
        if is_tenants(declared, row.relname) and "member_id" not in row.columns:
            yield row.relname, f"has the unique key {row.index} without member_id"


def _faults_of_references(connection: sa.Connection, declared: dict[str, dict[str, Any]]) -> Iterator[Fault]:
    for row in _rows(connection, _REFERENCES):
        if row.confdeltype != "a":
            yield row.relname, f"removes or changes rows by {row.conname}"
        carries = any(pair.endswith(">member_id") for pair in row.pairs)
        if not is_tenants(declared, row.target):
            continue
        if not carries:
            yield row.relname, f"refers to a tenant's row by {row.conname} without member_id"
        if is_tenants(declared, row.relname) and "member_id>member_id" not in row.pairs:
            yield row.relname, f"refers to another tenant's row by {row.conname}"


def faults_of_role(connection: sa.Connection, role: str) -> list[str]:
    """Return what a role may do that the app role must not."""
    row = connection.execute(sa.text(_ROLE), {"role": role}).one()
    return [name for name, value in row._mapping.items() if value]


def test_every_table_is_guarded_as_its_model_says(owner: sa.Connection) -> None:
    assert faults(owner, kinds_of(Base.metadata)) == []


def test_the_list_of_global_tables_is_the_reviewed_one() -> None:
    declared = kinds_of(Base.metadata)
    plain = {name for name, info in declared.items() if info.get("tenancy") == GLOBAL and not info.get("apart")}
    assert plain == set(REVIEWED)


def test_tables_written_apart_have_no_foreign_keys() -> None:
    # Their rows outlive the request that wrote them, also when it was rolled back.
    apart = [table for table in Base.metadata.sorted_tables if table.info.get("apart")]
    assert {table.name for table in apart if table.foreign_keys} == set()


PLANTED = {
    "does not say whose its rows are": ("create table planted (id uuid primary key)", {}),
    "is global without a review": ("create table planted (id uuid primary key)", {"tenancy": GLOBAL}),
    "has no forced row-level security": (
        "create table planted (member_id uuid); alter table planted enable row level security",
        {"tenancy": TENANT},
    ),
    "has other policies than its kind": (
        "create table planted (member_id uuid); create policy open on planted using (true)",
        {"tenancy": TENANT},
    ),
    "has the unique key planted_email_key without member_id": (
        "create table planted (member_id uuid, email text unique)",
        {"tenancy": TENANT},
    ),
    "removes or changes rows by planted_t_fkey": (
        "create table planted (t uuid references tenant on delete cascade)",
        {"tenancy": GLOBAL},
    ),
    "refers to another tenant's row by planted_other_fkey": (
        "create table planted (member_id uuid, other uuid, id uuid,"
        " constraint planted_other_fkey foreign key (other, id) references member (member_id, id))",
        {"tenancy": TENANT},
    ),
    "refers to a tenant's row by planted_id_fkey without member_id": (
        "create unique index on member (id); create table planted (id uuid references member (id))",
        {"tenancy": GLOBAL},
    ),
    "is a view with its owner's rights": ("create view planted as select * from member", {}),
    "is a materialised view": ("create materialized view planted as select 1", {}),
    "runs with its owner's rights": (
        "create function planted() returns int security definer language sql as 'select 1'",
        {},
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_breach_is_reported(owner: sa.Connection, fault: str) -> None:
    statements, info = PLANTED[fault]
    for statement in statements.split("; "):
        owner.exec_driver_sql(statement)
    declared = {**kinds_of(Base.metadata), **({"planted": info} if info else {})}
    assert ("planted", fault) in faults(owner, declared)


def test_an_append_only_table_that_can_be_changed_is_reported(owner: sa.Connection) -> None:
    owner.exec_driver_sql("create table planted (member_id uuid)")
    protect(owner, "planted")
    declared = {"planted": {"tenancy": TENANT, "append_only": True}}
    assert ("planted", "has other policies than its kind") in faults(owner, declared)


def test_a_table_guarded_as_declared_is_not_reported(owner: sa.Connection) -> None:
    owner.exec_driver_sql("create table planted (member_id uuid, id uuid, primary key (member_id, id))")
    protect(owner, "planted", append_only=True)
    found = faults(owner, {**kinds_of(Base.metadata), "planted": {"tenancy": TENANT, "append_only": True}})
    assert found == []


def test_the_app_role_owns_nothing_and_passes_no_policy(cluster: postgres.Cluster, owner: sa.Connection) -> None:
    roles = postgres.roles_of("sri_template")
    assert faults_of_role(owner, roles.app) == []
    assert {"owns", "truncates"} <= set(faults_of_role(owner, roles.owner))
    assert "bypasses" in faults_of_role(owner, ADMIN)


def test_a_role_that_may_act_as_the_owner_is_reported(cluster: postgres.Cluster, owner: sa.Connection) -> None:
    roles = postgres.roles_of("sri_template")
    engine = sa.create_engine(cluster.url("sri_template", ADMIN), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"grant {roles.owner} to {roles.app}")
        assert "acts_as_owner" in faults_of_role(connection, roles.app)
        connection.rollback()


def test_the_app_role_cannot_switch_row_security_off(cluster: postgres.Cluster, template: str) -> None:
    engine = sa.create_engine(cluster.url(template, postgres.roles_of(template).app), poolclass=sa.NullPool)
    with engine.connect() as connection, pytest.raises(ProgrammingError) as refused:
        connection.exec_driver_sql("alter table member disable row level security")
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
