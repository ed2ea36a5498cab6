"""Contributing wordings and reviewing them; what is typed meanwhile is kept at home."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel import clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import (
    ConflictError,
    ElsewhereError,
    FieldError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
)
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.work import record
from sri_admin.localization.events import SegmentReviewed, SegmentTranslated
from sri_admin.localization.models import Contribution, ContributionReview, TranslationDraft
from sri_admin.localization.policy import POLICY, REVIEWS, TRANSLATES, role_at
from sri_admin.localization.queries.grants import is_written_here, terms_of
from sri_admin.localization.queries.texts import (
    Segment,
    contribution_by_id,
    draft_of,
    facts_of,
    may_translate,
    segment_of,
)
from sri_admin.localization.rules.checks import findings
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.rules.standing import Verdict
from sri_admin.localization.rules.words import say
from sri_admin.materials.models import Work

Values = Mapping[str, Any]


def contribute(actor: Actor, desk: Desk, work: Work, *, values: Values) -> Contribution:
    """Contribute a wording for one segment; the same id again answers with the first."""
    POLICY.require(actor, "localization.text.translate", desk)
    contribution_id = values.get("record_id") or values.get("id") or ids.new()
    known = db.session.get(Contribution, (desk.member_id, contribution_id))
    if known is not None:
        return known
    segment = _segment(desk, work, values)
    text = " ".join(values["text"].split())
    _check(segment, text, desk.language, values.get("waiver"))
    facts = facts_of(work, desk.language, member_id=desk.member_id, uid=segment.block.uid)
    seen = {each.id for each in facts.versions.get(segment.block.uid, ()) if each.revision == segment.block.revision}
    row = Contribution(
        member_id=desk.member_id,
        id=contribution_id,
        work_id=work.id,
        language=desk.language,
        block_uid=segment.block.uid,
        revision=segment.block.revision,
        text=text,
        waiver=values.get("waiver"),
        seen=sorted(seen & set(values["seen"]) if "seen" in values else seen),
        at=clock.now(),
        actor=actor.label,
        role=role_at(actor, desk, *TRANSLATES),
    )
    db.session.add(row)
    draft = draft_of(desk.member_id, work, desk.language, block_uid=segment.block.uid, actor=actor.label)
    if draft is not None:
        db.session.delete(draft)
    event = SegmentTranslated(
        member_id=desk.member_id, subject=row.id, work=work.code, language=desk.language, waiver=row.waiver
    )
    record(actor, event, row)
    return row


def review(actor: Actor, desk: Desk, work: Work, *, values: Values) -> ContributionReview:
    """Approve somebody else's wording, or return it with a reason."""
    POLICY.require(actor, "localization.text.review", desk)
    segment, found = _segment(desk, work, values), contribution_by_id(values["contribution_id"])
    if found is None or (found.member_id, found.block_uid) != (desk.member_id, segment.block.uid):
        raise NotFoundError
    if found.actor == actor.label:
        raise NotAllowedError(_l("This is your own wording. Somebody else has to review it."), action="review")
    if found.revision != segment.block.revision:
        raise ConflictError(_l("The source was changed since this was translated. It has to be updated first."))
    note = (values.get("note") or "").strip()
    if values["verdict"] is Verdict.RETURN and not note:
        raise InvalidError([FieldError("note", _l("Say what should be different, so that the translator can do it."))])
    row = ContributionReview(
        member_id=desk.member_id,
        id=values.get("record_id") or ids.new(),
        work_id=work.id,
        language=desk.language,
        block_uid=found.block_uid,
        revision=found.revision,
        contribution_id=found.id,
        author=found.actor,
        verdict=values["verdict"],
        note=note,
        seen=_known_heads(segment, values),
        at=clock.now(),
        actor=actor.label,
        role=role_at(actor, desk, *REVIEWS),
    )
    db.session.add(row)
    event = SegmentReviewed(
        member_id=desk.member_id, subject=found.id, work=work.code, language=desk.language, verdict=row.verdict.value
    )
    record(actor, event, row)
    return row


def keep_draft(actor: Actor, desk: Desk, work: Work, *, values: Values) -> TranslationDraft:
    """Keep what somebody has typed for a segment, for themselves alone."""
    POLICY.require(actor, "localization.text.translate", desk)
    segment = _segment(desk, work, values)
    uid = segment.block.uid
    row = draft_of(desk.member_id, work, desk.language, block_uid=uid, actor=actor.label)
    if row is None:
        row = TranslationDraft(
            member_id=desk.member_id,
            id=ids.new(),
            work_id=work.id,
            language=desk.language,
            block_uid=uid,
            actor=actor.label,
        )
        db.session.add(row)
    row.text, row.at = values.get("text", ""), clock.now()
    return row


def _segment(desk: Desk, work: Work, values: Values) -> Segment:
    if not may_translate(desk, work):
        raise NotFoundError
    if not is_written_here(desk.member_id):
        raise ElsewhereError
    found = segment_of(desk, work, values["segment"])
    if found is None:
        raise NotFoundError
    if values.get("revision") not in {None, found.block.revision}:
        raise ConflictError(_l("The source was changed meanwhile. Look at what changed; your text is kept below."))
    return found


def _known_heads(segment: Segment, values: Values) -> list[str]:
    # What the reviser saw when the page was made: an approval that came since was made apart from this one.
    heads = segment.standing.heads
    return [each for each in heads if each in values["seen"]] if "seen" in values else list(heads)


def _check(segment: Segment, text: str, language: str, waiver: str | None) -> None:
    found = findings(segment.block.text, text, terms_of(language))
    binding = [each for each in found if not each.fault.may_be_waived]
    if binding:
        raise InvalidError([FieldError("text", say(each)) for each in binding])
    if found and not (waiver or "").strip():
        raise InvalidError([FieldError("waiver", say(each)) for each in found])
