"""One full exchange both ways, broken at one place after another; each time the next exchange puts everything right.

A statement fails, the program dies there, or a piece of a message is the last that passes.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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


@dataclass
class Struck:
    """How many places an exchange had, and whether it was broken at the one that was meant."""

    places: int = 0
    hit: bool = False


@contextmanager
def broken_at(site: Site, n: int, failure: Callable[[], BaseException]) -> Iterator[Struck]:
    """Let the n-th statement of a site fail, counted from 1; 0 only counts them."""
    seen = Struck()

    def before(_connection: Any, _cursor: Any, _statement: str, *_more: Any) -> None:
        seen.places += 1
        if seen.places == n:
            seen.hit = True
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


def break_statement(world: World, side: str, failure: str, n: int) -> Struck:
    """Exchange once with the n-th statement broken, then put it right."""
    site = world.hub if side == "hub" else world.nodes["QM"]
    change_everything(world, n)
    world.lines["QM"].always = dead
    with broken_at(site, n, FAILURES[failure]) as seen, suppress(Crash, OperationalError):
        world.sync("QM")
    compare(world)
    return seen


class Cut:
    """A line that loses the n-th piece, of all requests and answers together, and all that follow; 0 loses none."""

    def __init__(self, n: int, *, silently: bool) -> None:
        self.left, self.silently, self.struck = n - 1 if n else None, silently, Struck()

    def __call__(self, call: Call) -> Answer:
        """Carry a request as far as the line holds."""
        if self.struck.hit:
            raise LineDownError("unreachable", "cut")
        sent = self._let_through(call.body)
        if self.struck.hit:
            if call.body:
                call.deliver(sent)
            raise LineDownError("unreachable", "cut within the request")
        answer = call.deliver()
        came = self._let_through(answer.body)
        if self.struck.hit and (came == answer.body or not self.silently):
            raise LineDownError("unreachable", "cut within the answer")
        headers = answer.headers if came == answer.body else _without_length(answer)
        return Answer(answer.status, headers, came)

    def _let_through(self, body: bytes) -> bytes:
        pieces = max(1, -(-len(body) // PIECE))
        self.struck.places += pieces
        if self.left is None:
            return body
        through = min(pieces, self.left)
        self.left -= through
        self.struck.hit = through < pieces
        return body if through == pieces else body[: through * PIECE]


def _without_length(answer: Answer) -> dict[str, str]:
    # Whoever cuts without a sound leaves nothing that would give it away.
    return {name: value for name, value in answer.headers.items() if name not in {"content-digest", "content-length"}}


def break_line(world: World, n: int) -> Struck:
    """Exchange once over a line that loses the n-th piece, then put it right."""
    change_everything(world, n)
    cut = Cut(n, silently=bool(n % 2))
    world.lines["QM"].always = cut
    world.sync("QM")
    compare(world)
    return cut.struck


def some(count: int) -> range:
    """Return every 20th place, beginning at a place of the seed."""
    return range(random.Random(SEED).randrange(1, EVERY), count + 1, EVERY)


def every(count: int) -> range:
    """Return every place."""
    return range(1, count + 1)


@pytest.mark.parametrize("side", ["hub", "node"])
def test_f18_a_statement_that_fails_is_put_right_by_the_next_exchange(world: World, side: str) -> None:
    ways = list(FAILURES)
    sweep(lambda n: break_statement(world, side, ways[n // EVERY % len(ways)], n), some)


def test_f8_a_line_that_loses_a_piece_is_put_right_by_the_next_exchange(world: World) -> None:
    sweep(partial(break_line, world), some)


@pytest.mark.chaos
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("side", ["hub", "node"])
def test_f18_every_statement_that_fails_is_put_right(world: World, side: str, failure: str) -> None:
    sweep(partial(break_statement, world, side, failure), every)


@pytest.mark.chaos
def test_f8_every_piece_that_is_lost_is_put_right(world: World) -> None:
    sweep(partial(break_line, world), every)


def sweep(break_at: Callable[[int], Struck], places: Callable[[int], range]) -> None:
    """Count the places of a whole exchange, then break it at some of them; each time it must really break."""
    whole = break_at(0)
    assert whole.places > EVERY
    assert not whole.hit
    missed = [n for n in places(whole.places) if not break_at(n).hit]
    assert not missed, (missed, whole.places)
