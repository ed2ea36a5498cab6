"""The story of the texts: written and released at the hub, translated at the nodes, decided and released again."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sri_admin.cli.demo import texts
from sri_admin.kernel import ids, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.text import Text
from sri_admin.localization.operations import contributions, decisions
from sri_admin.localization.queries.texts import Segment, text_of
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.rules.standing import State, Verdict
from sri_admin.materials.operations import releases, works
from sri_admin.materials.queries.works import draft_blocks, work_by_code
from sri_admin.materials.rules.blocks import Block, Risk
from sri_admin.materials.rules.releases import LicenceClass, WorkKind
from sri_admin.members.rules.agreement import ProgrammeType
from sri_admin.program.operations import adopt_catalogue
from sri_admin.program.rules import Point


class Told(NamedTuple):
    """A text of the demonstration."""

    code: str
    title: Text
    kind: WorkKind
    licence: LicenceClass
    markdown: str


_TEXTS = (
    Told(
        texts.GUIDE,
        Text.of("Opening a meeting", pl="Otwarcie spotkania", ar="افتتاح اللقاء"),
        WorkKind.GUIDE,
        LicenceClass.LICENSED,
        texts.GUIDE_TEXT,
    ),
    Told(
        texts.GLANCE,
        Text.of("Opening a meeting at a glance", pl="Otwarcie spotkania w skrócie", ar="افتتاح اللقاء في لمحة"),
        WorkKind.LEAFLET,
        LicenceClass.OPEN,
        texts.GLANCE_TEXT,
    ),
)


def at_hub(hub_id: UUID) -> Iterator[Callable[[Actor], Any]]:
    """Yield what the hub does before anybody translates: points, texts, releases, terms."""
    yield lambda actor: adopt_catalogue(actor, hub_id)
    for told in _TEXTS:
        yield lambda actor, told=told: _release(actor, hub_id, told)
    for language, source, target, forbidden, note in texts.TERMS:
        values = {"language": language, "source": source, "target": target, "forbidden": forbidden, "note": note}
        yield lambda actor, values=values: decisions.enter_term(actor, hub_id, values=values)


def grant(member_id: UUID, code: str, since: date) -> Callable[[Actor], Any]:
    """Return what lets a country translate into its language."""
    values = {"language": texts.LANGUAGES[code], "starts_on": since}
    return lambda actor: decisions.grant_language(actor, member_id, values=values)


def _release(actor: Actor, hub_id: UUID, told: Told) -> None:
    values = {
        "id": ids.new(),
        "code": told.code,
        "title": told.title,
        "kind": told.kind,
        "points": [Point.MOTIVATION],
        "programme_type": ProgrammeType.FOUR_POINT,
        "licence_class": told.licence,
    }
    work = works.enter_work(actor, hub_id, values=values)
    draft = works.save_draft(actor, work, values={"markdown": told.markdown})
    blocks = draft_blocks(draft)
    judged = {"uid": [each.uid for each in blocks], "risk": list(map(_risk, blocks)), "change": ["none"] * len(blocks)}
    works.judge_blocks(actor, draft, work, values=judged)
    db.session.flush()
    values = {"version_no": "1.0.0", "notes": "The first release."}
    releases.release_source(actor, work, draft, values=values)


def _risk(block: Block) -> str:
    return next((risk for words, risk in texts.CRITICAL.items() if words in block.text), Risk.GENERAL.value)


def at_node(translator: Actor, reviser: Actor, desk: Desk) -> None:
    """Translate at a country's node: one text whole, of the other the beginning."""

    def glance() -> None:
        for segment, text in zip(_segments(texts.GLANCE, desk), texts.GLANCE_IN[desk.language], strict=True):
            _bring(translator, reviser, desk, texts.GLANCE, segment, text)

    def guide() -> None:
        segments = _segments(texts.GUIDE, desk)
        known = texts.GUIDE_IN[desk.language]
        for place, (segment, text) in enumerate(zip(segments, known, strict=False)):
            by = reviser if place < texts.REVIEWED[desk.language] else None
            _bring(translator, by, desk, texts.GUIDE, segment, text)
        words, text = texts.GUIDE_CRITICAL[desk.language]
        critical = next(each for each in segments if words in each.block.text)
        _bring(translator, reviser, desk, texts.GUIDE, critical, text)

    with transaction.reading(tenancy.NOWHERE):
        reach = tenancy.everywhere({desk.member_id, tenancy.hub_tenant().id}, writing=desk.member_id)
    for act in (glance, guide):
        transaction.write(reach, act)


def _segments(code: str, desk: Desk) -> Sequence[Segment]:
    text = text_of(work_by_code(code), desk.language, member_id=desk.member_id)
    assert text is not None
    return text.segments


def _bring(translator: Actor, reviser: Actor | None, desk: Desk, code: str, segment: Segment, text: str) -> None:
    work = work_by_code(code)
    said = {"segment": segment.block.uid, "text": text, "waiver": "Checked against the glossary."}
    made = contributions.contribute(translator, desk, work, values=said)
    db.session.flush()
    if reviser is not None:
        verdict = {"segment": segment.block.uid, "contribution_id": made.id, "verdict": Verdict.APPROVE}
        contributions.review(reviser, desk, work, values=verdict)
        db.session.flush()


def accept_and_release(lead: Actor, manager: Actor) -> None:
    """Decide at the hub on the text that is whole, and release it in one language; the other waits for a person."""
    work = work_by_code(texts.GLANCE)
    for language in texts.LANGUAGES.values():
        text = text_of(work, language)
        if text is None or text.count(State.INTEGRITY, State.APPROVED) < len(text.segments):
            continue
        for each in text.segments:
            if each.standing.state is State.INTEGRITY:
                said = {"segment": each.block.uid, "contribution_id": UUID(each.standing.version_id)}
                decisions.decide(lead, work, language, values={**said, "verdict": Verdict.APPROVE})
        db.session.flush()
        if language != texts.RELEASED:
            continue
        values = {"version_no": "1.0.0", "notes": "The first release in this language."}
        decisions.release_text(manager, work, language, values=values)
