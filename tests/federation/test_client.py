"""What a node makes of what answers in place of its hub."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sri_admin.federation import packing
from sri_admin.federation.client import (
    WELL_KNOWN,
    Answer,
    HttpTransport,
    HubClient,
    HubError,
    LineDownError,
    Patience,
)
from sri_admin.kernel import clock
from sri_admin.kernel.errors import ConfigurationError

KEY = ECKey.generate_key("P-256", private=True)
NODE = "3f0f8a52-7f2d-4a2b-8e64-94d8b6a5c201"
View = Callable[[Request], Response]


@contextmanager
def answering(view: View) -> Iterator[HttpTransport]:
    """Let a real server answer by a function."""
    server = make_server("127.0.0.1", 0, Request.application(view), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        with_line = HttpTransport(f"http://127.0.0.1:{server.server_port}")
        yield with_line
        with_line.session.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client(transport: HttpTransport, pauses: list[float] | None = None) -> HubClient:
    kept: list[float] = [] if pauses is None else pauses
    return HubClient(transport, NODE, KEY, sleep=kept.append)


def as_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(value), status=status, mimetype="application/json", headers=headers)


def hub_document(**changed: object) -> dict[str, object]:
    told = {"protocols": [1], "node_id": NODE, "time": clock.wire(clock.now())}
    return {**told, "issuer": "http://hub.test", "token_path": "/oauth/token", **changed}


def trouble(view: View, act: Callable[[HubClient], object] = HubClient.discover) -> str:
    with answering(view) as line, pytest.raises((LineDownError, HubError)) as caught:
        act(client(line))
    return caught.value.code


def test_a_log_in_page_is_not_taken_for_the_hub() -> None:
    assert trouble(lambda _request: Response("<html>Please log in</html>", mimetype="text/html")) == "not_a_hub"


def test_a_redirect_is_not_followed() -> None:
    assert trouble(lambda _request: Response(status=302, headers={"Location": "http://127.0.0.1:1/"})) == "redirected"


def test_another_programs_json_is_not_taken_for_the_hub() -> None:
    assert trouble(lambda _request: as_json({"hello": "world"})) == "not_a_hub"


def test_a_closed_gate_is_told_from_a_wrong_place() -> None:
    assert trouble(lambda _request: Response("down", status=502, mimetype="text/html")) == "unavailable"


def test_nobody_there_is_unreachable() -> None:
    with answering(lambda _request: as_json({})) as line:
        pass
    with pytest.raises(LineDownError, match="unreachable"):
        client(line).discover()


@pytest.mark.parametrize(("spoken", "code"), [([2], "client_too_old"), ([0], "server_too_old"), ([], "server_too_old")])
def test_a_hub_of_another_protocol_says_which_side_is_old(spoken: list[int], code: str) -> None:
    assert trouble(lambda _request: as_json(hub_document(protocols=spoken))) == code


@pytest.mark.parametrize("years", [-10, 10])
def test_f47_the_skew_of_a_wrong_clock_is_learned(years: int) -> None:
    wrong = timedelta(days=365 * years)
    view: View = lambda _request: as_json(hub_document(time=clock.wire(datetime.now(UTC))))  # noqa: E731 - one answer
    with answering(view) as line, clock.running(clock.skewed(wrong)):
        caller = client(line)
        caller.discover()
    assert abs(caller.skew + wrong) < timedelta(seconds=5)


def test_a_damaged_body_is_a_fault_of_the_line() -> None:
    def view(_request: Request) -> Response:
        return as_json(hub_document(), headers={"Content-Digest": packing.content_digest(b"something else")})

    assert trouble(view) == "damaged"


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    bomb = gzip.compress(b" " * 100_000_000)
    headers = {"Content-Encoding": "gzip"}
    assert trouble(lambda _request: Response(bomb, mimetype="application/json", headers=headers)) == "too_large"


def test_a_truncated_packed_body_is_a_fault_of_the_line() -> None:
    cut = gzip.compress(json.dumps(hub_document()).encode())[:-9]
    headers = {"Content-Encoding": "gzip"}
    assert trouble(lambda _request: Response(cut, mimetype="application/json", headers=headers)) == "bad_gzip"


def test_f16_retry_after_is_honoured_and_spread() -> None:
    refusals, pauses = [503, 429, 200], list[float]()

    def view(_request: Request) -> Response:
        status = refusals.pop(0)
        return as_json(hub_document() if status == 200 else {"code": "too_many"}, status, headers={"Retry-After": "3"})

    with answering(view) as line:
        client(line, pauses).discover()
    assert len(pauses) == 2
    assert all(3 <= pause <= 4.5 for pause in pauses)


def test_f16_a_long_wait_is_left_to_the_next_try() -> None:
    with (
        answering(lambda _request: as_json({"code": "too_many"}, 429, headers={"Retry-After": "900"})) as line,
        pytest.raises(HubError) as caught,
    ):
        client(line).discover()
    assert (caught.value.code, caught.value.retry_after) == ("too_many", 900)


def test_a_token_refused_once_is_asked_for_again() -> None:
    asked: list[str] = []

    def view(request: Request) -> Response:
        asked.append(request.path)
        if request.path == WELL_KNOWN:
            return as_json(hub_document())
        if request.path == "/oauth/token":
            return as_json({"access_token": f"t{asked.count('/oauth/token')}"})
        good = request.headers["Authorization"] == "Bearer t2"
        return as_json({"ok": True} if good else {"code": "sign_in_needed"}, 200 if good else 401)

    with answering(view) as line:
        answer = client(line).call("GET", "/api/sync/v1/anything")
    assert json.loads(answer.body) == {"ok": True}
    assert asked.count("/oauth/token") == 2


def test_plain_http_is_only_for_this_machine() -> None:
    with pytest.raises(ConfigurationError):
        HttpTransport("http://hub.example.org")
    HttpTransport("http://hub.example.org", lan_http=True)
    HttpTransport("https://hub.example.org")


def test_the_transport_gives_bytes_as_they_were_sent() -> None:
    packed = packing.pack(b'{"a":1}\n')
    headers = {"Content-Encoding": "gzip"}
    with answering(lambda _request: Response(packed, mimetype=packing.NDJSON, headers=headers)) as line:
        answer = line.request("GET", "/x", headers={}, body=b"")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body, answer.headers["content-encoding"]) == (200, packed, "gzip")


def test_an_answer_that_drips_without_end_is_given_up() -> None:
    def drops() -> Iterator[bytes]:
        for _ in range(500):
            time.sleep(0.01)
            yield b" "

    with answering(lambda _request: Response(drops(), mimetype="application/json")) as line:
        line.patience = Patience(whole=0.1)
        with pytest.raises(LineDownError, match="timeout"):
            line.request("GET", "/", headers={}, body=b"")


@contextmanager
def dripping(*pieces: bytes) -> Iterator[HttpTransport]:
    """Let something answer a letter at a time, and never come to an end."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(_drip, server, pieces)
        line = HttpTransport(f"http://127.0.0.1:{server.getsockname()[1]}", patience=Patience(read=5, whole=0.3))
        yield line
        line.session.close()


def _drip(server: socket.socket, pieces: tuple[bytes, ...]) -> None:
    caller, _address = server.accept()
    with caller, suppress(OSError):
        for piece in pieces:
            caller.sendall(piece)
        for _ in range(500):
            time.sleep(0.01)
            caller.sendall(b"x")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2", HEAD, HEAD + b"X-Long: ", CHUNKED, CHUNKED + b"2;long="])
def test_a_head_or_chunk_that_drips_without_end_is_given_up(said: bytes) -> None:
    began = time.monotonic()
    with dripping(said) as line, pytest.raises(LineDownError, match="timeout"):
        line.request("GET", "/", headers={}, body=b"")
    assert time.monotonic() - began < 8


def test_an_answer_in_time_is_not_touched_by_the_deadline() -> None:
    with answering(lambda _request: as_json({"a": 1})) as line:
        line.patience = Patience(whole=0.2)
        for _ in range(3):
            assert line.request("GET", "/", headers={}, body=b"").status == 200
            time.sleep(0.15)
