"""What a reading transaction has read once, so that parts that ask the same do not ask the database again."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from sri_admin.kernel import tenancy
from sri_admin.kernel.db import db

T = TypeVar("T")
_INFO = "sri.remembered"


def once(name: Hashable, read: Callable[[], T]) -> T:
    """Return what was read under a name, by the same reach; a transaction that may write reads anew each time."""
    session = db.session()
    reach = tenancy.reach_of(session)
    if not reach.read_only:
        return read()
    known: dict[Any, Any] = session.info.setdefault(_INFO, {})
    key = name, reach
    if key not in known:
        known[key] = read()
    return known[key]


def forget(session: Session) -> None:
    """Forget everything at the end of a transaction."""
    session.info.pop(_INFO, None)
