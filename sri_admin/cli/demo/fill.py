"""The history of the fictional countries, lived through in its order, each day with its own date."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.cli.demo import hosted, people, translate
from sri_admin.cli.demo.countries import COUNTRIES, HOLDERS, PLACES, Country, Holder, Step, Terms
from sri_admin.cli.demo.days import live
from sri_admin.cli.demo.meetings import YEAR
from sri_admin.integrity.operations.standards import adopt_edition, call_member, open_cycle
from sri_admin.integrity.queries.standards import open_cycle as going_on
from sri_admin.kernel import clock, ids, tenancy, transaction
from sri_admin.kernel.actor import Actor, system
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Tenant, TenantKind
from sri_admin.kernel.text import Text
from sri_admin.members.models.agreement import AgreementDraft
from sri_admin.members.operations import agreements, drafts, members, offices
from sri_admin.members.queries.agreements import agreement_by_id
from sri_admin.members.queries.members import member_by_id, today_of
from sri_admin.members.rules.agreement import EventKind, ProgrammeType, Right
from sri_admin.members.rules.member import Hosting, Transition
from sri_admin.people.rules import Role
from sri_admin.reporting.operations.catalogue import enter_catalogue

# These are called to the round when it begins, the others as soon as the hub runs.
CALLED = ("QM", "QN", hosted.WITH_BOARD)
_BEFORE_ALL = -1800
_TEXTS_SINCE = -60
_ROUND_SINCE, _ROUND_LASTS = -20, 40
_OFFER_BEFORE, _SIGN_BEFORE = 40, 7
_RIGHTS = (Right.USE_NAME, Right.RUN_MEETINGS, Right.RUN_ONLINE_MEETINGS, Right.TRAIN, Right.TRANSLATE)
_ENDINGS = (Transition.SUSPEND, Transition.MARK_DORMANT, Transition.BEGIN_WITHDRAWAL)
_FIRST_MONTHS = {"north": 1, "east": 4, "south": 7, "west": 1}


@dataclass(frozen=True)
class Deed:
    """One thing somebody at the hub did on a day, for one tenant."""

    day: int
    tenant: UUID
    do: Callable[[Actor], Any]


def fill_hub() -> None:
    """Live through all stories at the hub."""
    today = clock.now()
    with transaction.reading(tenancy.NOWHERE):
        hub_id = tenancy.hub_tenant().id
    with clock.running(clock.fixed(today + timedelta(days=_BEFORE_ALL))):
        people.invite(people.HUB, hub_id)
        director = people.acting(people.HUB[0])
    story = Story(hub_id, clock.today(), {each.code: ids.new() for each in COUNTRIES})
    deeds = ((each.day, each.tenant, partial(each.do, director)) for each in story.deeds())
    live(deeds, {hub_id, *story.ids.values()})


def days_licensed(code: str) -> int:
    """Return since how many days a country has been licensed, a year at most."""
    terms = next(each.terms for each in COUNTRIES if each.code == code)
    return min(YEAR, -terms.starts - 4) if terms else 0


def _licensed(country: Country) -> tuple[int, int]:
    """Return from which day on and until when a country was licensed, counted from today, a year at most."""
    ended = (each.day for each in country.steps if each.transition in _ENDINGS)
    return -days_licensed(country.code), min((0, *ended))


def tenants(*kinds: TenantKind) -> list[UUID]:
    """Return the tenants there are, of some kinds or all."""
    wanted = sa.select(Tenant.id).where(Tenant.kind.in_(kinds or tuple(TenantKind)))
    with transaction.reading(tenancy.NOWHERE):
        return list(db.session.scalars(wanted))


def enter_holders(actor: Actor, member_id: UUID, code: str) -> None:
    """Enter who holds an office in a country, where its own records are kept."""
    for each in HOLDERS[code]:
        values = holder_values(each, code, clock.today())
        enter = lambda values=values: offices.enter_office_holder(actor, member_by_id(member_id), values=values)  # noqa: E731 - one call
        transaction.write(tenancy.only(member_id), enter)


def holder_values(holder: Holder, code: str, today: date) -> dict[str, Any]:
    """Return what is entered about somebody in an office; addresses and numbers are of ranges kept for fiction."""
    return {
        "id": ids.new(),
        "office": holder.office,
        "display_name": holder.name,
        "starts_on": today + timedelta(days=holder.since),
        "email": f"{holder.office.value.replace('_', '-')}@{code.lower()}.example",
        "phone": "+44 1632 960001",
        "phone_country": "GB",
    }


@dataclass(frozen=True)
class Story:
    """All deeds of the demonstration, in no order."""

    hub_id: UUID
    today: date
    ids: Mapping[str, UUID]

    def deeds(self) -> Iterator[Deed]:
        """Yield every deed."""
        places = [(each.code, each.name, each.name_ar) for each in COUNTRIES]
        for code, name, name_ar in (*places, *PLACES):
            values = {"code": code, "names": Text.of(name, ar=name_ar)}
            yield Deed(_BEFORE_ALL + 1, self.hub_id, self._add_place(values))
        for country in COUNTRIES:
            yield from self._country(country, self.ids[country.code])
        yield Deed(_BEFORE_ALL + 1, self.hub_id, lambda actor: enter_catalogue(actor, self.hub_id))
        yield Deed(_ROUND_SINCE, self.hub_id, self._open_round)
        for act in translate.at_hub(self.hub_id):
            yield Deed(_TEXTS_SINCE, self.hub_id, act)

    def _open_round(self, _actor: Actor) -> None:
        lead = people.invented(Role.INTEGRITY_LEAD, self.hub_id)
        adopt_edition(lead, self.hub_id)
        db.session.flush()
        values = {
            "name": f"Round of {self.today.year}",
            "covers_from": self.today - timedelta(days=YEAR),
            "covers_to": self.today + timedelta(days=_ROUND_SINCE),
            "due_on": self.today + timedelta(days=_ROUND_LASTS),
        }
        open_cycle(lead, self.hub_id, values=values)

    def _country(self, country: Country, id_: UUID) -> Iterator[Deed]:
        yield Deed(country.registered, self.hub_id, _register(country, id_))
        if country.terms is not None:
            yield from self._agreement(country, country.terms, id_)
        for step in country.steps:
            yield Deed(step.day, id_, _take(step, id_))
        if country.code in translate.texts.LANGUAGES:
            since = self.today + timedelta(days=_TEXTS_SINCE)
            yield Deed(_TEXTS_SINCE + 1, id_, translate.grant(id_, country.code, since))
        if country.code in CALLED:
            yield Deed(_ROUND_SINCE + 1, id_, _call(id_))
        for day, do in hosted.deeds(country.code, id_, self.hub_id, licensed=_licensed(country)):
            yield Deed(day, id_, lambda _actor, do=do: do())
        if country.code not in ("QM", "QN"):
            for holder in HOLDERS.get(country.code, ()):
                yield Deed(-5, id_, _hold(id_, holder_values(holder, country.code, self.today)))

    def _agreement(self, country: Country, terms: Terms, id_: UUID) -> Iterator[Deed]:
        agreement_id = ids.new()
        offered = min(terms.starts - _OFFER_BEFORE, -10)
        values = {**self._terms(country, terms), "id": agreement_id}
        yield Deed(offered, id_, _enter_body(country, id_, self.today + timedelta(days=country.registered)))
        yield Deed(offered, id_, _offer(id_, values))
        if terms.is_signed:
            yield Deed(min(terms.starts - _SIGN_BEFORE, -3), id_, _sign(id_, agreement_id))
        for day, kind, reason in terms.notes:
            yield Deed(day, id_, _note(id_, agreement_id, kind, reason))
        for step in country.steps:
            if step.transition in (Transition.WITHDRAW, Transition.TERMINATE):
                yield Deed(step.day, id_, _close(id_, agreement_id, step))

    def _terms(self, country: Country, terms: Terms) -> dict[str, Any]:
        return {
            "kind": terms.kind,
            "parent_id": None,
            "starts_on": self.today + timedelta(days=terms.starts),
            "ends_on": self.today + timedelta(days=terms.ends),
            "notice_days": 90,
            "grace_days": 30,
            "cure_days": 14,
            "territories": list(terms.places or (country.code,)),
            "exclusive": True,
            "rights": list(_RIGHTS),
            "programme_types": [ProgrammeType.FOUR_POINT],
        }

    def _add_place(self, values: dict[str, Any]) -> Callable[[Actor], Any]:
        return lambda actor: members.enter_territory_extra(actor, self.hub_id, values=values)


def _register(country: Country, id_: UUID) -> Callable[[Actor], Any]:
    values = {
        "id": id_,
        "code": country.code,
        "kind": country.kind,
        "hosting": Hosting.HUB,
        "names": Text.of(country.name, ar=country.name_ar),
        "region": country.region,
        "default_locale": country.locale,
        "time_zone": country.zone,
        "fiscal_month": _FIRST_MONTHS[country.region],
        "fiscal_day": 1,
        "listing": country.listing,
    }
    return lambda actor: members.register_member(actor, None, values=values)


def _call(id_: UUID) -> Callable[[Actor], Any]:
    def call(_actor: Actor) -> None:
        cycle = going_on()
        assert cycle is not None
        call_member(system("demo"), id_, cycle_id=cycle.id)

    return call


def _enter_body(country: Country, id_: UUID, since: date) -> Callable[[Actor], Any]:
    values = {
        "id": ids.new(),
        "name": f"SMART Recovery {country.name}",
        "form": "Association",
        "registration_no": f"{country.code}-0042",
        "country": country.code,
        "starts_on": since,
    }
    return lambda actor: members.enter_legal_entity(actor, member_by_id(id_), values=values)


def _offer(id_: UUID, values: dict[str, Any]) -> Callable[[Actor], Any]:
    def offer(actor: Actor) -> None:
        draft: AgreementDraft = drafts.save_draft(actor, member_by_id(id_), values=values)
        db.session.flush()
        agreements.offer_agreement(actor, draft, values={})

    return offer


def _sign(id_: UUID, agreement_id: UUID) -> Callable[[Actor], Any]:
    def sign(actor: Actor) -> None:
        day = today_of(member_by_id(id_))
        agreements.sign_agreement(actor, agreement_by_id(id_, agreement_id), values={"signed_on": day})

    return sign


def _note(id_: UUID, agreement_id: UUID, kind: EventKind, reason: str) -> Callable[[Actor], Any]:
    def note(actor: Actor) -> None:
        values = {"id": ids.new(), "kind": kind, "on": today_of(member_by_id(id_)), "reason": reason}
        agreements.note_event(actor, agreement_by_id(id_, agreement_id), values=values)

    return note


def _close(id_: UUID, agreement_id: UUID, step: Step) -> Callable[[Actor], Any]:
    close = agreements.terminate_agreement if step.transition is Transition.TERMINATE else agreements.end_agreement

    def act(actor: Actor) -> None:
        values = {"from_day": today_of(member_by_id(id_)), "reason": step.reason}
        close(actor, agreement_by_id(id_, agreement_id), values=values)

    return act


def _take(step: Step, id_: UUID) -> Callable[[Actor], Any]:
    values = {"reason": step.reason, "kind": step.kind}
    return lambda actor: members.STEPS[step.transition](actor, member_by_id(id_), values=values)


def _hold(id_: UUID, values: dict[str, Any]) -> Callable[[Actor], Any]:
    return lambda actor: offices.enter_office_holder(actor, member_by_id(id_), values=values)
