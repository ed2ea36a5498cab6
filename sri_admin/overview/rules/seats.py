"""The circle: one seat for each country that has one, in the order of names."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sri_admin.members.rules.member import SEATED, MemberState
from sri_admin.members.rules.naming import sorting_key
from sri_admin.overview.rules.facts import CountryFacts
from sri_admin.overview.rules.needs import Need, NeedKind

PAUSED = frozenset({MemberState.SUSPENDED, MemberState.DORMANT})


class SeatState(StrEnum):
    """How a country sits in the circle; where several hold, the first one is shown."""

    OVERDUE = "overdue"
    PAUSED = "paused"
    UNKNOWN = "unknown"
    QUESTION = "question"
    HERE = "here"


@dataclass(frozen=True)
class Seat:
    """One country in the circle, and what needs somebody there."""

    country: CountryFacts
    state: SeatState
    needs: tuple[Need, ...] = ()


def seats_of(countries: Iterable[CountryFacts], needs: Mapping[str, Sequence[Need]]) -> list[Seat]:
    """Return the seats, by name in the reader's language; `needs` are by code of country."""
    seated = [each for each in countries if each.state in SEATED]
    ordered = sorted(seated, key=lambda each: (sorting_key(each.name), each.code))
    return [Seat(each, seat_state(each, needs.get(each.code, ())), tuple(needs.get(each.code, ()))) for each in ordered]


def seat_state(country: CountryFacts, needs: Sequence[Need]) -> SeatState:
    """Say how one country sits."""
    families = {each.family for each in needs}
    if "stop" in families:
        return SeatState.OVERDUE
    if country.state in PAUSED:
        return SeatState.PAUSED
    if any(each.kind is NeedKind.NEVER_REACHED for each in needs):
        return SeatState.UNKNOWN
    if "soon" in families or country.state is MemberState.WITHDRAWING:
        return SeatState.QUESTION
    return SeatState.HERE


def counted(seats: Iterable[Seat]) -> Counter[SeatState]:
    """Count the seats in each state."""
    return Counter(each.state for each in seats)
