"""A deadline for a whole answer: its first line, its headers and its body, however slowly each of them drips.

The timeouts of a socket count from one piece to the next. Whoever sends a letter a minute keeps within them for ever,
also inside a line of the head or of a chunk, where nobody could look at the clock; so the socket is shut from outside.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from requests.exceptions import ReadTimeout
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

_current = threading.local()


class _Watch:
    """The socket one answer comes through, shut when the time is over."""

    def __init__(self) -> None:
        self.is_over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def look_at(self, found: socket.socket | None) -> None:
        """Remember through what the answer comes."""
        with self._lock:
            self._socket = found
        if self.is_over:
            self._shut()

    def end(self) -> None:
        """Let whoever waits for the answer wait no longer."""
        self.is_over = True
        self._shut()

    def _shut(self) -> None:
        with self._lock, contextlib.suppress(OSError):  # it may be closed by now
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)


@contextmanager
def whole_answer(seconds: float) -> Iterator[None]:
    """Give the requests of this block so many seconds, answers included; ReadTimeout when they are over."""
    watch = _current.watch = _Watch()
    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if watch.is_over:
            raise ReadTimeout("the whole answer took too long") from error
        raise
    finally:
        timer.cancel()
        _current.watch = None
    if watch.is_over:
        raise ReadTimeout("the whole answer took too long")


class _Watched:
    """What tells the watch of this thread which socket an answer comes through."""

    sock: socket.socket | None

    def getresponse(self) -> Any:
        watch: _Watch | None = getattr(_current, "watch", None)
        if watch is not None:
            watch.look_at(self.sock)
        return super().getresponse()  # pyright: ignore[reportAttributeAccessIssue] - that of the connection


class _Connection(_Watched, HTTPConnection):
    pass


class _SecureConnection(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType] - as urllib3 does itself


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # pyright: ignore[reportAssignmentType] - as urllib3 does itself


class WatchedAdapter(HTTPAdapter):
    """Makes connections whose answers can be given a deadline, through a proxy as well."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Make the pools of connections."""
        super().init_poolmanager(*arguments, **named)
        _watch_all(self.poolmanager)

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(*arguments, **named)
        _watch_all(manager)
        return manager


def _watch_all(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
