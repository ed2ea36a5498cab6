"""Pages, batches, positions and changes are judged by what they say alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.federation import limits, merge
from sri_admin.federation.chain import extend_many, genesis, line_hash
from sri_admin.federation.checkpoint import Checkpoint
from sri_admin.federation.lines import Change, encode_change, erased_form, has_more_values
from sri_admin.federation.merge import Action, ChangeVerdict, Held, PeerPosition, PeerStatus, Position, StreamError

ID = "018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978"
STREAM = "member.x.ops"
AT = "2026-11-20T10:00:00Z"
ZERO = genesis(STREAM, 1, log_id=ID, base=None)
BASE = Change(1, "a", ID, 1, "put", 1, 1, True, AT, "acc_1", {})
LAYOUTS = st.lists(st.integers(1, 4), min_size=1, max_size=6)


def log(layout: list[int], *, mark: str = "") -> list[bytes]:
    """Return the lines of a log with transactions of these sizes."""
    lines: list[bytes] = []
    for size in layout:
        first = len(lines) + 1
        lines += [
            encode_change(BASE._replace(n=n, x=first, e=n == first + size - 1, d={"mark": mark}))
            for n in range(first, first + size)
        ]
    return lines


def chains(lines: list[bytes]) -> list[bytes]:
    """Return chain_0 and the value after each line."""
    return [ZERO, *extend_many(ZERO, [line_hash(raw) for raw in lines])]


def position(lines: list[bytes], n: int) -> Position:
    """Return the place after line n of a log."""
    return Position(STREAM, 1, ID, n, chains(lines)[n])


def signed(lines: list[bytes], n: int | None = None) -> Checkpoint:
    """Return the writer's checkpoint at n, else at the end."""
    end = len(lines) if n is None else n
    return Checkpoint(STREAM, 1, ID, end, chains(lines)[end], AT, ID, ID)


def nothing_kept(_: int) -> bytes | None:
    """Keep no chain value below the head."""
    return None


def checked(lines: list[bytes], *, start: Position, checkpoint: Checkpoint) -> merge.Page:
    """Read lines and verify what was read."""
    return merge.check_page(lines, merge.read_entries(lines), start=start, checkpoint=checkpoint)


def refusal(lines: list[bytes], start: Position, checkpoint: Checkpoint) -> str:
    """Return the code with which a page is refused."""
    with pytest.raises(StreamError) as refused:
        checked(lines, start=start, checkpoint=checkpoint)
    return refused.value.code


@given(LAYOUTS, st.data())
def test_a_log_read_in_pages_cut_at_transaction_ends_is_the_log(layout: list[int], data: st.DataObject) -> None:
    lines = log(layout)
    cut = sum(layout[: data.draw(st.integers(0, len(layout)))])
    first = checked(lines[:cut], start=position(lines, 0), checkpoint=signed(lines, cut))
    second = checked(lines[cut:], start=first.end, checkpoint=signed(lines))
    assert second.end == position(lines, len(lines))
    assert first.chains + second.chains == chains(lines)[1:]
    assert [entry.n for entry in first.entries + second.entries] == list(range(1, len(lines) + 1))


@given(LAYOUTS, st.data())
def test_a_page_cut_inside_a_transaction_is_refused_on_both_sides(layout: list[int], data: st.DataObject) -> None:
    lines = log([*layout, 3])
    cut = len(lines) - data.draw(st.integers(1, 2))
    assert refusal(lines[:cut], position(lines, 0), signed(lines, cut)) == "not_transaction_end"
    assert refusal(lines[cut:], position(lines, cut), signed(lines)) == "bad_transaction"


@given(LAYOUTS, st.data())
def test_any_missing_repeated_exchanged_or_altered_line_is_refused(layout: list[int], data: st.DataObject) -> None:
    lines, other = log([*layout, 1]), log([*layout, 1], mark="other")
    at = data.draw(st.integers(0, len(lines) - 1))
    damaged = [
        lines[:at] + lines[at + 1 :],
        lines[: at + 1] + lines[at:],
        [*lines[:at], other[at], *lines[at + 1 :]],
        [*lines, lines[at]],
        list(reversed(lines)),
    ]
    for page in damaged:
        assert refusal(page, position(lines, 0), signed(lines)) in {"gap", "truncated", "bad_chain"}


def test_what_is_wrong_with_the_numbers_has_its_own_code() -> None:
    lines = log([1, 1, 1, 1])
    assert refusal(lines[1:], position(lines, 0), signed(lines)) == "gap"
    assert refusal(lines[:3], position(lines, 0), signed(lines)) == "truncated"
    assert refusal(lines, position(lines, 0), signed(lines, 3)) == "bad_chain"
    assert refusal([], position(lines, 3), signed(lines, 2)) == "rewound"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"stream": "member.y.ops"}, "wrong_stream"),
        ({"epoch": 2}, "unknown_epoch"),
        ({"log_id": ID.replace("0", "1")}, "forked"),
    ],
)
def test_a_checkpoint_of_another_log_is_refused(other: dict[str, Any], code: str) -> None:
    lines = log([1])
    assert refusal(lines, position(lines, 0), signed(lines)._replace(**other)) == code


def test_a_checkpoint_of_an_earlier_epoch_is_stale() -> None:
    lines = log([1])
    assert refusal(lines, position(lines, 0)._replace(epoch=2), signed(lines)) == "stale_epoch"


def test_an_empty_page_at_the_head_is_sound_and_at_another_chain_value_is_not() -> None:
    lines = log([2])
    head = position(lines, 2)
    assert checked([], start=head, checkpoint=signed(lines)).end == head
    assert refusal([], head._replace(chain=bytes(32)), signed(lines)) == "bad_chain"


def test_a_page_over_a_limit_is_refused() -> None:
    many = [b"{}"] * (limits.PAGE_CHANGES + 1)
    large = [b"x" * limits.LINE_BYTES] * 4
    lines = log([1])
    assert refusal(many, position(lines, 0), signed(lines)) == "page_too_large"
    assert refusal(large, position(lines, 0), signed(lines)) == "page_too_large"


def test_a_page_of_too_many_values_is_refused_before_a_line_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny, lines = b'{"a":[' + b"{}," * 24_000 + b"{}]}", log([1])
    monkeypatch.setattr(merge, "decode_entry", lambda _raw: pytest.fail("a line was decoded"))
    assert refusal([tiny] * 7, position(lines, 0), signed(lines)) == "page_too_large"


def test_commas_and_brackets_of_texts_are_no_values() -> None:
    text = b'{"a":"' + b',{[\\"' * 40_000 + b'"}'
    assert has_more_values([text] * 3, 300_000) is False
    assert has_more_values([b'{"a":[' + b"1," * 60_000 + b"1]}"] * 6, limits.PAGE_VALUES)


@given(LAYOUTS, st.data())
def test_erasing_any_lines_leaves_the_page_sound(layout: list[int], data: st.DataObject) -> None:
    lines = log(layout)
    erased = [erased_form(raw) if data.draw(st.booleans()) else raw for raw in lines]
    page = checked(erased, start=position(lines, 0), checkpoint=signed(lines))
    assert page.end == position(lines, len(lines))


@given(LAYOUTS, st.data())
def test_an_authentic_line_that_breaks_the_profile_is_set_aside(layout: list[int], data: st.DataObject) -> None:
    lines = log(layout)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = b'{"k":"c","d":1.5}'
    page = checked(lines, start=position(lines, 0), checkpoint=signed(lines))
    assert [entry.n for entry in page.entries if isinstance(entry, merge.Refused)] == [at + 1]
    assert page.end.n == len(lines)


def push(lines: list[bytes], from_n: int, *, kept: list[bytes], ack_n: int, oldest: int = 0) -> merge.PushVerdict:
    """Judge a batch of `lines` from from_n on at a hub that holds `kept` up to ack_n and keeps chains from `oldest`."""
    hashes = [line_hash(raw) for raw in lines[from_n - 1 :]]
    batch = merge.Batch(1, from_n, chains(lines)[from_n - 1], hashes)
    own = chains(kept)
    return merge.judge_push(batch, position(kept, ack_n), chain_at=lambda n: own[n] if n >= oldest else None)


@given(st.integers(1, 8), st.integers(0, 8), st.integers(1, 9))
def test_a_batch_of_the_same_log_is_never_a_fork(length: int, ack_n: int, from_n: int) -> None:
    lines = log([1] * 8)
    verdict = push(lines[: max(length, from_n - 1)], from_n, kept=lines, ack_n=ack_n)
    if from_n > ack_n + 1:
        assert verdict == merge.Gap(ack_n + 1)
    elif max(length, from_n - 1) <= ack_n:
        assert verdict == merge.Already()
    else:
        assert verdict == merge.Apply(ack_n - from_n + 1)


@given(st.integers(1, 6), st.integers(1, 6))
def test_an_overlap_with_other_bytes_is_a_fork(ack_n: int, from_n: int) -> None:
    ours, theirs = log([1] * 6), log([1] * 6, mark="other")
    verdict = push(theirs, from_n, kept=ours, ack_n=ack_n)
    assert isinstance(verdict, merge.Gap if from_n > ack_n + 1 else merge.Forked)


def test_a_batch_on_another_past_is_a_fork() -> None:
    ours, theirs = log([1] * 4), log([1] * 6, mark="other")
    assert push(theirs, 5, kept=ours, ack_n=4) == merge.Forked(4)


def test_a_batch_too_old_to_compare_is_answered_with_the_number_expected() -> None:
    lines = log([1] * 6)
    assert push(lines[:3], 1, kept=lines, ack_n=6, oldest=5) == merge.Gap(7)
    assert push(lines, 1, kept=lines, ack_n=6, oldest=5) == merge.Already()


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_batch_of_an_epoch_not_granted_is_stale(epoch: int) -> None:
    ack = Position(STREAM, 2, ID, 0, ZERO)
    assert merge.judge_push(merge.Batch(epoch, 1, ZERO, []), ack, chain_at=nothing_kept) == merge.StaleEpoch(2)


@given(st.integers(0, 6), st.integers(0, 6), st.booleans(), st.booleans())
def test_two_positions_of_one_log_compare_by_number(own_n: int, n: int, forked: bool, cut: bool) -> None:
    lines = log([1] * 6)
    values = chains(lines)
    chain = bytes(32) if forked else values[n]
    theirs = PeerPosition(1, n, chain[:8] if cut else chain)
    status = merge.judge_peer(position(lines, own_n), theirs, chain_at=lambda at: values[at])
    if n > own_n:
        assert status == PeerStatus.AHEAD
    elif forked:
        assert status == PeerStatus.FORKED
    else:
        assert status == (PeerStatus.OK if n == own_n else PeerStatus.BEHIND)


def test_a_peer_in_another_epoch_or_below_what_is_kept_has_its_own_status() -> None:
    own = position(log([1, 1]), 2)._replace(epoch=2)
    cases = {(1, 9): "stale_epoch", (3, 0): "ahead", (2, 1): "expired"}
    for (epoch, n), status in cases.items():
        assert merge.judge_peer(own, PeerPosition(epoch, n, ZERO), chain_at=nothing_kept) == status


def test_a_prefix_too_short_to_tell_is_an_error() -> None:
    with pytest.raises(ValueError, match="eight"):
        merge.judge_peer(position([], 0), PeerPosition(1, 0, b""), chain_at=nothing_kept)


def test_two_heads_at_one_number_prove_equivocation() -> None:
    one, other = signed(log([2])), signed(log([2], mark="other"))
    assert merge.is_equivocation(one, other)
    assert not merge.is_equivocation(one, one._replace(at="2026-11-21T10:00:00Z"))
    assert not merge.is_equivocation(one, other._replace(epoch=2))


def judge(held: Held | None, *, h: bytes = b"h", **changes: Any) -> ChangeVerdict:
    """Judge a change of a kind whose versions 2 and 3 are read here."""
    return merge.judge_change(BASE._replace(**{"v": 2, "rev": 5} | changes), h, versions=(2, 3), held=held)


def test_kinds_and_versions_not_known_here_are_parked() -> None:
    assert merge.judge_change(BASE, b"h", versions=None, held=None) == (Action.PARK, "unknown_kind")
    assert judge(None, v=4) == (Action.PARK, "newer_version")
    assert judge(None, v=1) == (Action.QUARANTINE, "older_version")


@given(st.integers(1, 9), st.integers(1, 9), st.booleans(), st.sampled_from(["put", "del", "erase"]))
def test_only_a_higher_revision_is_ever_applied(rev: int, held: int, same: bool, op: str) -> None:
    verdict = judge(Held(held, b"h" if same else b"other"), rev=rev, op=op)
    assert (verdict.action == Action.APPLY) == (rev > held)
    if rev == held:
        assert verdict == ((Action.ALREADY, "") if same else (Action.QUARANTINE, "same_revision"))
    elif rev < held:
        assert verdict.action == Action.SUPERSEDED


def test_an_entry_that_never_changes_is_added_once() -> None:
    assert judge(None, op="add").action == Action.APPLY
    assert judge(Held(5, b"h"), op="add").action == Action.ALREADY
    assert judge(Held(4, b"h"), op="add") == (Action.QUARANTINE, "added_twice")


@given(st.permutations(range(1, 6)))
def test_however_revisions_arrive_and_repeat_the_highest_stays(order: list[int]) -> None:
    held: Held | None = None
    for rev in [*order, *order]:
        if judge(held, rev=rev, h=bytes([rev])).action == Action.APPLY:
            held = Held(rev, bytes([rev]))
    assert held == Held(5, bytes([5]))
