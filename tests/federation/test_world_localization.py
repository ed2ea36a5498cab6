"""Translations made apart at two nodes meet at the hub; what SRI decides and releases comes back to both."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import aside
from sri_admin.kernel import ids
from sri_admin.kernel.db import db
from sri_admin.kernel.work import record
from sri_admin.localization.events import SegmentTranslated
from sri_admin.localization.models import Contribution, ContributionReview
from sri_admin.localization.operations import decisions
from sri_admin.localization.queries.texts import contribution_by_id, text_of
from sri_admin.localization.rules.standing import Standing, State, Verdict
from sri_admin.materials.queries.entitlement import reading
from sri_admin.materials.queries.works import work_by_code
from sri_admin.materials.rules.blocks import Risk
from sri_admin.materials.rules.releases import LicenceClass
from sri_admin.members.rules.member import Transition
from tests.federation.world import Site, World
from tests.make import localization as loc
from tests.make import materials
from tests.make import members as make
from tests.make.materials import CODE

TEXT = "# Opening\n\nNobody has to speak.\n"
LONG = f"{TEXT}\nIt takes **90** minutes.\n"


def begun(world: World, *, text: str = TEXT, licence: LicenceClass = LicenceClass.OPEN) -> None:
    """Release an open work, grant Polish to both countries, and bring it to their nodes."""
    world.hub.do(lambda: materials.released(text=text, licence=licence, Nobody=Risk.PROGRAM))
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


def smuggled(world: World, code: str, row: Contribution | ContributionReview) -> None:
    """Let a node write a row its operations would never write, and send it."""
    member = world.members[code]

    def write() -> None:
        db.session.add(row)
        event = SegmentTranslated(member_id=member, subject=row.id, work=CODE, language=row.language, waiver=None)
        record(loc.somebody("translator", member), event, row)

    world.nodes[code].do(lambda: make.writing(member, write))
    world.settle()


def forged(world: World, code: str, **said: Any) -> Contribution:
    """Make a wording that only a program of somebody else's could write; the rest of it is sound."""

    def about() -> tuple[UUID, str, str]:
        block = loc.segment("minutes").block
        return work_by_code(CODE).id, block.uid, block.revision

    work_id, block_uid, revision = world.hub.read(about)
    sound = {"language": "pl", "text": "Trwa {1}90{/1} minut.", "waiver": None, "role": "translator", "seen": []}
    of = {"work_id": work_id, "block_uid": block_uid, "revision": revision, "actor": "usr-forger", "at": world.time.now}
    return Contribution(member_id=world.members[code], id=ids.new(), **{**sound, **of, **said})


def set_aside(world: World, code: str) -> list[str]:
    """Return why the hub did not take what a country sent."""
    member = world.members[code]
    return world.hub.read(lambda: [row.detail for row, _stream in aside.open_rows(member)])


FORGED: dict[str, tuple[str, dict[str, Any]]] = {
    "in a language of somebody else": ("localization.language", {"language": "ar"}),
    "before the language was granted": ("localization.language", {"at": datetime(2019, 12, 31, tzinfo=UTC)}),
    "by somebody with another role": ("localization.role", {"role": "chair"}),
    "without the codes": ("localization.fault", {"text": "Trwa 90 minut.", "waiver": "It reads better."}),
    "with letters nobody sees": ("localization.fault", {"text": "Trwa {1}90{/1} mi\u200bnut.", "waiver": "So be it."}),
    "with another number and no reason": ("localization.waiver", {"text": "Trwa {1}60{/1} minut.", "waiver": " "}),
    "of a source that never was": ("localization.revision", {"revision": "0" * 32}),
    "of another block": ("localization.revision", {"block_uid": "b-0"}),
}


def test_a_wording_no_operation_would_write_is_set_aside_at_the_hub_with_its_rule(world: World) -> None:
    begun(world, text=LONG)
    for _rule, said in FORGED.values():
        smuggled(world, "QM", forged(world, "QM", **said))
    assert sorted(set_aside(world, "QM")) == sorted(rule for rule, _said in FORGED.values())
    assert standing(world.hub, "minutes").state is State.MISSING
    smuggled(world, "QM", forged(world, "QM"))
    assert standing(world.hub, "minutes").state is State.DRAFTED


def licensed(world: World) -> UUID:
    """Give QM, and nobody else, a licence."""
    member = world.members["QM"]
    for transition in (Transition.APPLY, Transition.ACCEPT):
        world.hub.do(lambda transition=transition: make.step(member, transition))
        world.time.sleep(60)
    world.hub.do(lambda: make.signed(member, territories=["QM"]))
    world.hub.do(lambda: make.step(member, Transition.LICENSE))
    return member


def test_a_wording_of_a_work_the_country_may_not_have_is_set_aside(world: World) -> None:
    licensed(world)
    begun(world, text=LONG, licence=LicenceClass.LICENSED)
    for code in ("QM", "QN"):
        smuggled(world, code, forged(world, code))
    assert (set_aside(world, "QM"), set_aside(world, "QN")) == ([], ["localization.entitlement"])


def test_what_was_sound_when_it_was_written_is_taken_however_late_it_comes(world: World) -> None:
    member = licensed(world)
    begun(world, text=LONG, licence=LicenceClass.LICENSED)
    row = forged(world, "QM")
    world.time.sleep(2 * 86_400)
    world.hub.do(lambda: make.step(member, Transition.SUSPEND))
    smuggled(world, "QM", row)
    smuggled(world, "QM", forged(world, "QM"))
    assert set_aside(world, "QM") == ["localization.entitlement"]


def reviewing(world: World, contribution_id: UUID, **said: Any) -> ContributionReview:
    """Make a review that only a program of somebody else's could write."""
    member = world.members["QM"]

    def make_it() -> ContributionReview:
        of = contribution_by_id(contribution_id)
        assert of is not None
        told = {"work_id": of.work_id, "language": "pl", "block_uid": of.block_uid, "revision": of.revision}
        sound = {"author": of.actor, "verdict": Verdict.APPROVE, "note": "", "seen": [], "role": "reviser"}
        made = {"at": world.time.now, "actor": "usr-forger", "contribution_id": contribution_id}
        return ContributionReview(member_id=member, id=ids.new(), **{**told, **sound, **made, **said})

    return world.nodes["QM"].read(make_it)


def test_an_approval_by_somebody_who_is_no_reviser_approves_nothing(world: World) -> None:
    begun(world)
    member = world.members["QM"]
    made = world.nodes["QM"].do(lambda: loc.translated(member, "Opening", "Otwarcie"))
    for said in ({"role": "translator"}, {"at": datetime(2019, 12, 31, tzinfo=UTC)}):
        smuggled(world, "QM", reviewing(world, made, **said))
    assert sorted(set_aside(world, "QM")) == ["localization.language", "localization.role"]
    assert standing(world.hub, "Opening").state is State.DRAFTED
    smuggled(world, "QM", reviewing(world, made))
    assert standing(world.hub, "Opening").state is State.APPROVED


def test_a_review_that_claims_to_know_the_one_of_another_country_settles_nothing(world: World) -> None:
    begun(world)
    approved_at(world, "QN", "Opening", "Początek")
    world.settle()
    theirs = world.hub.read(lambda: [str(each) for each in db.session.scalars(sa.select(ContributionReview.id))])
    made = world.nodes["QM"].do(lambda: loc.translated(world.members["QM"], "Opening", "Otwarcie"))
    smuggled(world, "QM", reviewing(world, made, seen=theirs))
    assert len(theirs) == 1
    assert standing(world.hub, "Opening").state is State.CONTESTED
