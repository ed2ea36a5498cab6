"""The meetings of a country of the demonstration: entered, opened, and logged evening by evening for a year."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.meetings.operations import communities, leaders, logs, meetings
from sri_admin.meetings.queries.lives import life_of
from sri_admin.meetings.queries.meetings import meeting_by_id
from sri_admin.meetings.rules.community import CommunityKind
from sri_admin.meetings.rules.log import LedBy, Outcome
from sri_admin.meetings.rules.meeting import Access, MeetingState, Reason, Settlement, Step, Venue
from sri_admin.meetings.rules.schedule import next_month
from sri_admin.members.queries.members import member_by_id
from sri_admin.members.rules.agreement import ProgrammeType

YEAR = 365
_LEFT_OPEN = 12  # days in which whoever leads the first two meetings has not logged yet
_CONFIRMED = 25
Deed = tuple[int, Callable[[], Any]]


@dataclass(frozen=True, kw_only=True)
class Circle:
    """A meeting: where and when it takes place, since how many days, and how many people usually come."""

    place: int
    name: str
    name_ar: str
    weekday: int
    hour: int
    settlement: Settlement
    venue: Venue = Venue.IN_PERSON
    access: Access = Access.PUBLIC_OPEN
    every_weeks: int = 1
    opened: int = YEAR
    usual: int = 8
    state: MeetingState = MeetingState.ACTIVE


_PLACES = (
    (CommunityKind.CITY, "Harbour City", "مدينة المرفأ"),
    (CommunityKind.VILLAGE, "Three Wells", "الآبار الثلاث"),
    (CommunityKind.ONLINE, "Online", "عبر الإنترنت"),
    (CommunityKind.ORGANISATION, "Northgate prison", "سجن البوابة الشمالية"),
)
_PRISON = 3
CIRCLES = (
    Circle(
        place=0,
        name="Harbour library",
        name_ar="مكتبة المرفأ",
        weekday=2,
        hour=18,
        settlement=Settlement.CITY,
        usual=11,
    ),
    Circle(
        place=2,
        name="Evening online",
        name_ar="أمسية عبر الإنترنت",
        weekday=4,
        hour=20,
        settlement=Settlement.ONLINE,
        venue=Venue.ONLINE,
        usual=16,
    ),
    Circle(
        place=1,
        name="The old school",
        name_ar="المدرسة القديمة",
        weekday=3,
        hour=17,
        settlement=Settlement.VILLAGE,
        every_weeks=2,
        usual=5,
    ),
    Circle(
        place=_PRISON,
        name="Wing B",
        name_ar="الجناح ب",
        weekday=1,
        hour=10,
        settlement=Settlement.INSTITUTION,
        access=Access.CLOSED_SETTING,
        usual=7,
    ),
    Circle(
        place=0,
        name="Market hall, mornings",
        name_ar="قاعة السوق صباحًا",
        weekday=6,
        hour=9,
        settlement=Settlement.CITY,
        opened=150,
        usual=9,
    ),
    Circle(
        place=0,
        name="Students' house",
        name_ar="بيت الطلبة",
        weekday=5,
        hour=16,
        settlement=Settlement.CITY,
        opened=200,
        usual=6,
        state=MeetingState.ON_HOLD,
    ),
    Circle(
        place=1,
        name="Community kitchen",
        name_ar="المطبخ المجتمعي",
        weekday=7,
        hour=15,
        settlement=Settlement.RURAL,
        opened=0,
        state=MeetingState.PROPOSED,
    ),
)


@dataclass(frozen=True)
class Year:
    """The year of one country: who keeps its list, who leads two of its meetings, and since how many days."""

    member_id: UUID
    code: str
    language: str
    keeper: Actor
    leader: Actor | None = None
    days: int = YEAR

    def deeds(self) -> Iterator[Deed]:
        """Yield what was done on which day, counted from today; the same at every start."""
        places = [ids.new() for _ in _PLACES]
        for place, known in zip(places, _PLACES, strict=True):
            yield -self.days, self._enter_place(place, known)
        circles = [
            (circle, ids.new()) for circle in CIRCLES if circle.state is not MeetingState.PROPOSED or self.leader
        ]
        for circle, circle_id in circles:
            yield from self._opening(circle, circle_id, places[circle.place])
        for circle, circle_id in circles:
            yield from self._evenings(circle, circle_id)

    def _enter_place(self, place_id: UUID, known: tuple[CommunityKind, str, str]) -> Callable[[], Any]:
        kind, name, name_ar = known
        values = {"id": place_id, "kind": kind, "name": self._said(name, name_ar)}
        values["sensitive"] = kind is CommunityKind.ORGANISATION
        return lambda: communities.enter_community(self.keeper, member_by_id(self.member_id), values=values)

    def _said(self, name: str, name_ar: str) -> str:
        return name_ar if self.language == "ar" else name

    def _opening(self, circle: Circle, circle_id: UUID, place: UUID) -> Iterator[Deed]:
        day = -min(circle.opened, self.days)
        yield day, lambda: self._enter(circle, circle_id, place)
        if circle.state is MeetingState.PROPOSED:
            return
        yield day, lambda: self._step(circle_id, Step.APPROVE)
        yield day, lambda: self._step(circle_id, Step.ACTIVATE)
        if self.leader is not None and circle in CIRCLES[:2]:
            yield day, lambda: self._name_leader(circle_id)
        if circle.state is MeetingState.ON_HOLD:
            back = clock.today() - timedelta(days=3)
            yield -60, lambda: self._step(circle_id, Step.HOLD, reason=Reason.VENUE_LOST, expected_return=back)
        elif circle.settlement is not Settlement.VILLAGE:
            yield -_CONFIRMED, lambda: self._step(circle_id, Step.CONFIRM)

    def _enter(self, circle: Circle, circle_id: UUID, place: UUID) -> None:
        member = member_by_id(self.member_id)
        values = {
            "id": circle_id,
            "community_id": place,
            "name": self._said(circle.name, circle.name_ar),
            "programme_type": ProgrammeType.FOUR_POINT,
            "audience": [],
            "languages": [self.language],
            "venue": circle.venue,
            "settlement": circle.settlement,
            "access": circle.access,
            "weekday": circle.weekday,
            "starts_at": time(circle.hour, 30),
            "minutes": 90,
            "time_zone": member.time_zone,
            "first_on": clock.today(member.time_zone),
            "every_weeks": circle.every_weeks,
        }
        meetings.enter_meeting(self.keeper, member, values=values)

    def _step(self, circle_id: UUID, step: Step, **values: Any) -> None:
        meetings.take_step(self.keeper, meeting_by_id(self.member_id, circle_id), values={"step": step, **values})

    def _name_leader(self, circle_id: UUID) -> None:
        assert self.leader is not None
        values = {"account_id": self.leader.account_id}
        leaders.name_leader(self.keeper, meeting_by_id(self.member_id, circle_id), values=values)

    def _evenings(self, circle: Circle, circle_id: UUID) -> Iterator[Deed]:
        if circle.state is MeetingState.PROPOSED:
            return
        chance = random.Random(f"{self.code} {circle.name}")  # noqa: S311 - a story, the same every time
        open_days = _LEFT_OPEN if self.leader is not None and circle in CIRCLES[:2] else 1
        today = clock.today()
        month = (today - timedelta(days=min(circle.opened, self.days))).replace(day=1)
        while month <= today:
            last = min(next_month(month) - timedelta(days=1), today - timedelta(days=open_days))
            if last >= month:
                yield (last - today).days, self._month(circle, circle_id, month, chance)
            month = next_month(month)

    def _month(self, circle: Circle, circle_id: UUID, month: date, chance: random.Random) -> Callable[[], Any]:
        def log() -> None:
            meeting = meeting_by_id(self.member_id, circle_id)
            life = life_of(meeting)
            until = clock.today(meeting.time_zone) - timedelta(days=1)
            evenings = life.evenings(month, until) if life else []
            values = [_evening(circle, on, chance) for on in evenings if chance.random() > 0.06]
            logs.log_evenings(self.keeper, meeting, values=values)

        return log


def _evening(circle: Circle, on: date, chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.05:
        return {"on": on, "outcome": Outcome.CANCELLED_PLANNED}
    people = max(1, round(chance.gauss(circle.usual, circle.usual / 4)))
    first_time = sum(chance.random() < 0.15 for _ in range(people))
    return {
        "on": on,
        "outcome": Outcome.HELD_ONLINE if circle.venue is Venue.ONLINE else Outcome.HELD,
        "people": people,
        "first_time": first_time,
        "led_by": [LedBy.ME],
    }
