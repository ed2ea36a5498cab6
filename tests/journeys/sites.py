"""What can be opened at an installation: every page of its route list, and visitors who together may see them all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from flask import Flask
from werkzeug.routing import Rule

from sri_admin.kernel import i18n, postgres
from sri_admin.kernel.part import BOTH
from sri_admin.people.operations.links import issue_reset_link
from sri_admin.people.queries.accounts import account_by_id
from sri_admin.people.rules import Role
from sri_admin.web import cookies
from sri_admin.web.doors import Door
from tests.conftest import new_installation, settings_for
from tests.journeys.houses import CODE, Houses, Served, served, two_houses
from tests.make import findings, integrity, localization, materials, meetings, members, people, reporting
from tests.make.people import Person
from tests.make.places import furnished, snapshot, stick

PLAIN = {
    "work": materials.CODE,
    "language": "pl",
    "code": CODE,
    "month": "2026-10",
    "step": "suspend",
    "way": "termination",
    "seat": "overdue",
    "criterion": findings.CRITERION,
    "number": "1",
    "day": f"{meetings.EVENING}",
}
# Steps have the words of their own subject.
FIXED = {"meetings.meeting_step": {"step": "hold"}}
# Agreements of another state than the offered one, and ids whose name in the address is only `id`.
OTHERS = {
    "federation.node_show": {"id": "node_id"},
    "keys.withdrawal": {"id": "node_id"},
    "federation.enrolment_show": {"id": "enrolment_id"},
    "members.agreement_amend": {"agreement_id": "signed_id"},
    "members.agreement_close": {"agreement_id": "signed_id"},
    "members.agreement_note": {"agreement_id": "signed_id"},
    "integrity.assessment_show": {"cycle_id": "open_cycle_id"},
    "integrity.answer_edit": {"cycle_id": "open_cycle_id"},
    "integrity.evidence_new": {"cycle_id": "open_cycle_id"},
    "integrity.answers_check": {"cycle_id": "open_cycle_id"},
    "integrity.finding_plan": {"finding_id": "acknowledged_id"},
    "integrity.finding_report": {"finding_id": "planned_id"},
    "integrity.finding_decide": {"finding_id": "disputed_id"},
    "integrity.finding_verify": {"finding_id": "reported_id"},
}
# Pages that say other things at a node than at the hub; the others look alike, so there one language is enough.
DIFFERING = frozenset({"overview.today", "members.our_agreement", "members.office_holder_list"})
LEADING = frozenset({"people.people_own"})
NOWHERE = "/nothing-here"


@dataclass
class Site:
    """An installation with something on every page, and those who may open them."""

    house: Served
    known: dict[str, Any]
    people: tuple[Person, ...]
    is_node: bool = False

    def pages(self, language: str = "ar") -> dict[str, str]:
        """Return the path of every page by its endpoint; KeyError for an address nobody thought of."""
        is_brief = self.is_node and language == i18n.SOURCE
        rules = page_rules(self.house.app)
        return {
            door.endpoint: self._path(door.endpoint, rule)
            for door, rule in rules
            if not is_brief or door.roles != BOTH or door.endpoint in DIFFERING
        }

    def _path(self, endpoint: str, rule: Rule) -> str:
        others: dict[str, str] = OTHERS.get(endpoint, {})
        plain: dict[str, str] = {**PLAIN, **FIXED.get(endpoint, {})}
        named = {name: plain.get(name) or self.known[others.get(name, name)] for name in rule.arguments}
        return self.house.app.url_map.bind(urlsplit(self.house.url).netloc).build(endpoint, named)

    def visitors(self, language: str) -> list[dict[str, str]]:
        """Return the cookies of everybody who visits, last of somebody who owes a code."""
        with self.house.app.app_context():
            spoken = {cookies.name(cookies.LANGUAGE): language}
            owing = {cookies.name(cookies.SESSION): people.owing_code(self.people[-1]), **spoken}
            return [*({**self._session(each), **spoken} for each in self.people), owing]

    def _session(self, somebody: Person) -> dict[str, str]:
        name = cookies.name(cookies.SESSION)
        found = people.browser(self.house.app, somebody).get_cookie(name)
        assert found is not None
        return {name: found.value}


def page_rules(app: Flask) -> Iterator[tuple[Door, Rule]]:
    """Yield every route that shows a page."""
    for rule in app.url_map.iter_rules():
        door = getattr(app.view_functions[rule.endpoint], "door", None)
        if isinstance(door, Door) and door.method == "GET" and door.template and rule.endpoint not in LEADING:
            yield door, rule


@contextmanager
def hub_site(cluster: postgres.Cluster, template: str, home: Path) -> Iterator[Site]:
    """Start a hub with one of everything."""

    def make(url: str) -> Flask:
        settings = settings_for("hub", home, web={"public_url": url})
        return new_installation(cluster, template, f"journey_pages_{uuid4().hex[:10]}", settings)

    with served(make) as house:
        with house.app.app_context():
            known: dict[str, Any] = furnished(house.app, CODE)
            member = known["member"]
            known["token"] = _token(known["person_id"], member)
            visitors = (people.person(Role.SRI_DIRECTOR), people.person(Role.MEMBER_ADMINISTRATOR, member))
            people.setting_up_second_step(visitors[0])
        yield Site(house, known, visitors)


@contextmanager
def node_site(cluster: postgres.Cluster, template: str, home: Path) -> Iterator[Site]:
    """Start a node that is joined to a hub and has something everywhere."""
    with two_houses(cluster, template, home) as houses:
        site = houses.pair.at_node(lambda: _node_site(houses.node, houses.pair.member_id, houses.administrator))
        site.known.update(_found(houses, site.known["cycle_id"]))
        yield site


def _found(houses: Houses, cycle_id: UUID) -> dict[str, UUID]:
    """Let SRI find something in every state in what the country has just handed in at its node."""
    member, pair = houses.pair.member_id, houses.pair
    houses.exchange()
    pair.at_hub(lambda: integrity.reviewed_whole(member, cycle_id))
    found = pair.at_hub(lambda: findings.several(member, integrity.newest_snapshot(member, cycle_id)))
    houses.exchange()
    pair.at_node(lambda: findings.spread(member, found))
    return found


def _node_site(house: Served, member: UUID, administrator: Person) -> Site:
    somebody = people.person(Role.COORDINATOR, member)
    localization.furnished(member)
    reporting.approved(member, attendances=2000)
    people.setting_up_second_step(administrator)
    cycle_id = integrity.call_of(member)
    evidence_id = integrity.begun(member, cycle_id)
    integrity.handed_in(member, cycle_id)
    known = {
        "cycle_id": cycle_id,
        "open_cycle_id": cycle_id,
        "evidence_id": evidence_id,
        **meetings.furnished(member, CODE, somebody.account_id),
        "holder_id": members.office_holder(member, display_name="Kim of the board"),
        "person_id": somebody.account_id,
        "mandate_id": somebody.mandate_id,
        "stick_id": stick(member),
        "snapshot_id": snapshot(member),
        "token": _token(somebody.account_id, member),
    }
    return Site(house, known, (administrator,), is_node=True)


def _token(account_id: UUID, member: UUID) -> str:
    boss = members.actor("member_administrator", member)
    issued = members.writing(member, lambda: issue_reset_link(boss, account_by_id(account_id), member))
    return issued.token
