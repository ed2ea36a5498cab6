"""Whether the streams here are what their chains and the other side's statements say."""

from collections.abc import Iterator

import sqlalchemy as sa

from sri_admin.federation import keys, streams, tables
from sri_admin.federation.chain import extend
from sri_admin.federation.checkpoint import Checkpoint, Receipt, open_sealed
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.models import SyncLine, SyncStream
from sri_admin.federation.snapshots import pruning
from sri_admin.federation.snapshots.manifest import read_line
from sri_admin.federation.stream_names import HUB_MEMBER
from sri_admin.kernel import runtime
from sri_admin.kernel.db import db
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import Check

HEADS = {"streams": "select name, epoch, n, encode(chain, 'hex') from sync_stream order by name"}


def chains() -> Iterator[str]:
    """Recompute every chain of the present epochs from the stored lines after the horizon, and the digest before it."""
    for row in streams.here():
        broken = _broken_at(row)
        if broken is not None:
            yield _("The stream %(name)s is broken at line %(n)s. Restore a backup.", name=row.name, n=broken)


def statements() -> Iterator[str]:
    """Check the signature of the last statement the other side made about every stream."""
    # What the hub signed with a key that ended since is said again only when it has something new to say.
    writer_key = keys.line_key if runtime.current().is_hub else keys.kept_key
    for row in streams.here():
        if row.statement is None or (row.own and row.cls is HUB_MEMBER):
            continue
        try:
            if row.own:
                open_sealed(row.statement, Receipt, keys.kept_key)
            else:
                open_sealed(row.statement, Checkpoint, writer_key)
        except ProtocolError as error:
            yield _(
                "The last signed statement about the stream %(name)s does not hold (%(code)s). Exchange once more.",
                name=row.name,
                code=error.code,
            )


def _broken_at(row: SyncStream) -> int | None:
    horizon, at = streams.horizon(row), streams.floor(row)
    if horizon is not None and pruning.digest_of(row, horizon) != (row.horizon_records, row.horizon_digest):
        return horizon.n
    stored = (
        sa.select(SyncLine.n, SyncLine.line, SyncLine.chain)
        .where(SyncLine.member_id == row.member_id, SyncLine.stream_id == row.id, SyncLine.epoch == row.epoch)
        .where(SyncLine.n > at)
        .order_by(SyncLine.n)
        .execution_options(yield_per=1000)
    )
    chain = streams.chain_at(row, at)
    for n, line, kept in db.session.execute(stored):
        if chain is None or n != at + 1 or extend(chain, read_line(Place(row.epoch, n), line).h) != kept:
            return n
        at, chain = n, kept
    return None if (at, chain) == (row.n, row.chain) else at + 1


CHECKS = (
    Check("chains", _l("Every stream is whole"), chains),
    Check("tables", _l("The tables are what the lines say"), tables.changed_rows),
    Check("statements", _l("What the other side signed holds"), statements),
)
