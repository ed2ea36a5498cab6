"""What the hub has against a wording or a review a country sent, judged by what held when it was made."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sri_admin.localization.policy import REVIEWS, TRANSLATES
from sri_admin.localization.queries.grants import languages_of
from sri_admin.localization.rules.checks import findings
from sri_admin.materials.models import Work
from sri_admin.materials.queries.entitlement import standing_of
from sri_admin.materials.queries.works import find_work_by_id, source_texts
from sri_admin.members.queries.members import find_member

Payload = Mapping[str, Any]
Judged = dict[UUID, UUID | str | None]


def judge_wordings(member_id: UUID, payloads: Mapping[UUID, Payload]) -> Judged:
    """Return what stands against each wording: the work that is not here, the name of a broken rule, or nothing."""
    return _judged(member_id, payloads, _wording)


def judge_reviews(member_id: UUID, payloads: Mapping[UUID, Payload]) -> Judged:
    """Return what stands against each review; the database holds that it is about the wording it names."""
    return _judged(member_id, payloads, _review)


def _wording(source: str, payload: Payload) -> str | None:
    if payload["role"] not in TRANSLATES:
        return "role"
    # Without the glossary: a node that is away cannot know the terms that were entered meanwhile.
    found = findings(source, payload["text"])
    if any(not each.fault.may_be_waived for each in found):
        return "fault"
    return "waiver" if found and not (payload.get("waiver") or "").strip() else None


def _review(_source: str, payload: Payload) -> str | None:
    return None if payload["role"] in REVIEWS else "role"


def _judged(member_id: UUID, payloads: Mapping[UUID, Payload], rule: Callable[[str, Payload], str | None]) -> Judged:
    # A page brings hundreds of facts about the same few works and days.
    work_of, member = cache(find_work_by_id), find_member(member_id)
    zone = ZoneInfo(member.time_zone if member else "UTC")
    granted = cache(lambda day: languages_of(member_id, on=day))

    @cache
    def is_entitled(work: Work, day: date) -> bool:
        return standing_of(member_id, work, on=day).may_read

    @cache
    def sources(work: Work) -> Mapping[tuple[str, str], str]:
        return {(block.uid, block.revision): block.text for text in source_texts(work) for block in text}

    def judge(payload: Payload) -> UUID | str | None:
        work, at = work_of(UUID(payload["work_id"])), datetime.fromisoformat(payload["at"])
        if work is None:
            return UUID(payload["work_id"])
        source = sources(work).get((payload["block_uid"], payload["revision"]))
        if source is None:
            return "revision"
        if payload["language"] not in granted(at.date()):
            return "language"
        if not is_entitled(work, at.astimezone(zone).date()):
            return "entitlement"
        return rule(source, payload)

    return {rec: judge(payload) for rec, payload in payloads.items()}
