"""Without its database a process says so and goes on: for who watches it, for people, for programs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sri_admin.app import create_app
from sri_admin.kernel import postgres
from sri_admin.kernel.database import Addresses
from sri_admin.kernel.db import db
from tests.conftest import new_installation, settings_for


@pytest.fixture
def lost(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[FlaskClient]:
    """A browser at an installation whose database was taken away while it ran."""
    settings = settings_for("hub", tmp_path)
    known = new_installation(cluster, template, "sri_lost", settings)
    client = known.test_client()
    assert client.get("/readyz").status_code == 200
    with known.app_context():
        db.engine.dispose()
    postgres.drop_database(cluster, "sri_lost")
    yield client
    with known.app_context():
        db.engine.dispose()


def test_it_is_alive_and_not_ready(lost: FlaskClient) -> None:
    answer = lost.get("/readyz")
    assert (answer.status_code, answer.get_json()["database"]) == (503, False)
    assert lost.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/me", "/countries/QM", "/.well-known/sri-sync"])
def test_pages_and_programs_are_told_to_come_again(lost: FlaskClient, path: str) -> None:
    lost.set_cookie("sri_unknown", "x")
    answer = lost.get(path, headers={"Authorization": "Bearer srip_nobody"})
    assert answer.status_code == 503


def test_it_starts_without_one_and_is_not_ready(tmp_path: Path) -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    app = create_app(settings_for("hub", tmp_path), found=Addresses(nowhere, nowhere, nowhere))
    assert app.test_client().get("/readyz").status_code == 503
