"""Translations made apart at two nodes meet at the hub; what SRI decides and releases comes back to both."""

from typing import Any
from uuid import UUID

from sri_admin.localization.operations import decisions
from sri_admin.localization.queries.texts import text_of
from sri_admin.localization.rules.standing import Standing, State
from sri_admin.materials.queries.entitlement import reading
from sri_admin.materials.queries.works import work_by_code
from sri_admin.materials.rules.blocks import Risk
from sri_admin.materials.rules.releases import LicenceClass
from tests.federation.world import Site, World
from tests.make import localization as loc
from tests.make import materials
from tests.make import members as make
from tests.make.materials import CODE

TEXT = "# Opening\n\nNobody has to speak.\n"


def begun(world: World) -> None:
    """Release an open work, grant Polish to both countries, and bring it to their nodes."""
    world.hub.do(lambda: materials.released(text=TEXT, licence=LicenceClass.OPEN, Nobody=Risk.PROGRAM))
    for member in world.members.values():
        world.hub.do(lambda member=member: loc.granted(member))
    world.settle()


def standing(site: Site, word: str) -> Standing:
    """Return how a segment stands at an installation."""
    return site.read(lambda: loc.segment(word).standing)


def approved_at(world: World, code: str, word: str, text: str) -> UUID:
    """Bring a wording through translation and review at a node."""
    member = world.members[code]
    return world.nodes[code].do(lambda: loc.approved(member, word, text))


def test_f45_what_two_countries_approved_apart_is_contested_until_sri_chooses(world: World) -> None:
    begun(world)
    approved_at(world, "QM", "Opening", "Otwarcie")
    second = approved_at(world, "QN", "Opening", "Początek")
    world.settle()
    assert standing(world.hub, "Opening").state is State.CONTESTED
    assert [standing(world.nodes[code], "Opening").text for code in ("QM", "QN")] == ["Otwarcie", "Początek"]
    world.hub.do(lambda: loc.decided("Opening", second))
    world.settle()
    found = {(standing(site, "Opening").state, standing(site, "Opening").text) for site in world.sites}
    assert found == {(State.APPROVED, "Początek")}


def test_a_critical_segment_is_decided_at_the_hub_and_the_release_is_read_at_the_node(world: World) -> None:
    begun(world)
    approved_at(world, "QM", "Opening", "Otwarcie")
    critical = approved_at(world, "QM", "Nobody", "Nikt nie musi mówić.")
    world.settle()
    assert standing(world.nodes["QM"], "Nobody").state is State.INTEGRITY
    world.hub.do(lambda: loc.decided("Nobody", critical))
    world.hub.do(lambda: _release(world))
    world.settle()
    _release_row, text = world.nodes["QM"].read(lambda: _read("pl"))
    assert [each.text for each in text.blocks] == ["Otwarcie", "Nikt nie musi mówić."]
    assert world.nodes["QM"].read(lambda: work_by_code(CODE).languages) == ["en", "pl"]


def _release(world: World) -> None:
    manager, values = make.actor("materials_manager"), {"version_no": "1.0.0", "notes": "The first one in Polish."}
    make.writing(
        world.hub_id, lambda: decisions.release_text(manager, work_by_code(CODE), "pl", values=values).version_no
    )


def _read(language: str) -> Any:
    release, text = reading(work_by_code(CODE), language=language)
    return release.version_no, text


def test_f44_a_changed_source_outdates_the_translation_at_the_node(world: World) -> None:
    begun(world)
    approved_at(world, "QM", "Opening", "Otwarcie")
    world.hub.do(lambda: materials.draft(text=TEXT.replace("Opening", "Opening a meeting")))
    world.hub.do(lambda: materials.release(version_no="1.0.1"))
    world.settle()
    text = world.nodes["QM"].read(lambda: text_of(work_by_code(CODE), "pl"))
    assert text is not None
    assert [each.standing.state for each in text.segments] == [State.OUTDATED, State.MISSING]
    assert text.segments[0].old_source == "Opening"
