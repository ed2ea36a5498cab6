"""Whether an installation is what it says it is: each part declares what it can check, the kernel adds its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from sri_admin.kernel import audit, blobs, installation, runtime, tenancy, transaction
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.errors import ConfigurationError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import Check
from sri_admin.kernel.tenancy import TENANT, Tenant

_CATALOGUE = sa.text(
    "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
    " and relrowsecurity and relforcerowsecurity and exists (select 1 from pg_policy where polrelid = pg_class.oid)"
)


@dataclass(frozen=True)
class Found:
    """What a check found."""

    check: Check
    faults: list[str]


def look() -> Iterator[Found]:
    """Run every check, the kernel's first, each in a transaction of its own."""
    for check in (*KERNEL, *(check for part in runtime.current().parts for check in part.checks)):
        with transaction.reading(tenancy.NOWHERE):
            everyone = list(db.session.scalars(sa.select(Tenant.id)))
        with transaction.reading(tenancy.everywhere(everyone)):
            yield Found(check, list(check.run()))


def _identity() -> Iterator[str]:
    try:
        installation.identify()
    except ConfigurationError as error:
        yield str(error)


def _history() -> Iterator[str]:
    verdict = audit.verify()
    if verdict.broken_at is not None:
        yield _(
            "The history was changed at entry %(n)s. Keep this database as it is and tell SRI.", n=verdict.broken_at
        )


def _files() -> Iterator[str]:
    for each in blobs.manifest():
        if not blobs.is_sound(each.sha256):
            yield _("The file %(name)s is damaged. Take it from a backup.", name=each.sha256)


def _row_security() -> Iterator[str]:
    closed = set(db.session.scalars(_CATALOGUE))
    for table in Base.metadata.sorted_tables:
        if table.info.get("tenancy") == TENANT and table.name not in closed:
            yield _(
                "The table %(name)s is not closed to other countries. Do not go on; restore a backup.", name=table.name
            )


KERNEL = (
    Check("identity", _l("Database and keys belong together"), _identity),
    Check("history", _l("The history is whole"), _history),
    Check("files", _l("Every file is what its name says"), _files),
    Check("row_security", _l("Each country's rows are closed to others"), _row_security),
)
