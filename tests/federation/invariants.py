"""What must hold whatever happens: the invariants of sri-sync/1, one function each, over everything that stands.

The functions compare what `seen` read of every installation at once. Derived state is folded there from the stored
bytes alone.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import pairwise
from uuid import UUID

from sri_admin.federation import chain
from sri_admin.federation.checkpoint import SealError
from sri_admin.federation.lines import REMOVALS
from sri_admin.federation.models import AsideState
from sri_admin.federation.stream_names import HUB_CONTROL, parse_name
from tests.federation.seen import Held, Line, Place, Seen, fold, hash_of, look, standing
from tests.federation.world import World


def i1_numbers_are_dense_and_every_change_has_one_line(seen: Seen) -> None:
    """I1: every committed change stands once, at one number; numbers have no gaps; the chain covers the bytes."""
    for held, stream in seen.all_streams():
        for each in [*stream.past, stream]:
            numbers = range(each.floor + 1, each.floor + len(each.lines) + 1)
            assert [line.n for line in each.lines] == list(numbers), stream.name
            hashes = [hash_of(line.raw) for line in each.lines]
            assert [line.chain for line in each.lines] == chain.extend_many(each.genesis, hashes), stream.name
        if stream.own:
            times = Counter((line.kind, line.rec, line.rev) for line in stream.history)
            assert not [each for each, count in times.items() if count > 1], stream.name
            # Who was handed a stream over may have lines of before that did not stand there.
            assert standing(held, stream) == fold(stream, held.kinds, without=stream.not_applied), stream.name


def i2_a_replica_is_the_fold_of_what_its_writer_wrote(seen: Seen) -> None:
    """I2: after quiescence both sides hold the same bytes, and their tables are what those bytes say."""
    for held, stream in seen.replicas():
        writer = seen.writer(stream.name)
        assert writer is not None
        horizon = max(stream.horizon, writer.horizon)
        assert [each.raw for each in stream.after(horizon)] == [each.raw for each in writer.after(horizon)], stream.name
        expected = fold(writer, held.kinds, without=stream.not_applied)
        assert standing(held, stream) == expected, stream.name


def i3_positions_move_only_with_their_lines(seen: Seen) -> None:
    """I3: a position names exactly the lines that are here, and tables say what these lines say."""
    for held, stream in seen.all_streams():
        end = stream.lines[-1].chain if stream.lines else stream.genesis
        assert (stream.position.n, stream.position.chain) == (stream.floor + len(stream.lines), end), stream.name
        for past in stream.past:
            last = past.lines[-1].chain if past.lines else past.genesis
            assert (past.n, past.chain) == (past.floor + len(past.lines), last), stream.name
        if not stream.own:
            assert standing(held, stream) == fold(stream, held.kinds, without=stream.not_applied), stream.name


def i6_transactions_are_whole(seen: Seen) -> None:
    """I6: what is here ends with the last line of a transaction."""
    for _held, stream in seen.all_streams():
        assert not stream.lines or stream.lines[-1].ends, stream.name


def i7_one_writer_an_epoch(seen: Seen) -> None:
    """I7: nobody else writes the same epoch of a stream, and a node only one it was granted.

    Epochs only grow, and each begins on the last line of the one before it. That none grows after its end is watched.
    """
    writers = Counter((s.name, s.position.epoch) for _held, s in seen.all_streams() if s.own)
    assert not [each for each, count in writers.items() if count > 1]
    for held, stream in seen.all_streams():
        if stream.own and not held.site.is_hub:
            assert (stream.name, stream.position.epoch, str(stream.position.log_id)) in held.granted, stream.name
        logs = [(each.epoch, each.log_id, each.floor, each.genesis, each.n, each.chain) for each in stream.past]
        at = stream.position
        logs.append((at.epoch, str(at.log_id), stream.floor, stream.genesis, at.n, at.chain))
        for (before, _log, _floor, _genesis, _n, base), (epoch, log_id, floor, genesis, *_end) in pairwise(logs):
            assert epoch == before + 1, stream.name
            assert floor or genesis == chain.genesis(stream.name, epoch, log_id=log_id, base=base), stream.name


def i8_what_was_taken_is_signed(seen: Seen) -> None:
    """I8: the last statement kept for a stream opens with a key good for it, and its place has its chain value."""
    for _held, stream in seen.all_streams():
        said = stream.said
        if said is None:
            continue
        assert not isinstance(said, SealError), (stream.name, said)
        assert (said.stream, said.n, said.chain) == (stream.name, stream.peer_n, stream.peer_chain)
        if stream.floor <= said.n <= stream.position.n:
            at = said.n - stream.floor
            assert said.chain == (stream.lines[at - 1].chain if at else stream.genesis)


def i9_equal_places_have_equal_chains(seen: Seen) -> None:
    """I9: as far as two installations both reach, they hold the same history."""
    for _held, stream in seen.replicas():
        writer = seen.writer(stream.name)
        if writer is None or stream.name in seen.parted:
            continue
        # A hub that was set back twice gives an epoch its number again; only the log tells the two apart.
        if writer.position[:3] == stream.position[:3]:
            there = {line.n: line for line in writer.lines}
            pairs = [(there[line.n], line) for line in stream.lines if line.n in there]
            assert all(one.chain == other.chain for one, other in pairs), stream.name
            # What was erased at one side stands at the other until the order to forget has arrived.
            assert all(one.raw == other.raw or hash_of(one.raw) == hash_of(other.raw) for one, other in pairs)
        ended = {each.epoch: (each.n, each.chain) for each in writer.past}
        assert all(ended.get(each.epoch, (each.n, each.chain)) == (each.n, each.chain) for each in stream.past)


def i10_nobody_holds_what_is_not_theirs(seen: Seen) -> None:
    """I10: a node holds its own member's streams and the hub's, and rows of nobody else."""
    for code, node in seen.world.nodes.items():
        held, own = seen.held[node.name], seen.world.members[code]
        assert {member for _kind, member, _rec in held.rows} <= {own, seen.world.hub_id}
        for name, stream in held.streams.items():
            assert parse_name(name)[1] in {None, own}
            assert not stream.own or name.startswith("member.")


def i11_what_was_removed_stays_removed(seen: Seen) -> None:
    """I11: no row stands of a record whose newest line that was applied here removes it, however long that is ago."""
    for held, stream in seen.all_streams():
        newest: dict[tuple[str, UUID], Line] = {}
        for line in stream.history:
            if line.kind and line.rec and line.rev and (line.epoch, line.n) not in stream.not_applied:
                key = (line.kind, line.rec)
                newest[key] = max(newest.get(key, line), line, key=lambda each: each.rev or 0)
        gone = {key for key, line in newest.items() if json.loads(line.raw).get("op") in REMOVALS}
        assert not [key for key in gone if (key[0], stream.member_id, key[1]) in held.rows], stream.name


def i12_what_was_erased_is_nowhere(seen: Seen) -> None:
    """I12: after an order to forget a record, no earlier line of it, wherever it is kept, holds more than its hash."""
    for _held, stream in seen.all_streams():
        changes = [(line.epoch, json.loads(line.raw)) for line in stream.history]
        orders = {(each["t"], each["id"]): (epoch, each["rev"]) for epoch, each in changes if each.get("op") == "erase"}
        for epoch, each in [*changes, *((line.epoch, json.loads(line.raw)) for line in stream.coming)]:
            _epoch, rev = orders.get((each.get("t"), each.get("id")), (0, 0))
            assert each.get("rev", rev) >= rev, (stream.name, epoch, each["n"])
        for line in stream.salvaged:
            # A log that parted before the epoch of the order knew nothing of it, whatever its revisions.
            given, _rev = orders.get((line.kind, str(line.rec)), (0, 0))
            assert json.loads(line.raw).get("op", "erase") == "erase" or line.epoch >= given, (stream.name, line.n)


def i13_every_line_is_accounted_for(seen: Seen) -> None:
    """I13: applied, superseded, parked and set aside together are what was received."""
    for held, stream in seen.replicas():
        places = [(each.epoch, each.n) for each in stream.asides]
        assert len(places) == len(set(places))
        open_ = {(each.epoch, each.n) for each in stream.asides if each.state not in _SETTLED}
        assert open_ <= {(line.epoch, line.n) for line in stream.history}
        rows = standing(held, stream)
        for line in stream.history:
            if (line.epoch, line.n) in stream.not_applied or line.kind is None or line.rec is None or line.rev is None:
                continue
            row = rows.get((line.kind, stream.member_id, line.rec))
            assert row is None or row[0] >= line.rev, (stream.name, line.n)


def i14_a_bad_record_blocks_nothing(seen: Seen) -> None:
    """I14: after quiescence positions are equal, whatever was set aside."""
    for _held, stream in seen.replicas():
        writer = seen.writer(stream.name)
        assert writer is not None
        assert stream.position == writer.position, stream.name


def i21_nothing_is_pruned_before_its_receipt(seen: Seen) -> None:
    """I21: what a node no longer keeps of its own log the hub has taken, line for line."""
    for _held, stream in seen.all_streams():
        if not stream.own or not stream.name.startswith("member.") or stream.horizon == (0, 0):
            continue
        hub = seen.held[seen.world.hub.name].streams[stream.name]
        if stream is not hub and stream.name not in seen.parted:
            assert (hub.position.epoch, hub.position.n) >= stream.horizon, stream.name


def i20_green_means_equal(seen: Seen, code: str) -> None:
    """I20: a node that says after an exchange that all is well holds what the hub holds, and nothing was set aside."""
    held, hub = seen.held[seen.world.nodes[code].name], seen.held[seen.world.hub.name]
    if held.is_green:
        for name, stream in held.streams.items():
            # What the hub had set aside of a stream that was handed over to it since is for its own people to see to.
            at_hub = () if hub.streams[name].own else hub.streams[name].asides
            assert all(each.state in _SETTLED for each in (*stream.asides, *at_hub)), name
            assert hub.streams[name].position == stream.position, name


def i20_green_is_what_is_known(seen: Seen) -> None:
    """I20: whenever a node says all is well it stands at every signed head it knows, and all it wrote is held."""
    for code in seen.world.nodes:
        held, hub = seen.held[seen.world.nodes[code].name], seen.held[seen.world.hub.name]
        for name, stream in held.streams.items() if held.is_green else ():
            assert all(each.state in _SETTLED for each in stream.asides), name
            assert stream.trouble is None, name
            assert stream.position.n <= max(stream.peer_n, stream.floor), name
            if stream.own and name not in seen.parted:
                there = hub.streams[name].position
                assert (there.epoch, there.n) >= (stream.position.epoch, stream.position.n), name


_SETTLED = frozenset({AsideState.RESOLVED, AsideState.SUPERSEDED})

ALWAYS = (
    i1_numbers_are_dense_and_every_change_has_one_line,
    i3_positions_move_only_with_their_lines,
    i6_transactions_are_whole,
    i7_one_writer_an_epoch,
    i8_what_was_taken_is_signed,
    i9_equal_places_have_equal_chains,
    i10_nobody_holds_what_is_not_theirs,
    i11_what_was_removed_stays_removed,
    i12_what_was_erased_is_nowhere,
    i13_every_line_is_accounted_for,
    i20_green_is_what_is_known,
    i21_nothing_is_pruned_before_its_receipt,
)
AT_REST = (*ALWAYS, i2_a_replica_is_the_fold_of_what_its_writer_wrote, i14_a_bad_record_blocks_nothing)


@dataclass
class Watch:
    """Looks at a world again and again, and at what may only grow or never change (I5, I7, I18)."""

    revisions: dict[tuple[str, str, UUID, UUID], int] = field(default_factory=dict)
    epochs: dict[tuple[str, str], int] = field(default_factory=dict)
    ended: dict[tuple[str, str, int], tuple[int, bytes]] = field(default_factory=dict)
    control: dict[str, tuple[Place, int]] = field(default_factory=dict)
    before: dict[str, tuple[int, Held]] = field(default_factory=dict)

    def look(self, world: World, *, at_rest: bool = False, synced: str = "", parted: Collection[str] = ()) -> Seen:
        """Check everything that must hold now; of the streams `parted` somebody was set back and not heard yet."""
        seen = replace(look(world, self.before), parted=frozenset(parted))
        for check in AT_REST if at_rest else ALWAYS:
            check(seen)
        for code in world.nodes if at_rest else filter(None, [synced]):
            i20_green_means_equal(seen, code)
        for name, held in seen.held.items():
            self.i5_revisions_never_decrease(name, held)
            self.i7_nothing_of_an_old_epoch_is_applied(name, held)
            self.i18_control_and_root_never_go_back(name, held)
        return seen

    def i5_revisions_never_decrease(self, name: str, held: Held) -> None:
        """I5: no record goes back to an older revision."""
        for key, (version, _payload) in held.rows.items():
            assert version >= self.revisions.get((name, *key), 0), key
            self.revisions[(name, *key)] = version

    def i7_nothing_of_an_old_epoch_is_applied(self, name: str, held: Held) -> None:
        """I7: no stream goes back to an older epoch, and one that has ended gets no further line."""
        for stream in held.streams.values():
            assert stream.position.epoch >= self.epochs.get((name, stream.name), 0), stream.name
            self.epochs[(name, stream.name)] = stream.position.epoch
            for past in stream.past:
                end = self.ended.setdefault((name, stream.name, past.epoch), (past.n, past.chain))
                assert end == (past.n, past.chain), (stream.name, past.epoch)

    def i18_control_and_root_never_go_back(self, name: str, held: Held) -> None:
        """I18: keys, grants and the root are only ever followed forwards."""
        at = held.streams[HUB_CONTROL.value].position
        now = ((at.epoch, at.n), held.root)
        before = self.control.get(name, now)
        assert now[0] >= before[0], name
        assert now[1] >= before[1], name
        self.control[name] = now


def at_rest(world: World) -> Seen:
    """Exchange until nothing moves, then check everything."""
    world.settle()
    return Watch().look(world, at_rest=True)
