"""A pooled connection is used for one tenant after another, and shows and writes for none but the one it serves."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import ProgrammingError

from sri_admin.kernel import ids, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.postgres_cluster import ADMIN
from sri_admin.kernel.tenancy import Tenant
from sri_admin.web.repeats import AnsweredRequest
from tests.conftest import new_installation, settings_for


@pytest.fixture
def crowd(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[tuple[Flask, list[UUID]]]:
    """An installation with one pooled connection and three hundred tenants, a row each."""
    settings = settings_for("hub", tmp_path, database={"pool_size": 1})
    app = new_installation(cluster, template, "sri_crowd", settings)
    tenants = [ids.new() for _ in range(300)]
    engine = sa.create_engine(cluster.url("sri_crowd", ADMIN), poolclass=sa.NullPool)
    with engine.begin() as connection:
        rows = [{"id": each, "code": f"T{number}", "kind": "member"} for number, each in enumerate(tenants)]
        connection.execute(sa.insert(Tenant), rows)
        connection.execute(sa.insert(AnsweredRequest), [answered(each) for each in tenants])
    with app.app_context():
        yield app, tenants
        db.session.remove()
        db.engine.dispose()
    postgres.drop_database(cluster, "sri_crowd")


def answered(member_id: UUID) -> dict[str, Any]:
    """Return a row of a member."""
    return {"member_id": member_id, "id": ids.new(), "account": "x", "digest": b"", "status": 200, "body": b""}


def test_a_pooled_connection_never_shows_the_row_of_the_one_before(crowd: tuple[Flask, list[UUID]]) -> None:
    _app, tenants = crowd
    chance, backends, wrong = random.Random(7), set(), []
    for number in range(300):
        member = chance.choice(tenants)
        door = transaction.writing if number % 3 == 0 else transaction.reading
        with door(tenancy.only(member)):
            seen = set(db.session.scalars(sa.select(AnsweredRequest.member_id)))
            backends.add(db.session.scalar(sa.text("select pg_backend_pid()")))
        if seen != {member}:
            wrong.append((member, seen))
    assert (wrong, len(backends)) == ([], 1)


def test_nothing_of_a_reach_outlives_its_transaction(crowd: tuple[Flask, list[UUID]]) -> None:
    _app, tenants = crowd
    with transaction.writing(tenancy.only(tenants[0])):
        db.session.execute(sa.select(AnsweredRequest))
        with db.session.begin_nested() as savepoint:
            db.session.execute(sa.select(AnsweredRequest))
            savepoint.rollback()
    with db.engine.connect() as raw:
        left = raw.execute(sa.text("select current_setting('app.members', true), current_setting('app.member', true)"))
        assert left.one() == ("", "")
        assert raw.scalar(sa.select(sa.func.count()).select_from(AnsweredRequest)) == 0


def test_a_row_cannot_be_written_for_another_tenant(crowd: tuple[Flask, list[UUID]]) -> None:
    _app, (one, other, *_rest) = crowd
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.writing(tenancy.only(one)):
        db.session.execute(sa.insert(AnsweredRequest), [answered(other)])
