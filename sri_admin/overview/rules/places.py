"""Who gets how many of the few places of a list."""

from collections import Counter
from collections.abc import Sequence


def shared_out(waiting: Sequence[Sequence[int]], *, most: int) -> list[int]:
    """Return how many things each may show; each tells the ranks of its own, the gravest (the lowest) first.

    Whoever has something gets a place, then the gravest things do; of equally grave ones those of whom has fewer.
    """
    order = sorted(
        (number > 0, rank, number, whose) for whose, ranks in enumerate(waiting) for number, rank in enumerate(ranks)
    )
    places = Counter(whose for *_rank, whose in order[:most])
    return [places[whose] for whose in range(len(waiting))]
