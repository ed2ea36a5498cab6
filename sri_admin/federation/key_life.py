"""How long a key is good: from a position to a position of each stream, never by date (docs/federation.md §5.5)."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

Places = Mapping[str, Sequence[int]]
"""By stream, an epoch and the number of a line in it, as it travels."""


class EndReason(StrEnum):
    """Why a key came to its end."""

    ROTATED = "rotated"
    STOLEN = "stolen"
    LOST = "lost"
    SEEN = "seen"
    CLOSED = "closed"


WITHDRAWN = (EndReason.STOLEN, EndReason.LOST, EndReason.SEEN, EndReason.CLOSED)


class Place(NamedTuple):
    """A line of a stream, by epoch and number; places of one stream follow one another in this order."""

    epoch: int
    n: int


def is_good(stream: str, place: Place, *, begins: Places | None, ends: Places | None) -> bool:
    """Say whether a key is good at a place.

    Without `begins` it is good from the first line of every stream; a stream `begins` does not name is not bounded
    below. Without `ends` it has no end; a stream `ends` does not name is one the key is no longer good for at all.
    """
    if begins is not None and stream in begins and place < Place(*begins[stream]):
        return False
    return ends is None or (stream in ends and place <= Place(*ends[stream]))


def ends_at(places: Iterable[tuple[str, Place]]) -> dict[str, list[int]]:
    """Return the last places of a key, as they travel."""
    return {stream: [place.epoch, place.n] for stream, place in places}


def begins_after(ends: Places) -> dict[str, list[int]]:
    """Return where the next key begins: right after the last places of the one before."""
    return {stream: [epoch, n + 1] for stream, (epoch, n) in ends.items()}


def earliest(first: Places, second: Places) -> dict[str, list[int]]:
    """Return the lower of two ends for each stream; an end never moves up again, and a stream once closed stays so."""
    return {stream: list(min(Place(*first[stream]), Place(*second[stream]))) for stream in first if stream in second}
