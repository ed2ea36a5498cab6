"""Whatever countries and SRI do to a translation in whatever order, all end with the same, and none approves alone.

What must hold is worked out here from the facts themselves, without the rules of the program that show and release.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation import aside
from sri_admin.kernel.db import db
from sri_admin.localization.queries.texts import text_of
from sri_admin.localization.rules.standing import State
from sri_admin.localization.sync import CONTRIBUTION, DECISION, REVIEW
from sri_admin.materials.queries.works import find_work
from sri_admin.materials.rules import blocks
from sri_admin.materials.sync import DOCUMENT, RELEASE
from tests.federation import invariants
from tests.federation.translating import CODES, POLISH, Story, begin
from tests.federation.world import Site, World
from tests.make.materials import CODE

FACTS = (CONTRIBUTION, REVIEW, DECISION, RELEASE, DOCUMENT)
Row = Mapping[str, Any]
STEPS = 40


@dataclass
class Look:
    """What an installation holds of one text: its facts as they travel, and how it shows each segment."""

    rows: dict[str, dict[UUID, Row]]
    shown: dict[tuple[str, str, str], tuple[State, str, bool]]

    def of(self, kind: Any, **named: str) -> Iterator[Row]:
        """Yield the facts of a kind that say something."""
        for row in self.rows[kind.name].values():
            if all(row[name] == value for name, value in named.items()):
                yield row


def look(story: Story, site: Site) -> Look:
    """Look at an installation: a node shows its own country, the hub every country and all of them together."""
    members = {code: story.world.members[code] for code in CODES if site in (story.world.hub, story.world.nodes[code])}
    shown_for = {**members, **({"": None} if site is story.world.hub else {})}

    def read() -> Look:
        rows = {kind.name: dict(_rows(kind)) for kind in FACTS}
        shown = {key: value for code, member in shown_for.items() for key, value in _shown(code, member)}
        return Look(rows, shown)

    return site.read(read)


def _rows(kind: Any) -> Iterator[tuple[UUID, Row]]:
    for row in db.session.scalars(sa.select(kind.model)):
        yield row.id, {"id": str(row.id), "member": str(row.member_id), **kind.payload(row)}


def _shown(code: str, member: UUID | None) -> Iterator[tuple[tuple[str, str, str], tuple[State, str, bool]]]:
    work = find_work(CODE)
    text = text_of(work, POLISH, member_id=member) if work else None
    for each in text.segments if text else ():
        key = (code, each.block.uid, each.block.revision)
        yield key, (each.standing.state, each.standing.text, each.block.risk.is_critical)


def nobody_approves_their_own(found: Look) -> None:
    """Whoever reviewed wrote nothing of it; whoever decided neither wrote nor reviewed."""
    wrote = {each["id"]: each["actor"] for each in found.of(CONTRIBUTION)}
    for each in found.of(REVIEW):
        assert each["actor"] != wrote[each["contribution_id"]]
    for each in found.of(DECISION):
        part = [one["actor"] for one in found.of(REVIEW, contribution_id=each["contribution_id"])]
        assert each["actor"] not in {*part, wrote.get(each["contribution_id"])}


def vouched(found: Look, uid: str, revision: str, text: str, *, is_critical: bool) -> bool:
    """Say whether somebody approved a wording of just this source, SRI itself where it is critical."""
    about = {"block_uid": uid, "revision": revision, "verdict": "approve"}
    decided = any(each["text"] == text for each in found.of(DECISION, **about))
    wordings = {each["id"]: each["text"] for each in found.of(CONTRIBUTION, block_uid=uid, revision=revision)}
    reviewed = any(wordings.get(each["contribution_id"]) == text for each in found.of(REVIEW, **about))
    return decided or (reviewed and not is_critical)


def what_is_shown_as_approved_was_approved(found: Look) -> None:
    """Nothing is shown as approved that nobody approved, or that two countries approved differently."""
    for (code, uid, revision), (state, text, is_critical) in found.shown.items():
        if state is not State.APPROVED:
            continue
        assert vouched(found, uid, revision, text, is_critical=is_critical)
        if code == "" and not list(found.of(DECISION, block_uid=uid, revision=revision)):
            assert len(_apart(found, uid, revision)) == 1


def _apart(found: Look, uid: str, revision: str) -> set[str]:
    """Return the wordings countries hold to be approved, each by what it knows itself."""
    reviews = list(found.of(REVIEW, block_uid=uid, revision=revision))
    gone = {(each["member"], known) for each in reviews for known in each["seen"]}
    standing = [each for each in reviews if (each["member"], each["id"]) not in gone and each["verdict"] == "approve"]
    return {found.rows[CONTRIBUTION.name][UUID(each["contribution_id"])]["text"] for each in standing}


def a_release_holds_what_was_approved(found: Look, before: Look) -> None:
    """Every block of a release in Polish was approved when it was made, and none of its source is missing."""
    for id_ in found.rows[RELEASE.name].keys() - before.rows[RELEASE.name].keys():
        release = found.rows[RELEASE.name][id_]
        if release["language"] != POLISH:
            continue
        made, origin = (_text(found, each) for each in (release["id"], release["source_id"]))
        assert [(each.uid, each.risk) for each in made] == [(each.uid, each.risk) for each in origin]
        for each, of in zip(made, origin, strict=True):
            assert vouched(before, of.uid, of.revision, each.text, is_critical=of.risk.is_critical)


def _text(found: Look, release_id: str) -> list[blocks.Block]:
    return [each for row in found.of(DOCUMENT, release_id=release_id) for each in blocks.read(row["content"])]


def nothing_changes_without_a_new_fact(before: Look, after: Look) -> None:
    """Facts stay as they were written, and what was approved stands while nothing new is said of it."""
    for name, rows in before.rows.items():
        assert rows.items() <= after.rows[name].items()
    for key, (state, text, _critical) in before.shown.items():
        if state is State.APPROVED and key in after.shown and _said(before, key) == _said(after, key):
            assert after.shown[key][:2] == (state, text)


def _said(found: Look, key: tuple[str, str, str]) -> set[str]:
    kinds = (CONTRIBUTION, REVIEW, DECISION)
    return {each["id"] for kind in kinds for each in found.of(kind, block_uid=key[1], revision=key[2])}


def live(story: Story) -> set[State]:
    """Let a story happen, hold every step against what must hold, and return every state a segment had."""
    world, reached = story.world, set[State]()
    looks, uses = {site.name: look(story, site) for site in world.sites}, dict[str, int]()
    for _step in range(STEPS):
        story.go_on()
        for site in world.sites:
            if uses.get(site.name) == site.uses:
                continue
            now, uses[site.name] = look(story, site), site.uses
            nobody_approves_their_own(now)
            what_is_shown_as_approved_was_approved(now)
            a_release_holds_what_was_approved(now, looks[site.name] if site is world.hub else now)
            nothing_changes_without_a_new_fact(looks[site.name], now)
            reached |= {state for state, _text, _critical in now.shown.values()}
            looks[site.name] = now
    return reached


def everybody_ends_with_the_same(story: Story) -> None:
    """Both nodes and the hub hold the same facts but those the hub refused, and show the same text."""
    hub = look(story, story.world.hub)
    for code in CODES:
        node = look(story, story.world.nodes[code])
        refused = _refused(story, code, node)
        member = str(story.world.members[code])
        for kind in FACTS:
            there = {
                id_ for id_, row in hub.rows[kind.name].items() if row["member"] in {member, str(story.world.hub_id)}
            }
            assert node.rows[kind.name].keys() - refused == there, kind.name
            assert all(hub.rows[kind.name][each] == node.rows[kind.name][each] for each in there)
        if not refused:
            assert node.shown == {key: value for key, value in hub.shown.items() if key[0] == code}


def _refused(story: Story, code: str, node: Look) -> set[UUID]:
    """Return what the hub refused of a country: what was made on a day it might not, and what is about that."""
    member = story.world.members[code]
    rows = story.world.hub.read(lambda: [(row.detail, row.rec) for row, _stream in aside.open_rows(member)])
    made = {**node.rows[CONTRIBUTION.name], **node.rows[REVIEW.name]}
    for detail, rec in rows:
        assert rec is not None
        if detail == "fk_contribution_review_author":
            assert UUID(made[rec]["contribution_id"]) in {each for _detail, each in rows}
        else:
            assert detail in {"localization.entitlement", "localization.language"}
            assert (member, datetime.fromisoformat(made[rec]["at"]).date()) in story.barred
    return {rec for _detail, rec in rows if rec}


# Two stories that between them come to almost every state.
FEW, MANY = (2, 5), range(60)
_USUAL = set(State) - {State.TWO_VERSIONS}


@pytest.mark.parametrize("seeds", [FEW, pytest.param(MANY, marks=pytest.mark.chaos)], ids=["few", "many"])
def test_any_interleaving_of_nodes_and_hub_ends_alike(world: World, seeds: Sequence[int]) -> None:
    begin(world)
    for site in world.sites:
        site.keep("begun")
    reached: set[State] = set()
    for seed in seeds:
        story = Story(world, seed)
        try:
            reached |= live(story)
            story.come_to_rest()
            everybody_ends_with_the_same(story)
            invariants.at_rest(world)
        except AssertionError as error:
            error.add_note(f"seed {seed}: " + "; ".join(story.told))
            raise
        for site in world.sites:
            site.go_back("begun")
    assert reached >= (_USUAL if seeds is FEW else set(State))
