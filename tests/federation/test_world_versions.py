"""Programs of different age: who is older is told on both sides, and floors keep lines back without losing any."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from sri_admin.federation import (
    contact,
    control,
    enrolment,
    floors,
    greeting,
    hello,
    kinds,
    report,
    version_words,
)
from sri_admin.federation.overview import Connection
from sri_admin.federation.versions import Side
from sri_admin.kernel import clock, installation
from sri_admin.kernel.errors import InvalidError
from tests.federation import records
from tests.federation.invariants import at_rest
from tests.federation.records import SHELF, VISIT
from tests.federation.world import BEGINNING, Site, World
from tests.make import federation as make
from tests.make import people

LATER = (BEGINNING + timedelta(days=61)).date()


def at_node(world: World, code: str = "QN") -> Connection:
    return world.nodes[code].read(report.of_hub_link)


def at_hub(world: World, code: str = "QN") -> Connection:
    def read() -> Connection:
        node = enrolment.node_of(world.members[code])
        assert node is not None
        return report.of_node(node)

    return world.hub.read(read)


def older(found: Connection) -> dict[str, Side]:
    return {each.kind: each.older for each in found.differences}


def ops(world: World, code: str = "QN") -> str:
    return f"member.{world.members[code]}.ops"


def demand(world: World, kind: str = VISIT.name, *, version: int = 2, on: date = LATER) -> None:
    world.hub.write(world.hub_id, lambda: floors.demand(records.DOER, kind, version=version, starts_on=on))


def update(world: World, *codes: str) -> None:
    for site in [world.hub if code == "hub" else world.nodes[code] for code in codes]:
        site.stop()
        site.start(records.NEWER)
        site.do(control.replay_parked)


def demand_of_a_newer_hub(world: World) -> None:
    update(world, "hub")
    demand(world)
    world.sync("QN")


def test_programs_of_one_age_differ_in_nothing(world: World) -> None:
    world.sync("QN")
    assert not at_node(world).differences
    assert not at_hub(world).differences
    assert (at_node(world).software, at_hub(world).software) == (hello.SOFTWARE, hello.SOFTWARE)


def test_f36_a_newer_hub_says_on_both_sides_that_the_node_is_older_and_since_when(world: World) -> None:
    update(world, "hub")
    world.sync("QN")
    first = clock.wire(world.time.now)
    world.time.now += timedelta(days=30)
    world.sync("QN")
    assert older(at_node(world)) == {SHELF.name: Side.HERE, VISIT.name: Side.HERE}
    assert older(at_hub(world)) == {SHELF.name: Side.THERE, VISIT.name: Side.THERE}
    assert {clock.wire(each.since) for each in at_hub(world).differences if each.since} == {first}
    update(world, "QN")
    assert not at_node(world).differences
    world.sync("QN")
    assert not at_hub(world).differences


def test_f35_a_node_of_a_newer_program_sees_that_the_hub_is_older(world: World) -> None:
    update(world, "QN")
    make.visit(world.nodes["QN"], world.members["QN"])
    world.sync("QN")
    assert older(at_node(world)) == {SHELF.name: Side.THERE, VISIT.name: Side.THERE}
    assert at_hub(world).parked == 1
    update(world, "hub", "QM")
    assert at_hub(world).parked == 0
    at_rest(world)


@pytest.mark.parametrize(("hub", "code"), [((2,), "client_too_old"), ((0,), "server_too_old")])
def test_no_common_protocol_is_told_at_both_sides(
    world: World, monkeypatch: pytest.MonkeyPatch, hub: tuple[int], code: str
) -> None:
    as_ever = hello.ask

    def ask(**values: Any) -> dict[str, Any]:
        return {**as_ever(**values), "protocols": [1]}

    monkeypatch.setattr(hello, "PROTOCOLS", hub)
    monkeypatch.setattr(hello, "ask", ask)
    assert world.sync("QN").code == code
    assert at_node(world).trouble == code
    assert at_hub(world).trouble == code
    monkeypatch.undo()
    world.settle()
    world.settle()
    assert at_hub(world).trouble is None


def test_a_hub_that_came_by_stick_with_an_older_protocol_is_the_older_side() -> None:
    for spoken, code in (((0,), "server_too_old"), ((2,), "client_too_old")):
        with pytest.raises(Exception, match="protocol") as refused:
            hello.check_protocol(spoken, of_hub=True)
        assert refused.value.__getattribute__("code") == code


def test_a_floor_is_told_in_time_and_holds_back_only_what_it_is_about(world: World) -> None:
    demand_of_a_newer_hub(world)
    assert [(each.kind, each.in_force) for each in at_node(world).demands] == [(VISIT.name, False)]
    make.visit(world.nodes["QN"], world.members["QN"], "before")
    assert world.sync("QN").ok
    world.time.now += timedelta(days=70)
    make.visit(world.nodes["QN"], world.members["QN"], "after")
    make.shelf(world.hub, world.members["QN"])
    outcome = world.sync("QN")
    assert (outcome.code, outcome.stream) == (floors.BELOW, ops(world))
    assert (at_node(world).waiting_out, at_node(world).waiting_in) == (1, 0)
    assert at_hub(world).trouble == floors.BELOW
    assert not at_node(world).has_parted


def test_what_a_floor_held_back_goes_over_after_the_update(world: World) -> None:
    demand_of_a_newer_hub(world)
    world.time.now += timedelta(days=70)
    rec = make.visit(world.nodes["QN"], world.members["QN"], "waits")
    assert world.sync("QN").code == floors.BELOW
    update(world, "QN", "QM")
    world.settle()
    assert rec in make.rows(world.hub, records.Visit)
    assert not at_node(world).demands
    at_rest(world)


def test_a_node_that_does_not_listen_to_a_floor_is_refused_all_the_same(world: World) -> None:
    demand_of_a_newer_hub(world)
    world.time.now += timedelta(days=70)
    make.visit(world.nodes["QN"], world.members["QN"])
    before, hears = make.head(world.hub, ops(world)), greeting.Offer.read

    def deaf(told: dict[str, Any]) -> greeting.Offer:
        return hears({name: value for name, value in told.items() if name != "held"})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(greeting.Offer, "read", deaf)
        assert world.sync("QN").code == floors.BELOW
    assert make.head(world.hub, ops(world)) == before


@pytest.mark.parametrize(
    ("kind", "version", "days"), [("no.kind", 1, 100), (VISIT.name, 2, 100), (VISIT.name, 0, 100), (VISIT.name, 1, 59)]
)
def test_a_floor_the_hub_itself_does_not_reach_or_that_comes_too_soon_is_refused(
    world: World, kind: str, version: int, days: int
) -> None:
    with pytest.raises(InvalidError):
        demand(world, kind, version=version, on=(BEGINNING + timedelta(days=days)).date())


def test_a_floor_may_be_lowered_at_any_time(world: World) -> None:
    demand_of_a_newer_hub(world)
    world.time.now += timedelta(days=70)
    demand(world, version=1)
    assert world.hub.read(lambda: [(each.kind, each.lowest) for each in floors.every()]) == [(VISIT.name, 1)]
    make.visit(world.nodes["QN"], world.members["QN"])
    assert world.sync("QN").ok


def test_who_never_said_what_it_reads_is_below_every_floor(world: World) -> None:
    demand_of_a_newer_hub(world)
    world.time.now += timedelta(days=70)
    assert world.hub.read(lambda: contact.versions_of(world.hub_id)) is None
    assert world.hub.read(lambda: floors.held_back([ops(world)], {}))
    assert not world.hub.read(lambda: floors.held_back([ops(world)], _all(kinds.all_kinds())))


def text_of(site: Site, role: str, member: UUID | None, path: str) -> str:
    browser = site.do(lambda: people.browser(site.app, people.person(role, member)))
    with site.inside():
        answer = browser.get(path)
    assert answer.status_code == 200
    plain = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).translate({0x2068: None, 0x2069: None})
    return re.sub(r"\s+", " ", plain)


def test_both_pages_and_the_banner_say_which_program_is_older_and_what_to_do(world: World) -> None:
    demand_of_a_newer_hub(world)
    member, node_id = world.members["QN"], world.nodes["QN"].do(lambda: installation.identity().id)
    said = text_of(world.nodes["QN"], "chair", member, "/connection")
    assert "The program here is older than the one at the hub." in said
    assert "Our people, returns and requests" in said
    assert "This is so since 23 November 2026." in said
    assert "From 23 January 2027 on the hub takes these records only from a newer program" in said
    assert "This installation needs an update by 23 January 2027" in said
    told = text_of(world.hub, "sri_director", None, f"/connections/{node_id}")
    assert "The program of this node is older than the one at the hub." in told
    assert "Ask the country to have its installation updated." in told
    world.time.now += timedelta(days=70)
    make.visit(world.nodes["QN"], member)
    world.sync("QN")
    assert "some of what you enter waits here and is not sent" in text_of(
        world.nodes["QN"], "chair", member, "/connection"
    )
    assert "It waits at the node and is not lost." in text_of(
        world.hub, "sri_director", None, f"/connections/{node_id}"
    )


def test_the_command_says_it_in_plain_words_and_for_machines(world: World) -> None:
    demand_of_a_newer_hub(world)
    found = at_node(world)
    said = world.nodes["QN"].read(lambda: version_words.plain(found.differences, found.demands, at_hub=False))
    assert said[0].startswith("The program here is older than the one at the hub. It is about: ")
    assert {each["kind"] for each in found.to_dict()["versions"]} == {SHELF.name, VISIT.name}
    assert found.to_dict()["floors"][0]["from"] == LATER.isoformat()


def _all(known: Sequence[kinds.Kind]) -> dict[str, list[int]]:
    return {each.name: [each.oldest, each.version] for each in known}
