"""A bad line between real processes: a proxy that spoils what passes, each time in one way, by the numbers of a seed.

It takes whole requests and answers, so that it can repeat, keep, exchange and rewrite them as well as cut their bytes.
Several hubs may stand behind it; each request goes to one that answers.
"""

import gzip
import random
import re
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PATIENCE = 2.0
_PIECE = 64 * 1024
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d+)\r\n")
_DIGEST = re.compile(rb"(?im)^content-digest:[^\r]*\r\n")
_CODING = re.compile(rb"(?im)^content-encoding:[^\r]*\r\n")
_TYPE = re.compile(rb"(?im)^content-type:[^\r]*\r\n")
_RESET = struct.pack("ii", 1, 0)


class BrokenError(Exception):
    """The line is broken here: whoever waits gets nothing more."""


def split(message: bytes) -> tuple[bytes, bytes]:
    """Part a message of HTTP into its head, with the empty line, and its body."""
    head, empty, body = message.partition(b"\r\n\r\n")
    return head + empty, body


def joined(head: bytes, body: bytes) -> bytes:
    """Put a body under a head that tells its length."""
    return _LENGTH.sub(b"Content-Length: %d\r\n" % len(body), head) + body


def receive(stream: socket.socket) -> bytes:
    """Read one message of HTTP: its head and as many bytes as the head says; nothing if there is none."""
    message = b""
    while b"\r\n\r\n" not in message:
        piece = stream.recv(_PIECE)
        if not piece:
            return message
        message += piece
    head, body = split(message)
    told = _LENGTH.search(head)
    while told is not None and len(body) < int(told[1]):
        piece = stream.recv(_PIECE)
        if not piece:
            break
        body += piece
    return head + body


@dataclass
class Passage:
    """One request on its way through the proxy."""

    proxy: "Proxy"
    client: socket.socket
    request: bytes
    choose: random.Random

    def ask(self, request: bytes | None = None) -> bytes:
        """Hand a request to a hub and return the answer; BrokenError if none comes."""
        sent = self.request if request is None else request
        for port in self.choose.sample(self.proxy.ports, len(self.proxy.ports)):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as stream:
                stream.sendall(sent)
                answer = receive(stream)
                if answer:
                    return answer
        raise BrokenError

    def begin(self, beginning: bytes) -> None:
        """Hand only the beginning of a request to a hub, and break the line."""
        port = self.choose.choice(self.proxy.ports)
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as stream:
            stream.sendall(beginning)
        raise BrokenError

    def answer(self, content: bytes) -> None:
        """Send bytes back to the node."""
        self.client.sendall(content)

    def reset(self) -> None:
        """Break the connection so that the node sees it at once."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        raise BrokenError

    def hold(self) -> None:
        """Say nothing until the node gives up."""
        self.client.settimeout(_PATIENCE)
        with suppress(OSError):
            self.client.recv(1)
        raise BrokenError

    def place(self, content: bytes) -> int:
        """Choose a place in some bytes."""
        return self.choose.randrange(max(len(content), 1))


def clean(it: Passage) -> None:
    """Everything passes as it is."""
    it.answer(it.ask())


def late(it: Passage) -> None:
    """Everything passes after a while."""
    time.sleep(it.choose.uniform(0, 0.1))
    answer = it.ask()
    time.sleep(it.choose.uniform(0, 0.1))
    it.answer(answer)


def request_cut(it: Passage) -> None:
    """The hub gets the beginning of a request and then nothing more."""
    it.begin(it.request[: it.place(it.request)])


def answer_cut(it: Passage) -> None:
    """The node gets the beginning of the answer and then the connection ends."""
    answer = it.ask()
    it.answer(answer[: it.place(answer)])


def answer_lost(it: Passage) -> None:
    """The hub has done it, and the node never hears of it."""
    it.ask()


def reset_before(it: Passage) -> None:
    """The connection breaks before the hub heard anything."""
    it.reset()


def reset_within(it: Passage) -> None:
    """The connection breaks in the middle of the answer."""
    answer = it.ask()
    it.answer(answer[: it.place(answer)])
    it.reset()


def silent(it: Passage) -> None:
    """The request disappears and the connection stays open."""
    it.hold()


def silent_after(it: Passage) -> None:
    """The hub has done it; its answer stops on the way and the connection stays open."""
    answer = it.ask()
    it.answer(answer[: it.place(answer)])
    it.hold()


def doubled(it: Passage) -> None:
    """The request arrives twice, one after the other."""
    it.ask()
    it.answer(it.ask())


def racing(it: Passage) -> None:
    """The request arrives twice at once."""
    other = threading.Thread(target=_quietly, args=(it.ask,))
    other.start()
    try:
        it.answer(it.ask())
    finally:
        other.join()


def again(it: Passage) -> None:
    """An old request arrives again before the new one."""
    if it.proxy.heard:
        _quietly(lambda: it.ask(it.choose.choice(it.proxy.heard)))
    it.answer(it.ask())


def exchanged(it: Passage) -> None:
    """A request is held back and arrives after the next one."""
    held, it.proxy.held = it.proxy.held, None
    if held is None:
        it.proxy.held = it.request
        raise BrokenError
    answer = it.ask()
    _quietly(lambda: it.ask(held))
    it.answer(answer)


def request_spoiled(it: Passage) -> None:
    """One bit of the request is wrong."""
    it.answer(it.ask(_flipped(it.request, it.choose)))


def answer_spoiled(it: Passage) -> None:
    """One bit of the answer is wrong."""
    it.answer(_flipped(it.ask(), it.choose))


def request_shortened(it: Passage) -> None:
    """The request's body is shorter, and its head agrees."""
    head, body = split(it.request)
    it.answer(it.ask(joined(head, body[: it.place(body)])))


def answer_shortened(it: Passage) -> None:
    """The answer's body is shorter, its head agrees, and perhaps nothing tells of it any more."""
    head, body = split(it.ask())
    kept = _DIGEST.sub(b"", head) if it.choose.random() < 0.5 else head
    it.answer(joined(kept, body[: it.place(body)]))


def unpacked(it: Passage) -> None:
    """Something in between undoes the compression and drops the digest, as some offices' proxies do."""
    head, body = split(it.ask())
    if _CODING.search(head):
        head, body = _CODING.sub(b"", _DIGEST.sub(b"", head)), gzip.decompress(body)
    it.answer(joined(head, body))


def dripping(it: Passage) -> None:
    """The answer's body comes byte by byte, and would for hours."""
    head, body = split(it.ask())
    it.answer(head)
    for each in body:
        it.answer(bytes([each]))
        time.sleep(0.05)


def request_dripping(it: Passage) -> None:
    """The request arrives in small pieces."""
    size = max(len(it.request) // 10, 1)
    with socket.create_connection(("127.0.0.1", it.choose.choice(it.proxy.ports)), timeout=_PATIENCE) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(it.request), size):
            stream.sendall(it.request[at : at + size])
            time.sleep(0.01)
        it.answer(receive(stream))


def stale(it: Passage) -> None:
    """Something in between answers with what it kept of an earlier request for the same address."""
    line = it.request.partition(b"\r\n")[0]
    kept = it.proxy.kept.setdefault(line, [])
    if kept:
        it.answer(it.choose.choice(kept))
        return
    kept.append(it.ask())
    it.answer(kept[0])


def renamed(it: Passage) -> None:
    """The answer says it is of another type."""
    head, body = split(it.ask())
    it.answer(joined(_TYPE.sub(b"Content-Type: text/html\r\n", head), body))


def instead(status: str, body: bytes, *lines: str) -> Callable[[Passage], None]:
    """Return a mode in which something else answers in the hub's place."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "Connection: close", "", ""))

    def answering(it: Passage) -> None:
        it.answer(head.encode() + body)

    return answering


def _flipped(content: bytes, choose: random.Random) -> bytes:
    at = choose.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << choose.randrange(8))]) + content[at + 1 :]


def _quietly(act: Callable[[], object]) -> None:
    with suppress(BrokenError):
        act()


_HTML = "Content-Type: text/html; charset=utf-8"
_PROBLEM = "Content-Type: application/problem+json"
MODES: dict[str, Callable[[Passage], None]] = {
    "late": late,
    "the request is cut": request_cut,
    "the answer is cut": answer_cut,
    "the answer is lost": answer_lost,
    "reset before": reset_before,
    "reset within": reset_within,
    "silent": silent,
    "silent after it was done": silent_after,
    "doubled": doubled,
    "two at once": racing,
    "an old request again": again,
    "two requests exchanged": exchanged,
    "a bit of the request": request_spoiled,
    "a bit of the answer": answer_spoiled,
    "a shorter request": request_shortened,
    "a shorter answer": answer_shortened,
    "unpacked on the way": unpacked,
    "a dripping answer": dripping,
    "a dripping request": request_dripping,
    "a stale answer": stale,
    "another type": renamed,
    "a log-in page": instead("200 OK", b"<html>Log in to this network</html>", _HTML),
    "a log-in page without a type": instead("200 OK", b"<html>Log in to this network</html>"),
    "led elsewhere": instead("302 Found", b"", "Location: http://127.0.0.1:9/"),
    "a bomb": instead(
        "200 OK", gzip.compress(b" " * 64_000_000), "Content-Type: application/json", "Content-Encoding: gzip"
    ),
    "a broken server": instead("500 Internal Server Error", b"{}", _PROBLEM),
    "no server behind": instead("502 Bad Gateway", b"<html>502</html>", _HTML),
    "a busy server": instead("503 Service Unavailable", b'{"code":"unavailable"}', _PROBLEM, "Retry-After: 0"),
    "too many requests": instead("429 Too Many Requests", b'{"code":"too_many"}', _PROBLEM, "Retry-After: 0"),
    "not HTTP": lambda it: it.answer(b"SSH-2.0-OpenSSH_9.2\r\n"),
}


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64
    proxy: "Proxy"

    def handle_error(self, request: object, client_address: object) -> None:
        """Leave out what a broken connection says: breaking them is what this is for."""


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        self.server.proxy.carry(self.request)


@dataclass
class Proxy:
    """The proxy: `mode` is what happens to one request of `one_in`; `struck` counts how often it did."""

    ports: Sequence[int]
    seed: int = 0
    mode: Callable[[Passage], None] | None = None
    one_in: int = 2
    struck: int = 0
    held: bytes | None = None
    heard: list[bytes] = field(default_factory=list)
    kept: dict[bytes, list[bytes]] = field(default_factory=dict)
    port: int = 0

    def __post_init__(self) -> None:
        self._choose, self._lock = random.Random(self.seed), threading.Lock()

    def turn(self, mode: Callable[[Passage], None] | None, *, seed: int = 0) -> None:
        """Spoil from now on in another way, or not at all."""
        with self._lock:
            self._choose, self.mode, self.struck, self.held = random.Random(seed), mode, 0, None
            self.kept.clear()

    def carry(self, client: socket.socket) -> None:
        """Carry the one request of a connection."""
        client.settimeout(_PATIENCE)
        request = receive(client)
        if not request:
            return
        mode, choose = self._next(request)
        with suppress(BrokenError, OSError):
            mode(Passage(self, client, _closing(request), choose))

    def _next(self, request: bytes) -> tuple[Callable[[Passage], None], random.Random]:
        with self._lock:
            choose = random.Random(self._choose.random())
            if len(self.heard) < 1000:
                self.heard.append(_closing(request))
            if self.mode is None or self._choose.randrange(self.one_in):
                return clean, choose
            self.struck += 1
            return self.mode, choose


def _closing(request: bytes) -> bytes:
    # One request a connection: what is done to it is then done to nothing else.
    head, body = split(request)
    return re.sub(rb"(?im)^connection:[^\r]*\r\n", b"", head)[:-2] + b"Connection: close\r\n\r\n" + body


@contextmanager
def listening(proxy: Proxy) -> Iterator[Proxy]:
    """Let a proxy listen on a free port of this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.proxy, proxy.port = proxy, server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
