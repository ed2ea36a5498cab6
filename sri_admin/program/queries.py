"""What is read about points and methods."""

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.program.models import ProgramMethod, ProgramPoint


def points() -> list[ProgramPoint]:
    """Return the points in their order."""
    return list(db.session.scalars(sa.select(ProgramPoint).order_by(ProgramPoint.place)))


def methods() -> list[ProgramMethod]:
    """Return the methods by their codes."""
    return list(db.session.scalars(sa.select(ProgramMethod).order_by(ProgramMethod.code)))
