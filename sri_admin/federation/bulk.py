"""Many rows and many ids in one statement, each as a single parameter.

COPY does not go with row-level security, and a list of two thousand values given one by one costs more than the work.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sri_admin.federation.chain import HASH_BYTES
from sri_admin.federation.lines import Change
from sri_admin.federation.merge import Entry, Refused
from sri_admin.federation.models import SyncLine, SyncStream
from sri_admin.kernel.db import db

_FACTS = ("n", "kind", "rec", "rev", "ends")


def among(column: Any, ids: Iterable[UUID]) -> sa.ColumnElement[bool]:
    """Return the condition that a column holds one of many ids."""
    # Left without a type the text is read as a list once; cast from text it would be read again for every row, because
    # row-level security lets no such cast near an index.
    listed = sa.literal("{" + ",".join(map(str, ids)) + "}", sa.types.NULLTYPE)
    return column == sa.any_(listed.cast(postgresql.ARRAY(sa.Uuid())))


def insert_lines(stream: SyncStream, entries: Sequence[Entry], lines: Sequence[bytes], chains: Sequence[bytes]) -> None:
    """Store the lines of a stream as they came, with the chain value after each."""
    starts = accumulate(map(len, lines), initial=1)
    facts = [
        {**_facts(entry), "place": place, "start": start, "size": len(line)}
        for place, (entry, line, start) in enumerate(zip(entries, lines, starts, strict=False))
    ]
    given = {
        "facts": json.dumps(facts, separators=(",", ":")),
        "lines": b"".join(lines),
        "chains": b"".join(chains),
        "member": stream.member_id,
        "stream": stream.id,
        "of_epoch": stream.epoch,
    }
    db.session.execute(_insert(), given)


def _facts(entry: Entry) -> dict[str, Any]:
    ends = True if isinstance(entry, Refused) else entry.e
    if isinstance(entry, Change):
        return {"n": entry.n, "kind": entry.kind, "rec": entry.id, "rev": entry.rev, "ends": ends}
    return {"n": entry.n, "ends": ends}


@cache
def _insert() -> sa.Insert:
    table = SyncLine.__table__
    assert isinstance(table, sa.Table)
    facts = [sa.column(name, table.c[name].type) for name in _FACTS]
    cuts = [sa.column(name, sa.Integer()) for name in ("place", "start", "size")]
    told = sa.bindparam("facts", type_=sa.Text()).cast(postgresql.JSON)
    given = sa.func.json_to_recordset(told).table_valued(*facts, *cuts, name="given").render_derived(with_types=True)
    line = sa.func.substring(sa.bindparam("lines", type_=sa.LargeBinary()), given.c.start, given.c.size)
    at = given.c.place * HASH_BYTES + 1
    chain = sa.func.substring(sa.bindparam("chains", type_=sa.LargeBinary()), at, HASH_BYTES)
    same = [sa.bindparam("member", type_=sa.Uuid()), sa.bindparam("stream", type_=sa.Uuid()), sa.bindparam("of_epoch")]
    rows = sa.select(*same, *(given.c[name] for name in _FACTS), line, chain)
    return sa.insert(table).from_select(["member_id", "stream_id", "epoch", *_FACTS, "line", "chain"], rows)
