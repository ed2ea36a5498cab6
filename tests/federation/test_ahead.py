"""One page and one batch ahead of what is applied: in order, and never believed before it fits."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sri_admin.federation import exchange, export, intake, joining, limits
from sri_admin.federation.client import Answer, HttpTransport
from sri_admin.federation.cursor import decode_cursor, encode_cursor
from sri_admin.federation.merge import PageIn, Position
from sri_admin.kernel import postgres, transaction
from tests.federation.pair import Pair, paired
from tests.make import members as make_members


@pytest.fixture
def pair(cluster: postgres.Cluster, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path) as made:
        made.enrol()
        monkeypatch.setattr(limits, "PAGE_CHANGES", 3)
        yield made


class Watched(HttpTransport):
    """The real line, noting which pages were asked for beside the work, and lying about where to go on if told to."""

    beside, pages, shift = 0, 0, 0

    def request(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = super().request(method, path, headers=headers, body=body)
        told = answer.headers.get("sri-next-cursor")
        if told is None:
            return answer
        self.pages += 1
        self.beside += threading.current_thread() is not threading.main_thread()
        cursor = decode_cursor(told)
        lie = encode_cursor(cursor._replace(n=max(cursor.n - self.shift, 1)))
        return answer._replace(headers={**answer.headers, "sri-next-cursor": lie})


def sync(pair: Pair, line: HttpTransport) -> None:
    outcome = pair.at_node(lambda: exchange.synchronise(line))
    line.session.close()
    assert outcome.ok, (outcome.code, outcome.detail)


def ends(pair: Pair) -> list[tuple[Position, Position]]:
    def read() -> dict[str, Position]:
        with transaction.reading(joining.reach()):
            return {each.stream: each for each in export.positions()}

    hub, node = pair.at_hub(read), pair.at_node(read)
    return [(hub[name], node[name]) for name in node]


def test_the_next_page_is_asked_for_while_one_is_applied(pair: Pair) -> None:
    line = Watched(pair.line.url)
    sync(pair, line)
    assert 0 < line.beside < line.pages
    assert all(hub == node for hub, node in ends(pair))


def test_only_the_last_page_of_a_stream_waits_for_the_disk(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: dict[str, list[bool]] = {}

    def noted(stream: str, came: PageIn, *, durable: bool) -> intake.Taken:
        waits.setdefault(stream, []).append(durable)
        return page(stream, came, durable=durable)

    page = intake.page
    monkeypatch.setattr(intake, "page", noted)
    sync(pair, pair.line)
    assert max(map(len, waits.values())) > 2
    assert all(each == [False] * (len(each) - 1) + [True] for each in waits.values())


def test_a_page_that_does_not_follow_is_asked_for_anew(pair: Pair) -> None:
    line = Watched(pair.line.url)
    line.shift = 1
    sync(pair, line)
    assert all(hub == node for hub, node in ends(pair))


def test_batches_go_on_from_where_the_hub_stands(pair: Pair) -> None:
    sync(pair, HttpTransport(pair.line.url))
    for name in ("Kim", "Robin", "Sam", "Noor", "Alex"):
        pair.at_node(lambda name=name: make_members.office_holder(pair.member_id, display_name=name))
    sync(pair, HttpTransport(pair.line.url))
    assert all(hub == node for hub, node in ends(pair))
