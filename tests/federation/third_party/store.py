"""What the client keeps: lines as their bytes, the place it stands at, and what it knows of itself, in one file."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.federation.third_party import formats

_TABLES = """
create table if not exists setting (name text primary key, value text not null);
create table if not exists line (
  stream text, epoch integer, n integer, kind text, record text, rev integer, raw blob not null,
  primary key (stream, epoch, n));
create index if not exists line_of_record on line (kind, record);
create table if not exists place (
  stream text primary key, epoch integer, log_id text, n integer, chain text, seal blob);
"""


@dataclass(frozen=True)
class Place:
    """How far a log is held here."""

    stream: str
    epoch: int
    log_id: str
    n: int
    chain: bytes


class Store:
    """A file of lines; whatever belongs together is kept together or not at all."""

    def __init__(self, folder: Path) -> None:
        self._base = sqlite3.connect(folder / "client.sqlite", isolation_level=None)
        self._base.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep everything of this block, or nothing."""
        self._base.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._base.execute("rollback")
            raise
        self._base.execute("commit")

    def get(self, name: str, default: Any = None) -> Any:
        """Return something noted under a name."""
        row = self._base.execute("select value from setting where name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row[0])

    def note(self, name: str, value: Any) -> None:
        """Note something under a name."""
        self._base.execute("insert or replace into setting values (?, ?)", (name, json.dumps(value)))

    def place(self, stream: str) -> Place | None:
        """Return how far a stream is held."""
        return next((each for each in self.places() if each.stream == stream), None)

    def places(self) -> list[Place]:
        """Return how far every stream is held."""
        rows = self._base.execute("select stream, epoch, log_id, n, chain from place order by stream")
        return [Place(stream, epoch, log_id, n, bytes.fromhex(chain)) for stream, epoch, log_id, n, chain in rows]

    def move(self, place: Place, *, seal: bytes = b"") -> None:
        """Stand at a place from now on; what the hub signed there is kept as proof."""
        values = (place.stream, place.epoch, place.log_id, place.n, place.chain.hex(), seal)
        self._base.execute("insert or replace into place values (?, ?, ?, ?, ?, ?)", values)

    def proof(self, stream: str) -> bytes:
        """Return what the hub signed at the place where one stands."""
        row = self._base.execute("select seal from place where stream = ?", (stream,)).fetchone()
        return row[0] if row else b""

    def add(self, place: Place, raw: bytes) -> None:
        """Keep a line as its bytes; what cannot be read is kept as well, by its number alone (§7.1)."""
        try:
            values = formats.decode(raw)
        except formats.RefusedError:
            values = {}
        if values.get("op") == "erase":
            self._forget(values["t"], values["id"])
        about = (values.get("t"), values.get("id"), values.get("rev"))
        row = (place.stream, place.epoch, place.n, *about, raw)
        self._base.execute("insert into line values (?, ?, ?, ?, ?, ?, ?)", row)

    def _forget(self, kind: str, record: str) -> None:
        query = "select stream, epoch, n, raw from line where kind = ? and record = ?"
        for stream, epoch, n, raw in self._base.execute(query, (kind, record)).fetchall():
            values = formats.decode(raw)
            kept = {"h": formats.sha256(raw).hex(), "k": "x", "n": n, "x": values["x"]}
            kept |= {"e": 1} if "e" in values else {}
            change = "update line set raw = ?, kind = null, record = null where stream = ? and epoch = ? and n = ?"
            self._base.execute(change, (formats.encode(kept), stream, epoch, n))

    def lines(self, stream: str, *, epoch: int, after: int = 0) -> list[bytes]:
        """Return the lines of an epoch after a number."""
        query = "select raw from line where stream = ? and epoch = ? and n > ? order by n"
        return [row[0] for row in self._base.execute(query, (stream, epoch, after))]

    def newest(self, kind: str) -> dict[str, formats.Values]:
        """Return the newest change of every record of a kind that is not deleted."""
        query = "select raw from line where kind = ? order by record, rev"
        found = {each["id"]: each for (raw,) in self._base.execute(query, (kind,)) if (each := formats.decode(raw))}
        return {record: each for record, each in found.items() if each["op"] in {"put", "add"}}

    def every_change(self) -> Iterator[formats.Values]:
        """Return every change that is held, of whatever kind."""
        for (raw,) in self._base.execute("select raw from line where kind is not null order by stream, epoch, n"):
            yield formats.decode(raw)

    def revision(self, kind: str, record: str) -> int:
        """Return the newest revision of a record that is held here."""
        query = "select max(rev) from line where kind = ? and record = ?"
        return self._base.execute(query, (kind, record)).fetchone()[0] or 0
