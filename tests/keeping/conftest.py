"""A hub of its own for backups, which read what is really committed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from sri_admin.kernel import postgres
from sri_admin.kernel.db import db
from tests.conftest import new_installation, settings_for

PASSPHRASE = "lantern river quiet boots"


@dataclass
class House:
    """A hub that makes a backup a day, and the folder it writes to."""

    app: Flask
    folder: Path
    home: Path


@pytest.fixture
def house(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[House]:
    """A hub with a schedule of backups; the last two are kept."""
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    chosen = {"folder": "backups", "passphrase_file": "passphrase", "every_hours": 24, "keep": 2}
    name, settings = f"sri_keeping_{uuid4().hex[:8]}", settings_for("hub", tmp_path, backup=chosen)
    made = House(new_installation(cluster, template, name, settings), tmp_path / "backups", tmp_path)
    with made.app.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()
    postgres.drop_database(cluster, name)
