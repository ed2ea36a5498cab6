"""Anything may happen in any order: written, deleted, cut, repeated, spoiled, clocks turned; the invariants hold.

The machine is deterministic: hypothesis prints the steps of a failure, and the same steps give the same failure.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sri_admin.federation import control, limits
from sri_admin.federation.outcome import Outcome
from sri_admin.federation.snapshots import jobs as pruning
from sri_admin.kernel import ids
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, ElsewhereError, HandingOverError, InvalidError
from sri_admin.members.models.member import Member
from tests.federation import records
from tests.federation import world as worlds
from tests.federation.exchanged import (
    PULLS,
    PUSHES,
    WRONGS,
    Wrong,
    i15_one_way_does_not_wait_for_the_other,
    i16_the_hub_keeps_nothing_of_who_came,
    i16_what_goes_over_is_bounded,
    i25_a_wrong_peer_changes_nothing,
    refusing,
    rows_of,
)
from tests.federation.invariants import Watch
from tests.federation.records import Book, Shelf, Sign, Stamp, Visit
from tests.federation.seen import look
from tests.federation.world import Fault, Site, World
from tests.make import federation as make

_NOT_HERE = (ConflictError, InvalidError, ElsewhereError, HandingOverError)
CODES = st.sampled_from(["QM", "QN"])
MARKS = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["", "short", "ünï", "نص", "x" * 300])
PICK = st.integers(0, 5)
_PAGE_CHANGES = 4  # so that a few records take several pages
LONG = timedelta(days=limits.HORIZON_DAYS + 1)
FAULTS: st.SearchStrategy[Fault] = st.one_of(
    st.sampled_from([worlds.cut_before, worlds.cut_after, worlds.twice, worlds.PORTAL, worlds.BUSY, worlds.TOO_MANY]),
    st.integers(0, 4000).map(worlds.cut_answer_at),
    st.integers(0, 4000).map(worlds.cut_request_at),
    st.integers(0, 32_000).map(worlds.flip_answer),
    st.integers(0, 32_000).map(worlds.flip_request),
)


class Exchange(RuleBasedStateMachine):
    """A hub and two nodes to which things happen."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.world.reset()
        self.watch = Watch()
        self.known: dict[tuple[str, str], list[UUID]] = {}
        self.touched = True
        self.prepare()

    def prepare(self) -> None:
        """Begin what a machine of more rules keeps."""

    def after_each(self) -> None:
        """Check what must hold after every step."""
        self.watch.look(self.world)

    def _ids(self, code: str, what: str) -> list[UUID]:
        return self.known.setdefault((code, what), [])

    def _try(self, site: Site, member_id: UUID, body: Callable[[], Any]) -> bool:
        try:
            site.write(member_id, body)
        except _NOT_HERE:  # taken by another record, not fit to travel, or written elsewhere
            return False
        self.touched = True
        return True

    @rule(code=CODES, mark=MARKS, title=TEXTS)
    def hub_fills_a_shelf(self, code: str, mark: str, title: str) -> None:
        member, shelf = self.world.members[code], ids.new()

        def body() -> None:
            records.put(Book(member_id=member, shelf_id=shelf, title=title))
            records.put(Shelf(member_id=member, id=shelf, mark=mark, size=1))

        if self._try(self.world.hub, member, body):
            self._ids(code, "shelf").append(shelf)

    @rule(code=CODES, pick=PICK, mark=MARKS)
    def hub_changes_or_remakes_a_shelf(self, code: str, pick: int, mark: str) -> None:
        self._change(self.world.hub, code, "shelf", pick, lambda rec: _save_shelf(self.world.members[code], rec, mark))

    @rule(code=CODES, pick=PICK)
    def hub_removes_a_shelf_with_its_books(self, code: str, pick: int) -> None:
        self._change(self.world.hub, code, "shelf", pick, lambda rec: _remove_shelf(self.world.members[code], rec))

    @rule(code=CODES, mark=MARKS, note=TEXTS, pick=PICK, refers=st.booleans())
    def node_notes_a_visit(self, code: str, mark: str, note: str, pick: int, *, refers: bool) -> None:
        member, rec, shelves = self.world.members[code], ids.new(), self._ids(code, "shelf")
        shelf = shelves[pick % len(shelves)] if refers and shelves else None

        def body() -> None:
            records.put(Visit(member_id=member, id=rec, mark=mark, note=note, shelf_id=shelf))
            records.put(Stamp(member_id=member, mark=mark))

        if self._try(self.world.nodes[code], member, body):
            self._ids(code, "visit").append(rec)

    @rule(code=CODES, pick=PICK, note=TEXTS, mark=st.sampled_from(["a", "b", "d", "bad" * 20]))
    def node_changes_or_remakes_a_visit(self, code: str, pick: int, note: str, mark: str) -> None:
        member = self.world.members[code]
        self._change(self.world.nodes[code], code, "visit", pick, lambda rec: _save_visit(member, rec, mark, note))

    @rule(code=CODES, pick=PICK)
    def node_removes_a_visit(self, code: str, pick: int) -> None:
        self._change(
            self.world.nodes[code], code, "visit", pick, lambda rec: _remove(Visit, self.world.members[code], rec)
        )

    @rule(code=CODES, pick=PICK)
    def node_forgets_a_visit(self, code: str, pick: int) -> None:
        self._change(
            self.world.nodes[code], code, "visit", pick, lambda rec: _forget(Visit, self.world.members[code], rec)
        )

    @rule(pick=PICK, text=TEXTS)
    def hub_puts_up_a_sign(self, pick: int, text: str) -> None:
        hub = self.world.hub_id
        signs = self._ids("SRI", "sign")
        rec = signs[pick] if pick < len(signs) else ids.new()
        if self._try(self.world.hub, hub, lambda: _save_sign(hub, rec, text)) and rec not in signs:
            signs.append(rec)

    @rule(code=CODES, region=st.sampled_from(["east", "west", "north"]))
    def hub_corrects_a_member(self, code: str, region: str) -> None:
        member = self.world.members[code]
        self._try(self.world.hub, member, lambda: _move_region(member, region))

    @rule(code=CODES)
    def exchange_everything(self, code: str) -> None:
        self.exchange_well(code)

    def exchange_well(self, code: str) -> None:
        """Exchange over a good line: everything goes over."""
        self.world.lines[code].faults = []
        assert self._sync(code).ok
        self.watch.look(self.world, synced=code)
        self.touched = False

    @rule(code=CODES, at=st.integers(0, 8), fault=FAULTS, more=st.lists(FAULTS, max_size=2))
    def exchange_over_a_bad_line(self, code: str, at: int, fault: Fault, more: list[Fault]) -> None:
        self.world.lines[code].faults = [*[None] * at, fault, *more]
        self.world.sync(code)
        self.touched = True

    @rule(code=CODES, pick=st.integers(0, 20))
    def an_old_request_comes_again(self, code: str, pick: int) -> None:
        line = self.world.lines[code]
        old = [call for call in line.heard if call.path.endswith("/batches")]
        if old:
            old[pick % len(old)].deliver()  # perhaps for the first time: its first way may have been cut
            self.touched = True
            before = look(self.world)
            old[pick % len(old)].deliver()
            after = look(self.world)
            assert {name: held.rows for name, held in before.held.items()} == {
                name: held.rows for name, held in after.held.items()
            }

    @rule(code=CODES, refused=st.sampled_from([PULLS, PUSHES]), said=st.sampled_from(["forked", "denied", "gap"]))
    def one_way_is_refused(self, code: str, refused: str, said: str) -> None:
        line = self.world.lines[code]
        line.faults, line.always = [], refusing(refused, said)
        outcome, line.always = self.world.sync(code), None
        self.judge_one_way(code, outcome, refused)
        self.touched = True

    def judge_one_way(self, code: str, outcome: Outcome, refused: str) -> None:
        """Check that the way that was open brought everything."""
        seen = look(self.world, self.watch.before)
        i15_one_way_does_not_wait_for_the_other(seen, code, outcome, refused=refused)

    @rule(code=CODES)
    def an_exchange_brings_nothing(self, code: str) -> None:
        self.exchange_well(code)
        before = rows_of(self.world.hub)
        outcome = self.world.sync(code)
        if outcome.ok and not outcome.pulled + outcome.pushed:
            i16_the_hub_keeps_nothing_of_who_came(before, rows_of(self.world.hub))
        self.touched = True

    @rule(code=CODES, wrong=st.sampled_from(WRONGS))
    def a_node_says_what_is_not_its_to_say(self, code: str, wrong: Callable[[Wrong], int | None]) -> None:
        self.world.lines[code].faults = []
        before = look(self.world, self.watch.before)
        status = wrong(Wrong(self.world, code))
        i25_a_wrong_peer_changes_nothing(before, look(self.world, self.watch.before), status)

    @rule(which=st.integers(0, 2), days=st.sampled_from([-3650, -1, 0, 1, 3650]))
    def a_clock_jumps(self, which: int, days: int) -> None:
        self.world.sites[which].offset = timedelta(days=days)

    @precondition(lambda self: self.world.nodes["QN"].kinds == records.KINDS)
    @rule()
    def a_node_runs_an_older_program(self) -> None:
        node = self.world.nodes["QN"]
        node.stop()
        node.start(tuple(kind for kind in records.OLDER if kind is not records.SIGN))

    @precondition(lambda self: self.world.nodes["QN"].kinds != records.KINDS)
    @rule()
    def the_node_is_updated(self) -> None:
        _update(self.world.nodes["QN"])

    @invariant()
    def what_must_always_hold(self) -> None:
        if getattr(self, "touched", False):
            for line in self.world.lines.values():
                i16_what_goes_over_is_bounded(line.carried)
                line.carried.clear()
            self.after_each()
            self.touched = False

    @rule(which=st.integers(0, 2))
    def old_lines_go_after_a_long_time(self, which: int) -> None:
        self.prune(which)

    def prune(self, which: int) -> None:
        """Prune, let a horizon pass, prune again."""
        site = self.world.sites[which]
        site.do(pruning.prune_all)
        self.world.time.sleep(LONG.total_seconds())
        site.do(pruning.prune_all)
        self.touched = True

    def _sync(self, code: str) -> Outcome:
        outcome = self.world.sync(code)
        while outcome.code == "many_removed":
            make.agree(self.world.nodes[code])
            outcome = self.world.sync(code)
        return outcome

    def teardown(self) -> None:
        if hasattr(self, "watch"):
            self.finish()

    def finish(self) -> None:
        """Update everybody and exchange until nothing moves: everything is equal."""
        _update(self.world.nodes["QN"])
        for code, line in self.world.lines.items():
            line.faults = []
            self._sync(code)
        self.world.settle()
        self.watch.look(self.world, at_rest=True)

    def _change(self, site: Site, code: str, what: str, pick: int, body: Callable[[UUID], Any]) -> None:
        found = self._ids(code, what)
        if found:
            self._try(site, self.world.members[code], lambda: body(found[pick % len(found)]))


def _find(model: Any, member_id: UUID, rec: UUID) -> Any:
    return db.session.get(model, (member_id, rec))


def _save_shelf(member_id: UUID, rec: UUID, mark: str) -> None:
    row = _find(Shelf, member_id, rec)
    if row is None:
        records.put(Shelf(member_id=member_id, id=rec, mark=mark, size=2))
    else:
        row.mark, row.size = mark, row.size + 1
        records.tell(row)


def _remove_shelf(member_id: UUID, rec: UUID) -> None:
    for book in db.session.scalars(sa.select(Book).where(Book.member_id == member_id, Book.shelf_id == rec)):
        records.remove(book)
    _remove(Shelf, member_id, rec)


def _save_visit(member_id: UUID, rec: UUID, mark: str, note: str) -> None:
    row = _find(Visit, member_id, rec)
    if row is None:
        records.put(Visit(member_id=member_id, id=rec, mark=mark, note=note, shelf_id=None))
    elif (row.mark, row.note) != (mark, note):
        row.mark, row.note = mark, note
        records.tell(row)


def _save_sign(member_id: UUID, rec: UUID, text: str) -> None:
    row = _find(Sign, member_id, rec)
    if row is None:
        records.put(Sign(member_id=member_id, id=rec, text=text))
    elif row.text != text:
        row.text = text
        records.tell(row)


def _move_region(member_id: UUID, region: str) -> None:
    row = _find(Member, member_id, member_id)
    if row.region != region:
        row.region = region
        records.tell(row)


def _remove(model: Any, member_id: UUID, rec: UUID) -> None:
    row = _find(model, member_id, rec)
    if row is not None:
        records.remove(row)


def _forget(model: Any, member_id: UUID, rec: UUID) -> None:
    row = _find(model, member_id, rec)
    if row is not None:
        records.forget(row)


def _update(node: Site) -> None:
    if node.kinds != records.KINDS:
        node.stop()
        node.start(records.KINDS)
    node.do(control.replay_parked)


@pytest.mark.parametrize("examples", [3, pytest.param(50, marks=pytest.mark.chaos)])
def test_whatever_happens_the_invariants_hold(
    made_world: World, monkeypatch: pytest.MonkeyPatch, examples: int
) -> None:
    monkeypatch.setattr(limits, "PAGE_CHANGES", _PAGE_CHANGES)
    monkeypatch.setattr(limits, "TRANSACTION_CHANGES", _PAGE_CHANGES)
    machine = type("Machine", (Exchange,), {"world": made_world})
    modest = settings(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        database=None,
        print_blob=True,
        phases=[Phase.generate],  # shrinking would take many minutes; the steps as they were are printed
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(machine, settings=modest)
