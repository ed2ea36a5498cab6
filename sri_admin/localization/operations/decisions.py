"""What SRI does with translations: grants languages, decides on meaning, enters terms, releases what is approved."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sri_admin.federation import streams
from sri_admin.federation.stream_names import HUB_LANGUAGE
from sri_admin.kernel import clock, ids, installation, tenancy
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError, NotAllowedError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.work import record
from sri_admin.localization.events import LanguageGranted, SegmentDecided, TermEntered
from sri_admin.localization.models import GlossaryTerm, LanguageDecision, LanguageGrant
from sri_admin.localization.policy import POLICY
from sri_admin.localization.queries.grants import languages_of
from sri_admin.localization.queries.texts import TextRow, people_behind, text_of
from sri_admin.localization.rules.standing import Mark, Standing, State, Verdict
from sri_admin.materials.models import Release, Work
from sri_admin.materials.operations.releases import release_translation
from sri_admin.materials.rules.blocks import Block

Values = Mapping[str, Any]


def grant_language(actor: Actor, member_id: UUID, *, values: Values) -> LanguageGrant:
    """Let a member translate into a language; with the first grant the language gets its stream."""
    POLICY.require(actor, "localization.language.grant", member_id)
    if values["language"] in languages_of(member_id):
        raise ConflictError(_l("This country may translate into this language already."), code="granted")
    if values.get("ends_on") and values["ends_on"] < values["starts_on"]:
        raise InvalidError([FieldError("ends_on", _l("The last day lies before the first. Choose a later day."))])
    with tenancy.reaching(_for_hub()):
        streams.ensure_topic(HUB_LANGUAGE, values["language"])
    grant = LanguageGrant(
        member_id=member_id,
        id=values.get("record_id") or ids.new(),
        language=values["language"],
        starts_on=values["starts_on"],
        ends_on=values.get("ends_on"),
    )
    db.session.add(grant)
    event = LanguageGranted(
        member_id=member_id,
        subject=grant.id,
        language=grant.language,
        starts_on=grant.starts_on,
        ends_on=grant.ends_on,
    )
    record(actor, event, grant)
    return grant


def _for_hub() -> tenancy.Reach:
    hub_id = installation.hub_tenant_id()
    now = tenancy.reach_of(db.session())
    return replace(now, members=now.members | {hub_id}, member=hub_id)


def decide(actor: Actor, work: Work, language: str, *, values: Values) -> LanguageDecision:
    """Say whether a wording keeps the meaning, or which of two approved ones stands; the text goes to every country."""
    POLICY.require(actor, "localization.segment.decide", work)
    text = text_of(work, language)
    segment = text.segment(values["segment"]) if text else None
    if text is None or segment is None:
        raise NotFoundError
    standing = segment.standing
    mark = next((each for each in standing.approvals if each.version_id == str(values["contribution_id"])), None)
    if mark is None or standing.state not in {State.INTEGRITY, State.CONTESTED}:
        raise ConflictError(_l("This was decided meanwhile, or its wording was changed. Look at the text again."))
    authors = people_behind(text, segment)
    if actor.label in authors:
        raise NotAllowedError(_l("You wrote or reviewed this wording. Somebody else has to decide."), action="decide")
    note = (values.get("note") or "").strip()
    if values["verdict"] is Verdict.RETURN and not note:
        raise InvalidError([FieldError("note", _l("Say what would be lost, so that the translator can mend it."))])
    streams.ensure_topic(HUB_LANGUAGE, language)
    row = LanguageDecision(
        member_id=work.member_id,
        id=values.get("record_id") or ids.new(),
        work_id=work.id,
        language=language,
        block_uid=segment.block.uid,
        revision=segment.block.revision,
        verdict=values["verdict"],
        text=mark.text,
        contribution_id=values["contribution_id"],
        contribution_sha256=hashlib.sha256(mark.text.encode()).hexdigest(),
        authors=authors,
        seen=_weighed(standing, mark, values["verdict"]),
        note=note,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(row)
    event = SegmentDecided(
        member_id=work.member_id, subject=row.id, work=work.code, language=language, verdict=row.verdict.value
    )
    record(actor, event, row)
    return row


def _weighed(standing: Standing, mark: Mark, verdict: Verdict) -> list[str]:
    # Whoever returns one wording says nothing of the others: their approvals stay.
    if verdict is Verdict.RETURN:
        return [each.id for each in standing.approvals if each.text == mark.text]
    return list(standing.heads)


def enter_term(actor: Actor, hub_id: UUID, *, values: Values) -> GlossaryTerm:
    """Say how a word of the source is said in a language; a later entry takes the place of an earlier one."""
    POLICY.require(actor, "localization.term.enter", hub_id)
    streams.ensure_topic(HUB_LANGUAGE, values["language"])
    row = GlossaryTerm(
        member_id=hub_id,
        id=values.get("record_id") or ids.new(),
        language=values["language"],
        source=values["source"],
        target=values["target"],
        forbidden=[each.strip() for each in (values.get("forbidden") or "").split(",") if each.strip()],
        note=values.get("note") or "",
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(row)
    record(actor, TermEntered(member_id=hub_id, subject=row.id, language=row.language, source=row.source), row)
    return row


def build_translation(text: TextRow) -> list[Block]:
    """Return the blocks of a translated release; ConflictError while any segment is not approved as it stands now."""
    missing = len(text.segments) - text.done
    if missing:
        message = ngettext(
            "%(num)s segment is not approved yet. A release holds only what is approved.",
            "%(num)s segments are not approved yet. A release holds only what is approved.",
            missing,
        )
        raise ConflictError(message, code="not_approved")
    return [replace(each.block, text=each.standing.text, change=None) for each in text.segments]


def release_text(actor: Actor, work: Work, language: str, *, values: Values) -> Release:
    """Release a translation: only what is approved, signed like every release."""
    POLICY.require(actor, "localization.release.make", work)
    text = text_of(work, language)
    if text is None:
        raise NotFoundError
    blocks = build_translation(text)
    return release_translation(
        actor, work, blocks, values={**values, "language": language, "source_id": text.source.id}
    )
