"""One full exchange both ways, broken at one place after another; each time the next exchange puts everything right.

A statement fails, the program dies there, or a piece of a message is the last that passes.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from sri_admin.federation.client import Answer, LineDownError
from sri_admin.kernel import ids
from sri_admin.kernel.db import db
from tests.federation import invariants, records
from tests.federation.records import SHELF, VISIT, Book, Shelf, Sign, Stamp, Visit
from tests.federation.world import Call, Site, World
from tests.make import federation as make
from tests.make.federation import Crash

SEED, EVERY, PIECE = 20261128, 20, 400
# A program that ends there closes nothing, not even the cursor it was reading lines with.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*ServerCursor:pytest.PytestUnraisableExceptionWarning"
)


def change_everything(world: World, number: int) -> None:
    """Make, change and remove records at both sides, so that an exchange has something to do in every way it can."""
    hub, node, member = world.hub, world.nodes["QM"], world.members["QM"]
    shelf, kept, gone, erased = (ids.new() for _ in range(4))
    make.shelf(hub, member, f"s{number}", id=shelf)
    hub.write(member, lambda: records.put(Book(member_id=member, shelf_id=shelf, title="نص")))
    make.sign(hub, world.hub_id, f"sign {number}")
    for rec, mark in ((kept, "kept"), (gone, "gone"), (erased, "erased")):
        make.visit(node, member, f"{mark} {number}", id=rec, shelf_id=shelf)
    node.write(member, lambda: records.put(Stamp(member_id=member, mark=f"{number}")))
    world.sync("QM")
    make.change(hub, SHELF, (member, shelf), size=number % 1000)
    make.change(node, VISIT, (member, kept), note="again")
    make.remove(node, VISIT, (member, gone))
    node.write(member, lambda: records.forget(records.get(Visit, member, erased)))
    later = make.shelf(hub, member, f"t{number}")
    make.visit(node, member, f"refers {number}", shelf_id=later)


def compare(world: World) -> None:
    """Exchange until nothing moves; nothing is lost, doubled or different, and what is derived from it is the same."""
    invariants.at_rest(world)
    node = world.nodes["QM"]
    for model in (Shelf, Book, Visit, Stamp, Sign):
        assert make.rows(world.hub, model) == make.rows(node, model)
    states = {state for site in (world.hub, node) for state, _code in make.asides(site)}
    assert states <= {"resolved", "superseded"}


@contextmanager
def broken_at(site: Site, n: int, failure: Callable[[], BaseException]) -> Iterator[list[int]]:
    """Let the n-th statement of a site fail, counted from 1; 0 only counts them."""
    seen = [0]

    def before(_connection: Any, _cursor: Any, _statement: str, *_more: Any) -> None:
        seen[0] += 1
        if seen[0] == n:
            raise failure()

    with site.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", before)


def dead(call: Call) -> Answer:
    """A hub that dies gives no answer."""
    try:
        return call.deliver()
    except Crash as error:
        raise LineDownError("unreachable", "the hub died") from error


def _refused() -> OperationalError:
    return OperationalError("select", {}, Exception("the server closed the connection"))


FAILURES: dict[str, Callable[[], BaseException]] = {"dies": Crash, "is refused": _refused}


def break_statement(world: World, side: str, failure: str, n: int) -> int:
    """Exchange once with the n-th statement broken, then put it right; returns how many statements there were."""
    site = world.hub if side == "hub" else world.nodes["QM"]
    change_everything(world, n)
    world.lines["QM"].always = dead
    with broken_at(site, n, FAILURES[failure]) as seen, suppress(Crash, OperationalError):
        world.sync("QM")
    compare(world)
    return seen[0]


class Cut:
    """A line of which only the first n pieces pass, of all requests and answers together."""

    def __init__(self, n: int | None, *, silently: bool) -> None:
        self.left, self.silently, self.passed = n, silently, 0

    def __call__(self, call: Call) -> Answer:
        """Carry a request as far as the line holds."""
        if self.left == 0:
            raise LineDownError("unreachable", "cut")
        sent = self._let_through(call.body)
        if len(sent) < len(call.body):
            with suppress(LineDownError):
                call.deliver(sent)
            raise LineDownError("unreachable", "cut within the request")
        answer = call.deliver()
        came = self._let_through(answer.body)
        if len(came) < len(answer.body) and not self.silently:
            raise LineDownError("unreachable", "cut within the answer")
        headers = answer.headers if came == answer.body else _without_length(answer)
        return Answer(answer.status, headers, came)

    def _let_through(self, body: bytes) -> bytes:
        pieces = max(1, -(-len(body) // PIECE))
        self.passed += pieces
        if self.left is None:
            return body
        through = min(pieces, self.left)
        self.left -= through
        return body if through == pieces else body[: through * PIECE]


def _without_length(answer: Answer) -> dict[str, str]:
    # Whoever cuts without a sound leaves nothing that would give it away.
    return {name: value for name, value in answer.headers.items() if name not in {"content-digest", "content-length"}}


def break_line(world: World, n: int | None) -> int:
    """Exchange once over a line of n pieces, then put it right; returns how many pieces went over."""
    change_everything(world, n or 0)
    cut = Cut(n, silently=bool(n and n % 2))
    world.lines["QM"].always = cut
    world.sync("QM")
    compare(world)
    return cut.passed


def some(count: int) -> range:
    """Return every 20th place, beginning at a place of the seed."""
    return range(random.Random(SEED).randrange(1, EVERY), count + 1, EVERY)


@pytest.mark.parametrize("side", ["hub", "node"])
def test_f18_a_statement_that_fails_is_put_right_by_the_next_exchange(world: World, side: str) -> None:
    ways = list(FAILURES)
    sweep(lambda n: break_statement(world, side, ways[n // EVERY % len(ways)], n), some)


def test_f8_a_line_that_holds_for_some_pieces_is_put_right_by_the_next_exchange(world: World) -> None:
    sweep(lambda n: break_line(world, n or None), some)


@pytest.mark.chaos
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("side", ["hub", "node"])
def test_f18_every_statement_that_fails_is_put_right(world: World, side: str, failure: str) -> None:
    sweep(partial(break_statement, world, side, failure), lambda count: range(1, count + 1))


@pytest.mark.chaos
def test_f8_every_piece_that_is_the_last_is_put_right(world: World) -> None:
    sweep(lambda n: break_line(world, n or None), lambda count: range(1, count + 1))


def sweep(break_at: Callable[[int], int], places: Callable[[int], range]) -> None:
    """Count the places of a whole exchange, then break it at some of them."""
    count = break_at(0)
    assert count > EVERY
    for n in places(count):
        break_at(n)
