"""The migrations are one line of numbers, and what they make is what the models say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from sri_admin.app import PARTS
from sri_admin.kernel import postgres
from sri_admin.kernel.database import MIGRATIONS
from sri_admin.kernel.db import Base

NAME = re.compile(r"\d{4}(_[a-z]+)+")
OF_OTHERS = ("procrastinate_", "alembic_version")


@pytest.fixture
def owner(cluster: postgres.Cluster, template: str) -> Iterator[sa.Connection]:
    """The owner's connection to the migrated database; nothing it does stays."""
    assert PARTS
    engine = sa.create_engine(cluster.url(template, postgres.roles_of(template).owner), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def line(folder: Path) -> list[str]:
    """Return the numbers of the migrations from the first to the last; ValueError if they are no line."""
    script = ScriptDirectory.from_config(Config(config_args={"script_location": str(folder)}))
    found = [revision.revision for revision in script.walk_revisions()][::-1]
    if len(script.get_heads()) != 1 or not all(re.fullmatch(r"\d{4}", number) for number in found):
        raise ValueError(f"not one line of numbers: {found}, heads {script.get_heads()}")
    return found


def differences(connection: sa.Connection) -> list[Any]:
    """Return what a new migration would have to change."""

    def include(name: str | None, kind: str, _parents: object) -> bool:
        return not (kind == "table" and name is not None and name.startswith(OF_OTHERS))

    options = {"include_name": include, "compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return compare_metadata(context, Base.metadata)


def test_the_migrations_are_one_line_of_numbers() -> None:
    assert line(MIGRATIONS)[0] == "0001"


def test_every_migration_is_named_after_its_number_and_says_why_it_is_safe() -> None:
    for path in sorted((MIGRATIONS / "versions").glob("*.py")):
        text = path.read_text()
        assert NAME.fullmatch(path.stem), path.name
        assert f'revision = "{path.stem[:4]}"' in text
        assert "Safety:" in text, path.name


def test_nothing_is_ever_downgraded() -> None:
    # What a newer version wrote an older one cannot read; the way back is the backup.
    assert [path.name for path in (MIGRATIONS / "versions").glob("*.py") if "def downgrade" in path.read_text()] == []


def test_a_second_head_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "env.py").touch()
    (tmp_path / "versions").mkdir()
    for number, before in (("0001", None), ("0002", "0001"), ("0003", "0001")):
        text = f'revision = "{number}"\ndown_revision = {before!r}\nbranch_labels = depends_on = None\n'
        (tmp_path / "versions" / f"{number}_make.py").write_text(text)
    with pytest.raises(ValueError, match="heads"):
        line(tmp_path)


def test_the_migrated_tables_are_those_of_the_models(owner: sa.Connection) -> None:
    assert differences(owner) == []


@pytest.mark.parametrize(
    "change",
    [
        "alter table member add column planted text",
        "alter table member alter column code drop not null",
        "alter table tenant drop constraint uq_tenant_code",
        "drop index ix_audit_entry_n",
    ],
)
def test_a_table_unlike_its_model_is_noticed(owner: sa.Connection, change: str) -> None:
    owner.exec_driver_sql(change)
    assert differences(owner) != []
