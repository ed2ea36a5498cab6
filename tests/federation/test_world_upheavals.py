"""The same machine with upheavals, after which every change that somebody still held is found.

Machines are restored, set back and copied, keys changed and withdrawn, records handed over, sticks go instead of the
line, programs are of different age.
"""

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from sri_admin.federation import control, enrolment, revocation, rotation, streams
from sri_admin.federation.bundle.box import BundleError
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.handover import steps
from sri_admin.federation.handover.models import Direction
from sri_admin.federation.key_life import EndReason
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.models import SyncStream
from sri_admin.federation.outcome import Outcome
from sri_admin.federation.recovery import deciding, incarnations
from sri_admin.federation.snapshot_models import SnapshotState, SyncSnapshot
from sri_admin.federation.snapshots import jobs as pruning
from sri_admin.kernel import ids, installation, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError
from tests.federation import ledger, records, sticks
from tests.federation import world as worlds
from tests.federation.invariants import Watch, i20_green_means_equal
from tests.federation.records import Visit
from tests.federation.seen import Seen, look
from tests.federation.test_world_model import CODES, LONG, MARKS, Exchange
from tests.federation.world import Site, World
from tests.make import federation as make

WHICH = st.integers(0, 2)
_ROUNDS = 14
SEED = 20261128


class Upheavals(Exchange):
    """A hub and two nodes to which anything may happen, also to the machines, the keys and who writes."""

    happened: Counter[str]

    def prepare(self) -> None:
        self.ledger = ledger.Ledger()
        self.backups: set[str] = set()
        # Whose nodes have not exchanged well since a machine went back.
        self.shaken: set[str] = set()
        self.was_shaken = False
        self.hosted: dict[str, bool] = {}
        self.parted: set[str] = set()
        self.folder = Path(tempfile.mkdtemp(prefix="upheavals"))

    def after_each(self) -> None:
        if self.shaken or self.was_shaken:
            # A log that goes on from an earlier line takes its records back with it; once all have met, none does.
            self.watch = Watch(before=self.watch.before)
            self.was_shaken = bool(self.shaken)
        self._count(self.watch.look(self.world, parted=self.parted))
        self.ledger.note(self.world)

    def _count(self, seen: Seen) -> None:
        """Count what is seen only by its traces: orders to forget, horizons, other writers."""
        everywhere = [stream for _held, stream in seen.all_streams()]
        hub = seen.held[self.world.hub.name].streams
        hosted = {code: hub[self._names(code)[0]].own for code in self.world.nodes}
        self.happened["erased"] += any(b'"op":"erase"' in line.raw for each in everywhere for line in each.history)
        self.happened["pruned"] += any(each.horizon > (0, 0) for each in everywhere)
        self.happened["handed over"] += bool(self.hosted) and hosted != self.hosted and not self.shaken
        self.hosted = hosted

    # Machines.

    @rule(which=WHICH)
    def a_machine_is_backed_up(self, which: int) -> None:
        site = self.world.sites[which]
        site.keep("model")
        self.backups.add(site.name)

    def _backup(self, site: Site) -> str:
        return "model" if site.name in self.backups else "0"  # the day everybody had joined

    @rule(code=CODES, renewed=st.booleans())
    def a_node_goes_back(self, code: str, *, renewed: bool) -> None:
        site = self.world.nodes[code]
        with self._going_back(site, "node restored" if renewed else "node set back"):
            site.go_back(self._backup(site))
            if renewed:
                site.do(installation.renew)
        self.shaken.add(code)
        self._part(code)

    @rule()
    def the_hub_goes_back(self) -> None:
        site = self.world.hub
        with self._going_back(site, "hub restored"):
            site.go_back(self._backup(site))
            self.world.go_on()
        self.shaken |= set(self.world.nodes)
        self.parted |= {name for code in self.world.nodes for name in self._names(code)}

    @rule(code=CODES)
    def a_node_and_its_copy_change_places(self, code: str) -> None:
        site = self.world.nodes[code]
        with self._going_back(site, "copy used"):
            site.keep("aside")
            site.go_back(self._backup(site))
            site.rename_copy("aside", "model")
        self.backups.add(site.name)
        self.shaken.add(code)
        self._part(code)

    @contextmanager
    def _going_back(self, site: Site, what: str) -> Iterator[None]:
        only_there, before = self.ledger.going_back(self.world, site), _ends(site)
        yield
        self.ledger.gone_back(self.world, site, only_there)
        self.happened[what] += _ends(site) != before
        self.touched = True

    def judge_one_way(self, code: str, outcome: Outcome, refused: str) -> None:
        """Check it as long as nobody was set back or stopped, which are reasons of their own."""
        if not self.shaken and outcome.code in {None, "forked", "denied", "gap"}:
            super().judge_one_way(code, outcome, refused)

    def _names(self, code: str) -> list[str]:
        return [f"member.{self.world.members[code]}.{what}" for what in ("ops", "contrib")]

    def _part(self, code: str) -> None:
        self.parted |= set(self._names(code))

    # Keys, and who writes.

    @rule(code=CODES)
    def a_node_makes_new_keys(self, code: str) -> None:
        node, member = self.world.nodes[code], self.world.members[code]
        self._decide(lambda: node.write(member, lambda: rotation.begin(records.DOER)), "keys renewed")

    @rule(code=CODES)
    def a_nodes_keys_are_withdrawn(self, code: str) -> None:
        node = self._node(code)
        act = lambda: revocation.withdraw(records.DOER, node.id, reason=EndReason.STOLEN)  # noqa: E731 - one act
        reach = self.world.hub.do(lambda: enrolment.approval_reach(node.member_id))
        self._decide(lambda: self.world.hub.do(lambda: transaction.write(reach, act)), "keys withdrawn")

    @rule(code=CODES)
    def a_hand_over_begins(self, code: str) -> None:
        member, node_id = self.world.members[code], self._node(code).id
        is_hosted = self.world.hub.read(lambda: streams.by_name(f"member.{member}.ops").own)
        direction = Direction.TO_NODE if is_hosted else Direction.TO_HUB

        def body() -> None:
            steps.begin(records.DOER, db.session.get_one(Node, node_id), direction, reason="as agreed")

        self._decide(lambda: self.world.hub.write(member, body), "hand-over begun")

    @rule(code=CODES)
    def a_hand_over_is_called_off(self, code: str) -> None:
        member = self.world.members[code]
        cancel = lambda: steps.cancel(records.DOER, member, reason="not yet")  # noqa: E731 - one act
        self._decide(lambda: self.world.hub.write(member, cancel), "hand-over called off")

    @rule(code=CODES, mark=MARKS)
    def hub_notes_a_visit_for_a_hosted_country(self, code: str, mark: str) -> None:
        member, rec = self.world.members[code], ids.new()
        row = {"id": rec, "mark": f"hosted {mark}", "note": "", "shelf_id": None}
        if self._try(self.world.hub, member, lambda: records.put(Visit(member_id=member, **row))):
            self._ids(code, "visit").append(rec)

    # Sticks, programs, people.

    @rule(code=CODES, only=st.sampled_from(["there", "back", "both"]))
    def a_stick_goes_instead_of_the_line(self, code: str, only: str) -> None:
        folder = self.folder / ids.new().hex
        folder.mkdir()
        with suppress(BundleError, ProtocolError):
            if only != "back":
                sticks.read(self.world.hub, sticks.from_node(self.world, folder, code).files)
            if only != "there" and self._node(code).state is NodeState.ACTIVE:
                sticks.read(self.world.nodes[code], sticks.from_hub(self.world, folder, code).files)
            self.happened["stick read"] += 1
        self.touched = True

    @precondition(lambda self: all(site.kinds == records.KINDS for site in self.world.sites))
    @rule(which=WHICH)
    def one_side_is_updated(self, which: int) -> None:
        _run(self.world.sites[which], records.NEWER)
        self.happened["one side updated"] += 1
        self.touched = True

    @rule(code=CODES)
    def people_take_over_what_was_kept(self, code: str) -> None:
        for site in self.world.sites:
            for member in (self.world.members[code], self.world.hub_id):
                act = partial(deciding.take_over, records.DOER, member)
                self._decide(partial(site.write, member, act), "taken over")

    def _decide(self, act: Callable[[], Any], what: str) -> None:
        with suppress(AppError):
            act()
            self.happened[what] += 1
        self.touched = True

    def _node(self, code: str) -> Node:
        wanted = sa.select(Node).where(Node.member_id == self.world.members[code])

        def find() -> Node:
            found = db.session.scalars(wanted).one()
            transaction.detach(found)
            return found

        return self.world.hub.read(find)

    # Whatever happened, people put it right and everything is found.

    def exchange_well(self, code: str) -> None:
        self.world.lines[code].faults = []
        outcome = self.world.sync(code)
        if outcome.ok:
            self.parted -= set(self._names(code))
            self.shaken.discard(code)
            i20_green_means_equal(look(self.world, self.watch.before), code)
        self._put_right(code, outcome)
        self.touched = True

    def prune(self, which: int) -> None:
        self.ledger.pruned = True
        site = self.world.sites[which]
        site.do(pruning.prune_all)
        self.world.time.sleep(LONG.total_seconds())
        site.do(pruning.prune_all)
        self.touched = True

    def _put_right(self, code: str, outcome: Outcome) -> None:
        if outcome.code in {"many_removed", "nothing_shared"}:
            make.agree(self.world.nodes[code])
            make.agree(self.world.hub)
        elif outcome.code == "hub_restored":
            self._decide(lambda: make.take_back_permissions(self.world.hub, self.world.hub_id), "permissions back")
        elif outcome.code in {"duplicate_writer", "given_up"}:
            self._decide(lambda: self._keep(code), "copy kept")
        elif outcome.code in {"key_revoked", "invalid_client"} and self._node(code).state is NodeState.REVOKED:
            self.world.enrol(code)  # a hub set back to a day between knows none of the keys it has now

    def _keep(self, code: str) -> None:
        running = self.world.nodes[code].do(lambda: installation.identity().incarnation)
        node = self._node(code)
        act = lambda: incarnations.keep(records.DOER, node.id, running, reason="the one that runs")  # noqa: E731 - one act
        self.world.approval(node.member_id, act)

    def finish(self) -> None:
        newest = records.NEWER if any(site.kinds == records.NEWER for site in self.world.sites) else records.KINDS
        for site in self.world.sites:
            site.offset *= 0
            _run(site, newest)
        said: list[str] = []
        for _round in range(_ROUNDS):
            outcomes = {code: self._last_exchange(code) for code in self.world.nodes}
            said.append(str({code: (each.code, each.detail, each.stream) for code, each in outcomes.items()}))
            if all(each.ok and not each.pulled + each.pushed for each in outcomes.values()):
                break
        else:
            raise AssertionError("\n".join(said))
        self._count(Watch().look(self.world, at_rest=True))
        self.happened["snapshot taken"] += sum(map(_snapshots, self.world.sites))
        lost = self.ledger.lost(self.world)
        assert not lost, lost
        shutil.rmtree(self.folder, ignore_errors=True)

    def _last_exchange(self, code: str) -> Outcome:
        self.world.lines[code].faults = []
        self.world.time.sleep(3600)
        outcome = self.world.sync(code)
        self._put_right(code, outcome)
        return outcome


def _ends(site: Site) -> set[Any]:
    ends = sa.select(SyncStream.name, SyncStream.epoch, SyncStream.n)
    return site.read(lambda: {tuple(row) for row in db.session.execute(ends)})


def _snapshots(site: Site) -> int:
    taken = sa.select(sa.func.count()).where(SyncSnapshot.state == SnapshotState.DONE)
    return site.read(lambda: db.session.scalar(taken) or 0)


def _run(site: Site, program: Any) -> None:
    if site.kinds != program:
        site.stop()
        site.start(program)
    site.do(control.replay_parked)


def _run_machine(world: World, *, examples: int, steps_each: int, number: int) -> None:
    machine = type("Machine", (Upheavals,), {"world": world, "happened": Counter()})
    modest = settings(
        max_examples=examples,
        stateful_step_count=steps_each,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    seed(number)(machine)
    run_state_machine_as_test(machine, settings=modest)


def _settled(machine: Upheavals) -> None:
    """Exchange and put right until both nodes are heard again."""
    for _round in range(_ROUNDS):
        for code in machine.world.nodes:
            machine.exchange_well(code)
        machine.what_must_always_hold()
        if not machine.shaken:
            return


def _pruned_and_set_back(machine: Upheavals) -> None:
    """Let the hub forget old lines while a node is set back to before them: it takes a fresh copy."""
    for mark in "abc":
        machine.hub_changes_or_remakes_a_shelf(code="QM", pick=0, mark=mark)
        machine.hub_puts_up_a_sign(pick=0, text=mark)
    _settled(machine)
    machine.prune(0)
    machine.prune(1)
    machine.a_node_goes_back(code="QM", renewed=True)


UPHEAVALS: dict[str, Callable[[Upheavals], Any]] = {
    "node restored": lambda machine: machine.a_node_goes_back(code="QM", renewed=True),
    "node set back": lambda machine: machine.a_node_goes_back(code="QN", renewed=False),
    "hub restored": lambda machine: machine.the_hub_goes_back(),
    "copy used": lambda machine: machine.a_node_and_its_copy_change_places(code="QM"),
    "keys renewed": lambda machine: machine.a_node_makes_new_keys(code="QN"),
    "keys withdrawn": lambda machine: machine.a_nodes_keys_are_withdrawn(code="QN"),
    "handed over": lambda machine: machine.a_hand_over_begins(code="QM"),
    "erased": lambda machine: machine.node_forgets_a_visit(code="QN", pick=0),
    "one side updated": lambda machine: machine.one_side_is_updated(which=1),
    "stick read": lambda machine: machine.a_stick_goes_instead_of_the_line(code="QN", only="both"),
    "snapshot taken": _pruned_and_set_back,
}


def _work(machine: Upheavals) -> None:
    """Write at all three places, some of it seen by everybody and some by nobody yet."""
    for code in machine.world.nodes:
        mark = ids.new().hex[-8:]  # one that nothing has yet
        machine.hub_fills_a_shelf(code=code, mark=mark, title="short")
        machine.node_notes_a_visit(code=code, mark=mark, note="", pick=0, refers=True)


@pytest.mark.parametrize("number", [SEED, pytest.param(SEED + 1, marks=pytest.mark.chaos)])
def test_every_upheaval_happens_in_an_order_of_the_seed_and_nothing_is_lost(made_world: World, number: int) -> None:
    machine: Upheavals = type("Machine", (Upheavals,), {"world": made_world, "happened": Counter()})()
    machine.begin()
    order = random.Random(number).sample(sorted(UPHEAVALS), len(UPHEAVALS))
    for what in order:
        _work(machine)
        _settled(machine)
        for which in range(3):
            machine.a_machine_is_backed_up(which=which)
        _work(machine)
        UPHEAVALS[what](machine)
        machine.what_must_always_hold()
        machine.exchange_over_a_bad_line(code="QM", at=2, fault=worlds.cut_after, more=[])
        _settled(machine)
    machine.finish()
    assert {*UPHEAVALS, "pruned"} <= {what for what, times in machine.happened.items() if times}, machine.happened


def test_whatever_upheavals_happen_nothing_is_lost(made_world: World) -> None:
    _run_machine(made_world, examples=2, steps_each=16, number=SEED)


@pytest.mark.chaos
@pytest.mark.parametrize("number", range(200))
def test_whatever_upheavals_of_any_seed_happen_nothing_is_lost(made_world: World, number: int) -> None:
    _run_machine(made_world, examples=5, steps_each=30, number=number)
