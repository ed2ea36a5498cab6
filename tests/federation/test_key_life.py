"""A key is good from a place to a place of each stream, and an end never moves up."""

from hypothesis import given
from hypothesis import strategies as st

from sri_admin.federation.key_life import Place, begins_after, earliest, ends_at, is_good

STREAMS = st.sampled_from(["member.a.ops", "member.a.contrib", "hub.control"])
PLACES = st.builds(Place, st.integers(1, 3), st.integers(0, 5))
ENDS = st.dictionaries(STREAMS, PLACES).map(lambda given: ends_at(given.items()))


@given(STREAMS, PLACES)
def test_a_key_without_bounds_is_good_everywhere(stream: str, place: Place) -> None:
    assert is_good(stream, place, begins=None, ends=None)


@given(STREAMS, PLACES, ENDS)
def test_at_every_place_either_the_old_key_is_good_or_the_new_one_and_never_both(
    stream: str, place: Place, ends: dict[str, list[int]]
) -> None:
    old = is_good(stream, place, begins=None, ends=ends)
    new = is_good(stream, place, begins=begins_after(ends), ends=None)
    assert old != new


@given(STREAMS, PLACES, ENDS)
def test_a_key_that_ended_is_good_for_no_stream_its_end_does_not_name(
    stream: str, place: Place, ends: dict[str, list[int]]
) -> None:
    assert not is_good(stream, place, begins=None, ends={name: ends[name] for name in ends if name != stream})


@given(STREAMS, PLACES, ENDS, ENDS)
def test_two_ends_together_let_through_only_what_both_let_through(
    stream: str, place: Place, first: dict[str, list[int]], second: dict[str, list[int]]
) -> None:
    both = is_good(stream, place, begins=None, ends=earliest(first, second))
    assert both == all(is_good(stream, place, begins=None, ends=each) for each in (first, second))


@given(STREAMS, PLACES, PLACES, PLACES)
def test_a_key_is_good_for_an_unbroken_run_of_places(stream: str, place: Place, later: Place, end: Place) -> None:
    ends = ends_at([(stream, end)])
    if place <= later and is_good(stream, later, begins=None, ends=ends):
        assert is_good(stream, place, begins=None, ends=ends)
