"""What people of two countries and SRI do to a text and its translation, drawn by chance: one seed, one story.

Nobody here is careful: they press what they see, or what they saw some time ago, also where they may not.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor, Mandate, Scope
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError
from sri_admin.localization.models import Contribution, ContributionReview
from sri_admin.localization.operations import contributions, decisions
from sri_admin.localization.queries.grants import languages_by_member, languages_of
from sri_admin.localization.queries.texts import Segment, text_of
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.rules.standing import State, Verdict
from sri_admin.materials.queries.works import newest_release, work_by_code
from sri_admin.materials.rules.blocks import Risk
from sri_admin.materials.rules.releases import LicenceClass
from sri_admin.members.models.member import Member
from sri_admin.members.rules.member import MemberState, Transition
from tests.federation.world import Site, World, cut_after, cut_before
from tests.make import localization as loc
from tests.make import materials
from tests.make import members as make
from tests.make.materials import CODE

T = TypeVar("T")
CODES = ("QM", "QN")
POLISH = "pl"
_SOURCES = (
    ("It takes **90** minutes.", "It takes **60** minutes."),
    ("Nobody has to speak.", "Nobody needs to speak."),
)
_WORDINGS = {
    "It takes": ("Trwa {1}90{/1} minut.", "Trwa {1}60{/1} minut.", "Trwa 90 minut."),
    "Nobody": ("Nikt nie musi mówić.", "Nie trzeba mówić."),
}
_HOURS = (1, 5, 30)
_LATE = 0.2  # how often somebody sends what they had opened earlier
_DUTIFUL, _SRI_WORKS = 0.7, 0.6
_HASTE = 0.2  # how often SRI tries to release what is not whole
_CLAIMS = 0.3  # how often somebody claims to have seen what only others know
_OTHER = 0.4  # how often somebody decides who is no reviser
_SHOWN = 3


def source(*chosen: str) -> str:
    """Write the source with one wording for each of its blocks."""
    return "\n\n".join(chosen)


def begin(world: World) -> None:
    """License both countries for a text that may be translated into Polish, and bring it to their nodes."""
    for code, member in world.members.items():
        for transition in (Transition.APPLY, Transition.ACCEPT):
            world.hub.do(lambda member=member, transition=transition: make.step(member, transition))
            world.time.sleep(60)
        world.hub.do(lambda member=member, code=code: make.signed(member, territories=[code]))
        world.hub.do(lambda member=member: make.step(member, Transition.LICENSE))
    text = source(*(each[0] for each in _SOURCES))
    world.hub.do(lambda: materials.released(text=text, licence=LicenceClass.LICENSED, Nobody=Risk.PROGRAM))
    for member in world.members.values():
        world.hub.do(lambda member=member: loc.granted(member))
    world.settle()


@dataclass(frozen=True)
class Sight:
    """What a page showed somebody: a segment, what was known of it, and the wordings there were."""

    segment: str
    revision: str
    text: str
    heads: tuple[str, ...]
    wordings: tuple[UUID, ...]
    approvals: tuple[UUID, ...]


@dataclass
class Story:
    """One story: the world it happens in, the chance that draws it, and what was done so far."""

    world: World
    seed: int
    told: list[str] = field(default_factory=list)
    seen: dict[str, list[Sight]] = field(default_factory=dict)
    barred: set[tuple[UUID, date]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Name the people: all but the first of a desk may review, and one of them also decides for SRI."""
        self.chance = random.Random(self.seed)
        self.desks = {code: self._people(self.world.members[code]) for code in CODES}
        hub = Mandate(role="integrity_lead", scope=Scope.HUB, member_id=self.world.hub_id, starts_on=date(2020, 1, 1))
        both = self.desks["QM"][2]
        lead = Actor(label=both.label, account_id=both.account_id, mandates=(*both.mandates, hub))
        self.leads = (lead, self.world.hub.do(lambda: make.actor("integrity_lead")))
        self.versions, self.code, self.day = 0, CODES[0], date.min

    def _code(self) -> str:
        return self.chance.choice(CODES)

    def _people(self, member: UUID) -> tuple[Actor, ...]:
        return tuple(loc.somebody(role, member) for role in ("translator", "reviser", "reviser", "reviser"))

    def go_on(self) -> None:
        """Let one thing happen: mostly what waits for somebody, else anything."""
        anything = (
            self.translate,
            self.review,
            self.decide,
            self.release,
            self.change_source,
            self.suspend_or_lift,
            self.grant,
            self.exchange,
            self.exchange_over_a_bad_line,
            self.wait,
        )
        deed = self._what_waits() if self.chance.random() < _DUTIFUL else self.chance.choice(anything)
        self.told.append(f"{deed.__name__} {self.code}")
        deed()
        if deed in (self.suspend_or_lift, self.grant, self.wait) or self.day != self.world.time.now.date():
            self._note_who_is_barred()

    def _note_who_is_barred(self) -> None:
        self.day = self.world.time.now.date()
        granted = self.world.hub.read(languages_by_member)
        barred = {*self._suspended(), *(each for each in self.world.members.values() if each not in granted)}
        self.barred |= {(each, self.day) for each in barred}

    def _what_waits(self) -> Callable[[], None]:
        at_hub = self.world.hub.read(lambda: _states(None))
        if self.chance.random() < _SRI_WORKS and at_hub & {State.INTEGRITY, State.CONTESTED}:
            return self.decide
        if at_hub == {State.APPROVED}:
            return self.chance.choice([self.release, self.change_source])
        if State.APPROVED in at_hub and self.chance.random() < _HASTE:
            return self.release
        self.code = self._code()
        member = self.world.members[self.code]
        here = self.site(self.code).read(lambda: _states(member))
        if here & {State.DRAFTED, State.TWO_VERSIONS}:
            return self.review
        return self.translate if here & {State.MISSING, State.OUTDATED, State.RETURNED} else self.exchange

    def translate(self) -> None:
        """Somebody writes a wording at a node, perhaps of a source that is gone."""
        code = self.code
        sight, (actor,) = self._sight(code, "segment"), self.chance.choices(self.desks[code], [8, 1, 1, 1])
        if sight is None:
            return
        texts = next(texts for word, texts in _WORDINGS.items() if sight.text.startswith(word))
        values = {"segment": sight.segment, "revision": sight.revision, "text": self.chance.choice(texts)}
        values |= {"waiver": self.chance.choice([None, "So it is said here."])}
        values |= {"seen": [str(each) for each in sight.wordings]}
        desk = Desk(self.world.members[code], POLISH)
        self._at(code, lambda: contributions.contribute(actor, desk, work_by_code(CODE), values=values))

    def review(self) -> None:
        """Somebody approves or returns a wording at a node, perhaps their own; some claim to have seen everything."""
        code, claims = self.code, self.chance.random() < _CLAIMS
        sight, actor = self._sight(code, "wordings"), self.chance.choice(self.desks[code][1:])
        if sight is None or not sight.wordings:
            return
        values = self._verdict(replace(sight, approvals=())) | {"seen": list(sight.heads)}
        everything = self.world.hub.read(lambda: set(map(str, db.session.scalars(sa.select(ContributionReview.id)))))
        desk = Desk(self.world.members[code], POLISH)

        def act() -> None:
            row = contributions.review(actor, desk, work_by_code(CODE), values=values)
            row.seen = sorted({*row.seen, *everything - self._own(code)}) if claims else row.seen

        self._at(code, act)

    def _own(self, code: str) -> set[str]:
        mine = sa.select(ContributionReview.id).where(ContributionReview.member_id == self.world.members[code])
        return {str(each) for each in db.session.scalars(mine)}

    def _verdict(self, sight: Sight) -> dict[str, Any]:
        (verdict,) = self.chance.choices([Verdict.APPROVE, Verdict.RETURN], [4, 1])
        return {
            "segment": sight.segment,
            "revision": sight.revision,
            "contribution_id": self.chance.choice(sight.approvals * _SHOWN + sight.wordings),
            "verdict": verdict,
            "note": self.chance.choice(["", "It says something else."]),
        }

    def decide(self) -> None:
        """SRI accepts a wording or returns it, sometimes one it was never asked about."""
        sight, lead = self._sight("SRI", "approvals"), self.leads[self.chance.random() < _OTHER]
        if sight is not None and (sight.wordings or sight.approvals):
            values = self._verdict(sight)
            self._at("SRI", lambda: decisions.decide(lead, work_by_code(CODE), POLISH, values=values))

    def change_source(self) -> None:
        """SRI says a block otherwise, or as it was before, and releases the source anew."""
        text = source(*(self.chance.choice(each) for each in _SOURCES))
        self.versions += 1

        def act() -> None:
            materials.draft(text=text, Nobody=Risk.PROGRAM)
            materials.release(version_no=f"1.0.{self.versions}")

        self._try(lambda: self.world.hub.do(act))

    def release(self) -> None:
        """SRI tries to release the translation, whether it is whole or not."""
        manager = self.world.hub.do(lambda: make.actor("materials_manager"))

        def act() -> None:
            last = newest_release(work_by_code(CODE), POLISH)
            number = f"1.0.{int(last.version_no.rsplit('.', 1)[1]) + 1}" if last else "1.0.0"
            values = {"version_no": number, "notes": "As it is approved."}
            decisions.release_text(manager, work_by_code(CODE), POLISH, values=values)

        self._at("SRI", act)

    def suspend_or_lift(self) -> None:
        """SRI suspends a country, or lets it go on."""
        suspended = self._suspended()
        member = (suspended or [self.world.members[self.chance.choice(CODES)]])[0]
        step = Transition.LIFT_SUSPENSION if suspended else Transition.SUSPEND
        self._try(lambda: self.world.hub.do(lambda: make.step(member, step)))

    def _suspended(self) -> list[UUID]:
        wanted = sa.select(Member.member_id).where(Member.state == MemberState.SUSPENDED)
        return self.world.hub.read(lambda: list(db.session.scalars(wanted)))

    def grant(self) -> None:
        """SRI grants the language to a country whose grant has ended, for a day or without end."""
        member, manager = self.world.members[self.chance.choice(CODES)], make.actor
        ends = self.chance.choice([0, None])

        def act() -> None:
            if POLISH not in languages_of(member):
                today = clock.today()
                values = {"language": POLISH, "starts_on": today, "ends_on": today if ends == 0 else None}
                decisions.grant_language(manager("materials_manager"), member, values=values)

        self._try(lambda: self.world.hub.do(lambda: make.writing(member, act)))

    def exchange(self) -> None:
        """A node exchanges with the hub."""
        self.world.sync(self.code)
        self.code = self._code()

    def exchange_over_a_bad_line(self) -> None:
        """A node tries to exchange, and the line breaks somewhere."""
        line = self.world.lines[code := self.chance.choice(CODES)]
        line.faults = [*[None] * self.chance.randrange(6), self.chance.choice([cut_before, cut_after])]
        self.world.sync(code)
        line.faults = []

    def wait(self) -> None:
        """Hours go by."""
        self.world.time.sleep(self.chance.choice(_HOURS) * 3600)

    def come_to_rest(self) -> None:
        """Let both countries go on as they began, and exchange until nothing moves."""
        for member in self._suspended():
            self.world.hub.do(lambda member=member: make.step(member, Transition.LIFT_SUSPENSION))
        for member in self.world.members.values():
            self.world.hub.do(lambda member=member: loc.granted(member))
        self.world.settle()
        self.world.settle()

    def site(self, code: str) -> Site:
        """Return the installation of a country, or the hub."""
        return self.world.nodes.get(code, self.world.hub)

    def _at(self, code: str, act: Callable[[], Any]) -> None:
        member = self.world.members.get(code, self.world.hub_id)
        self._try(lambda: self.site(code).do(lambda: make.writing(member, act)))

    def _try(self, act: Callable[[], Any]) -> None:
        # Refusals are part of the story; what they refuse is held against the facts afterwards.
        try:
            act()
        except AppError as error:
            self.told.append(f"  {type(error).__name__} {error}")
        self.world.time.sleep(self.chance.randrange(1, 600))

    def _sight(self, code: str, has: str) -> Sight | None:
        """Return what somebody looks at: a segment that has something, now or as it was when the page was opened."""
        member, known = self.world.members.get(code), self.seen.setdefault(code, [])
        sights = self.site(code).read(lambda: _sights(member))
        fitting = [each for each in sights if getattr(each, has)] or sights
        if fitting:
            known.append(self.chance.choice(fitting))
        older = [each for each in known[-6:] if getattr(each, has)]
        if older and self.chance.random() < _LATE:
            return self.chance.choice(older)
        return known[-1] if known else None


def _states(member: UUID | None) -> set[State]:
    text = text_of(work_by_code(CODE), POLISH, member_id=member)
    return {each.standing.state for each in text.segments} if text else set()


def _sights(member: UUID | None) -> list[Sight]:
    text = text_of(work_by_code(CODE), POLISH, member_id=member)
    return [_sight(each, member) for each in text.segments] if text else []


def _sight(segment: Segment, member: UUID | None) -> Sight:
    wanted = sa.select(Contribution.id).where(Contribution.block_uid == segment.block.uid)
    mine = wanted.where(Contribution.member_id == member) if member else wanted
    block, known = segment.block, db.session.scalars(mine.order_by(Contribution.at, Contribution.id)).all()
    return Sight(
        segment=block.uid,
        revision=block.revision,
        text=block.text,
        heads=segment.standing.heads,
        wordings=tuple(known[-_SHOWN:]),
        approvals=tuple(UUID(each.version_id) for each in segment.standing.approvals),
    )
