"""The database session and the words models are written in."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as ApplicationSession
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry

from sri_admin.kernel import clock, ids
from sri_admin.kernel.text import Text, TextColumn

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The root of every model; column types follow from annotations."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMES),
        type_annotation_map={
            str: sa.Text(),
            datetime: sa.DateTime(timezone=True),
            UUID: sa.Uuid(),
            bytes: sa.LargeBinary(),
            dict[str, Any]: JSONB(),
            Text: TextColumn(),
        },
    )


class JoinableSession(ApplicationSession):
    """A session that honours a connection it was bound to, so that tests can join one outer transaction."""

    def get_bind(self, *args: Any, bind: Any = None, **kwargs: Any) -> Any:
        """Prefer the session's own bind to the application's engine."""
        return bind or self.bind or super().get_bind(*args, bind=bind, **kwargs)


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"class_": JoinableSession})


def enum_column(kind: type[StrEnum], **options: Any) -> Any:
    """Return a column that stores an enum by value in plain text."""
    values = sa.Enum(kind, native_enum=False, length=40, values_callable=lambda each: [item.value for item in each])
    return mapped_column(values, **options)


class Versioned:
    """A row people edit: `version` counts its changes and is the `rev` of its line on the wire."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Identified:
    """A row of a global table, known by one id."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)


class Dated:
    """A row that remembers when it was made."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now)
