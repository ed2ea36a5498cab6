"""Builders of grants, wordings, reviews and decisions; they act through the operations."""

from datetime import date
from typing import Any
from uuid import UUID

from sri_admin.kernel import ids
from sri_admin.kernel.actor import Actor, Mandate, Scope
from sri_admin.localization.operations import contributions, decisions
from sri_admin.localization.queries.grants import languages_of
from sri_admin.localization.queries.texts import Segment, text_of
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.rules.standing import State, Verdict
from sri_admin.materials.queries.works import work_by_code
from tests.make import members as make
from tests.make.materials import CODE


def somebody(role: str, member_id: UUID, language: str = "pl") -> Actor:
    """Make somebody who works in a language of a country."""
    mandate = Mandate(
        role=role, scope=Scope.LANGUAGE, member_id=member_id, starts_on=date(2020, 1, 1), language=language
    )
    return Actor(label=ids.label("usr"), account_id=ids.new(), mandates=(mandate,))


def granted(member_id: UUID, language: str = "pl") -> None:
    """Let a country translate into a language, unless it may already."""
    manager, values = make.actor("materials_manager"), {"language": language, "starts_on": date(2020, 1, 1)}

    def grant() -> None:
        if language not in languages_of(member_id):
            decisions.grant_language(manager, member_id, values=values)

    make.writing(member_id, grant)


def segment(word: str, language: str = "pl", member_id: UUID | None = None) -> Segment:
    """Return the segment whose source has a word, inside a transaction."""
    text = text_of(work_by_code(CODE), language, member_id=member_id)
    assert text is not None
    return next(each for each in text.segments if word in each.block.text)


def states(member_id: UUID, *words: str) -> list[State]:
    """Return how the segments whose sources have some words stand for a country."""
    return make.writing(member_id, lambda: [segment(word, member_id=member_id).standing.state for word in words])


def translated(member_id: UUID, word: str, text: str, *, by: Actor | None = None, **values: Any) -> UUID:
    """Contribute a wording of the segment that has a word, and return its id."""
    translator, desk = by or somebody("translator", member_id), Desk(member_id, "pl")

    def contribute() -> UUID:
        said = {"segment": segment(word).block.uid, "text": text, **values}
        return contributions.contribute(translator, desk, work_by_code(CODE), values=said).id

    return make.writing(member_id, contribute)


def reviewed(
    member_id: UUID, word: str, contribution_id: UUID, *, verdict: Verdict = Verdict.APPROVE, **values: Any
) -> None:
    """Let a reviser approve or return a wording."""
    reviser, desk = values.pop("by", None) or somebody("reviser", member_id), Desk(member_id, "pl")

    def review() -> None:
        said = {"segment": segment(word).block.uid, "contribution_id": contribution_id, "verdict": verdict}
        contributions.review(reviser, desk, work_by_code(CODE), values={**said, "note": "Look again.", **values})

    make.writing(member_id, review)


def decided(word: str, contribution_id: UUID, *, verdict: Verdict = Verdict.APPROVE, **values: Any) -> None:
    """Let SRI accept or return a wording."""
    lead = values.pop("by", None) or make.actor("integrity_lead")

    def decide() -> None:
        said = {"segment": segment(word).block.uid, "contribution_id": contribution_id, "verdict": verdict}
        decisions.decide(lead, work_by_code(CODE), "pl", values={**said, "note": "It says something else.", **values})

    make.writing(make.hub(), decide)


def approved(member_id: UUID, word: str, text: str) -> UUID:
    """Bring a wording through translation and review."""
    made = translated(member_id, word, text)
    reviewed(member_id, word, made)
    return made


def furnished(member_id: UUID) -> None:
    """Let a country have a bit of everything in Polish: approved, waiting for the reviser, waiting for SRI, to do."""
    granted(member_id)
    approved(member_id, "Ask", "Zapytaj, kto chce zacząć.")
    translated(member_id, "Welcome", "Powitaj wszystkich; spotkanie trwa {1}90 minut{/1}.")
    approved(member_id, "Nobody", "Nikt nie musi mówić. Powiedz to na początku i na końcu.")
