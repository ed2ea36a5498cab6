"""Which facts of translation travel, and what the hub refuses of what a country sends."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from marshmallow import INCLUDE, Schema, fields, validate

from sri_admin.federation import streams
from sri_admin.federation.kinds import Contradiction, Kind, Missing, Objection
from sri_admin.federation.stream_names import HUB_LANGUAGE, HUB_MEMBER, MEMBER_CONTRIB
from sri_admin.federation.wire import WireDate, WireInstant, WireUUID
from sri_admin.localization.models import (
    Contribution,
    ContributionReview,
    GlossaryTerm,
    LanguageDecision,
    LanguageGrant,
)
from sri_admin.localization.queries.arriving import judge_reviews, judge_wordings
from sri_admin.localization.rules.standing import Verdict

_LANGUAGE = validate.Regexp(r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")
_REVISION = validate.Regexp(r"^[0-9a-f]{32}\Z")
_LONGEST = 20_000


class Wire(Schema):
    """A record on the wire; fields of a newer writer are kept."""

    class Meta:
        """Keep what we do not know yet."""

        unknown = INCLUDE


class SegmentWire(Wire):
    """What every fact says."""

    work_id = WireUUID(required=True)
    language = fields.String(required=True, validate=_LANGUAGE)
    block_uid = fields.String(required=True, validate=validate.Length(1, 60))
    revision = fields.String(required=True, validate=_REVISION)
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


class LanguageGrantWire(Wire):
    """localization.language_grant/1."""

    language = fields.String(required=True, validate=_LANGUAGE)
    starts_on = WireDate(required=True)
    ends_on = WireDate(allow_none=True)


class ContributionWire(SegmentWire):
    """localization.contribution/1."""

    text = fields.String(required=True, validate=validate.Length(1, _LONGEST))
    waiver = fields.String(allow_none=True, validate=validate.Length(max=1000))
    seen = fields.List(fields.String(), required=True)


class ReviewWire(SegmentWire):
    """localization.review/1."""

    contribution_id = WireUUID(required=True)
    author = fields.String(required=True)
    verdict = fields.Enum(Verdict, by_value=True, required=True)
    note = fields.String(required=True, validate=validate.Length(max=1000))
    seen = fields.List(fields.String(), required=True)


class DecisionWire(SegmentWire):
    """localization.decision/1."""

    verdict = fields.Enum(Verdict, by_value=True, required=True)
    text = fields.String(required=True, validate=validate.Length(1, _LONGEST))
    contribution_id = WireUUID(required=True)
    contribution_sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}\Z"))
    authors = fields.List(fields.String(), required=True)
    seen = fields.List(fields.String(), required=True)
    note = fields.String(required=True, validate=validate.Length(max=1000))


class TermWire(Wire):
    """localization.term/1."""

    language = fields.String(required=True, validate=_LANGUAGE)
    source = fields.String(required=True, validate=validate.Length(1, 120))
    target = fields.String(required=True, validate=validate.Length(1, 120))
    forbidden = fields.List(fields.String(), required=True)
    note = fields.String(required=True, validate=validate.Length(max=500))
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


Judge = Callable[[UUID, Mapping[UUID, Mapping[str, Any]]], Mapping[UUID, UUID | str | None]]
Check = Callable[[UUID, Mapping[UUID, Mapping[str, Any]]], Mapping[UUID, Objection]]


def judged_by(judge: Judge) -> Check:
    """SRI takes only what a country could have written itself; whoever decides on it judges, nobody else."""

    def check(member_id: UUID, payloads: Mapping[UUID, Mapping[str, Any]]) -> Mapping[UUID, Objection]:
        if not streams.writes_here(HUB_MEMBER, member_id):
            return {}
        judged = judge(member_id, payloads)
        return {rec: _objection(each) for rec, each in judged.items() if each is not None}

    return check


def _objection(judged: UUID | str) -> Objection:
    return Missing(judged) if isinstance(judged, UUID) else Contradiction(f"localization.{judged}")


GRANT = Kind(name="localization.language_grant", model=LanguageGrant, schema=LanguageGrantWire, stream=HUB_MEMBER)
CONTRIBUTION = Kind(
    name="localization.contribution",
    model=Contribution,
    schema=ContributionWire,
    stream=MEMBER_CONTRIB,
    append_only=True,
    check=judged_by(judge_wordings),
)
REVIEW = Kind(
    name="localization.review",
    model=ContributionReview,
    schema=ReviewWire,
    stream=MEMBER_CONTRIB,
    append_only=True,
    check=judged_by(judge_reviews),
)
DECISION = Kind(
    name="localization.decision",
    model=LanguageDecision,
    schema=DecisionWire,
    stream=HUB_LANGUAGE,
    append_only=True,
    topic=("language",),
)
TERM = Kind(
    name="localization.term",
    model=GlossaryTerm,
    schema=TermWire,
    stream=HUB_LANGUAGE,
    append_only=True,
    topic=("language",),
)
KINDS = (GRANT, CONTRIBUTION, REVIEW, DECISION, TERM)
