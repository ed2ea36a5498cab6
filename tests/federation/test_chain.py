"""Equal chain values mean equal lines."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.federation.chain import extend, extend_many, genesis, line_hash

LOG_ID = str(uuid.UUID(int=1))
ORIGINS = st.tuples(
    st.sampled_from(["a.b", "a.bc", "a.b1"]),
    st.integers(1, 30),
    st.sampled_from([LOG_ID, str(uuid.UUID(int=2))]),
    st.sampled_from([None, bytes(32), b"\1" * 32]),
)
Origin = tuple[str, int, str, bytes | None]


@given(ORIGINS, ORIGINS)
def test_logs_of_different_origin_begin_with_different_values(one: Origin, other: Origin) -> None:
    first = genesis(one[0], one[1], log_id=one[2], base=one[3])
    second = genesis(other[0], other[1], log_id=other[2], base=other[3])
    assert (first == second) == (one == other)


def test_a_field_cannot_run_into_the_next() -> None:
    with pytest.raises(ValueError, match="line break"):
        genesis("a.b\n1", 1, log_id=LOG_ID, base=None)
    with pytest.raises(ValueError, match="32 bytes"):
        genesis("a.b", 1, log_id=LOG_ID, base=b"short")


@given(st.lists(st.binary(max_size=8), max_size=8), st.integers(0, 8))
def test_a_chain_computed_in_two_parts_is_the_same(raws: list[bytes], cut: int) -> None:
    hashes = [line_hash(raw) for raw in raws]
    whole = [bytes(32), *extend_many(bytes(32), hashes)]
    cut = min(cut, len(hashes))
    assert whole[cut + 1 :] == extend_many(whole[cut], hashes[cut:])
    assert all(extend(before, h) == after for before, h, after in zip(whole, hashes, whole[1:], strict=False))


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=6), st.lists(st.binary(max_size=8), min_size=1, max_size=6))
def test_different_lines_give_different_values(one: list[bytes], other: list[bytes]) -> None:
    ends = [extend_many(bytes(32), map(line_hash, raws))[-1] for raws in (one, other)]
    assert (ends[0] == ends[1]) == (one == other)
