"""One step ahead: the next page is fetched and read while one is applied, the next batch packed while one is taken.

Never more than one, so memory stays bounded; what was fetched or prepared is used only where the exchange really
stands by then, and what went wrong with it is told when its turn comes.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode

from sri_admin.federation import export, joining
from sri_admin.federation.client import BASE, Begin, HubClient, LineDownError
from sri_admin.federation.cursor import CursorError, decode_cursor
from sri_admin.federation.export import BatchOut
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.merge import PageIn, read_page
from sri_admin.federation.packing import pack
from sri_admin.kernel import transaction


class Came(NamedTuple):
    """An answer with a page: what was read in it, and the cursor the hub believes comes next; no page at the end."""

    page: PageIn | None
    cursor: str


class Pages:
    """The pages of one stream, asked for in turn."""

    def __init__(self, client: HubClient, stream: str, begin: Begin) -> None:
        self._client, self._path, self._begin = client, f"{BASE}/streams/{stream}/changes", begin
        self._coming: tuple[str, Callable[[], Came | None]] | None = None

    def after(self, cursor: str | None, size: int) -> Came | None:
        """Return what comes after a cursor; None if nothing came in time."""
        coming, self._coming = self._coming, None
        if coming is not None:
            expected, came = coming
            if expected == cursor:
                return came()
            # What it says is about another place; it is awaited only because two requests never run at once.
            with suppress(ProtocolError):
                came()
        return self._ask(cursor, size)

    def expect(self, cursor: str, size: int, *, until: tuple[int, int]) -> bool:
        """Begin to ask for what comes after a cursor, unless the stream ends there, and say so: at a line of an epoch.

        The cursor is the hub's hint and nothing else: whether it was right is seen when the page before it was applied.
        """
        try:
            place = decode_cursor(cursor)
        except CursorError:
            return False
        if (place.epoch, place.n) >= until:
            return False
        self._coming = cursor, self._begin(partial(self._ask, cursor, size))
        return True

    def _ask(self, cursor: str | None, size: int) -> Came | None:
        query = {"max_changes": size} | ({"cursor": cursor} if cursor else {})
        try:
            answer = self._client.call("GET", f"{self._path}?{urlencode(query)}")
        except LineDownError as error:
            if error.code == "timeout":
                return None
            raise
        page = read_page(answer.body) if answer.status != HTTPStatus.NO_CONTENT else None
        return Came(page, answer.headers.get("sri-next-cursor", ""))


class _Prepared(NamedTuple):
    place: tuple[int, int]
    batch: BatchOut | None


class Batches:
    """The batches of one own stream, packed."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._prepared: _Prepared | None = None

    def after(self, epoch: int, n: int) -> BatchOut | None:
        """Return the packed batch after a line of an epoch; None when there is none."""
        if self._prepared is None or self._prepared.place != (epoch, n):
            self._prepared = self._packed(epoch, n)
        return self._prepared.batch

    def prepare(self, epoch: int, n: int) -> None:
        """Pack the batch after a line, if the one before it goes through."""
        try:
            self._prepared = self._packed(epoch, n)
        except ProtocolError:
            self._prepared = None  # raised again, once the answer to the batch before it is known

    def _packed(self, epoch: int, n: int) -> _Prepared:
        with transaction.reading(joining.exchange_reach()):
            batch = export.batch(self._stream, n, epoch=epoch)
        return _Prepared((epoch, n), batch and batch._replace(body=pack(batch.body)))
