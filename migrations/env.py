"""How Alembic reaches the database: as the owner role, one transaction a migration, never waiting long for a lock."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from sri_admin.kernel import database
from sri_admin.kernel.db import Base

LOCK_KEY = 7_352_119_004_117


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave the tables of the job queue to its own migrations."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def run() -> None:
    """Migrate, or compare, over one connection of the owner."""
    engine = sa.create_engine(database.owner_url(), poolclass=sa.NullPool)
    with engine.connect() as connection:
        # Two processes starting at once take turns; the second finds nothing to do.
        connection.execute(sa.text("select pg_advisory_lock(:key)"), {"key": LOCK_KEY})
        connection.execute(sa.text("set lock_timeout = '10s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_name=include_name,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
