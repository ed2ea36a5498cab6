"""Pages for those who answer: the list of what is asked, one criterion a page, and a last look at all of them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.integrity.models.assessment import AssessmentDraft
from sri_admin.integrity.models.standard import Criterion
from sri_admin.integrity.operations import assessments as operations
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import Assessment, assessment_by_cycle, assessments_of, criterion_of
from sri_admin.integrity.queries.evidence import evidence_by_ids, evidence_of, files_here
from sri_admin.integrity.queries.metrics import returns_on_time
from sri_admin.integrity.queries.profiles import Profile, profile_of
from sri_admin.integrity.rules import words
from sri_admin.integrity.schemas import CriterionAnswerIn, NothingIn
from sri_admin.kernel import audit
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.formats import date_and_time
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.people.rules import ROLE_NAMES
from sri_admin.web import about, history
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.forms import VERSION, Form
from sri_admin.web.homes import Home

pages = Pages("integrity")
AT = "/countries/<code>/assessments/<uuid:cycle_id>"
ONE = f"{AT}/criteria/<criterion>"
_LENGTH = 20


@pages.get("/countries/<code>/assessments", audience=Audience.MEMBER, template="integrity/assessments.html")
def assessment_list(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show the rounds a country was called to, and how each assessment stands."""
    POLICY.require(actor, "integrity.assessment.read", member.id)
    tabs = about.tabs(actor, member, "integrity.assessment_list") if actor.is_staff else []
    return {"member": member, "rows": assessments_of(member.id), "tabs": tabs, "words": words}


@pages.get(AT, audience=Audience.MEMBER, template="integrity/assessment.html")
def assessment_show(actor: Actor, member: Tenant, cycle_id: UUID) -> dict[str, Any]:
    """Show one assessment: what is asked and answered, what waits for whom, and the result."""
    POLICY.require(actor, "integrity.assessment.read", member.id)
    found = assessment_by_cycle(member.id, cycle_id)
    profile = profile_of(found.snapshot) if found.snapshot else None
    is_own = POLICY.allows(actor, "integrity.assessment.answer", member.id)
    return {
        "member": member,
        "assessment": found,
        "stage": found.stage if is_own else found.stage_at_sri,
        "is_own": is_own,
        "profile": profile,
        "returned": profile.returned if profile else None,
        "may_sign": _may_sign(actor, found),
        "history": _history(found, profile, is_own=is_own),
        "words": words,
    }


@pages.get(ONE, audience=Audience.MEMBER, template="integrity/answer.html")
def answer_edit(actor: Actor, form: Form, *, member: Tenant, cycle_id: UUID, criterion: str) -> dict[str, Any]:
    """Ask one criterion; if somebody else answered it meanwhile, show both answers."""
    found, asked = asked_of(actor, member, cycle_id, criterion)
    row = found.drafts.get(asked.uid)
    profile = profile_of(found.snapshot) if found.snapshot else None
    return {
        "form": form,
        "member": member,
        "assessment": found,
        "criterion": asked,
        "stored": row,
        "place": [each.uid for each in found.criteria].index(asked.uid) + 1,
        "evidence": evidence_by_ids(member.id, row.evidence_ids) if row else [],
        "here": files_here(member.id),
        "numbers": returns_on_time(member.id, found.cycle) if asked.metric else None,
        "question": _question(profile, asked),
        "before": profile.row(asked.uid) if profile else None,
        "conflict": _conflict(form, form.conflict, url_for("integrity.answer_keep", **place_of(found, member, asked))),
        "words": words,
    }


@pages.post(ONE, audience=Audience.MEMBER, takes=CriterionAnswerIn, again=answer_edit)
def answer_keep(actor: Actor, values: dict[str, Any], *, member: Tenant, cycle_id: UUID, criterion: str) -> SeeOther:
    """Keep an answer and go on to the next one that is missing."""
    found, asked = asked_of(actor, member, cycle_id, criterion)
    operations.keep_answer(actor, found, asked, values=values)
    where: dict[str, Any] = {"code": member.code, "cycle_id": cycle_id}
    if values.get("then") == "evidence":
        return see_other("integrity.evidence_new", **where, criterion=criterion)
    following = _following(assessment_by_cycle(member.id, cycle_id), criterion)
    if following is None:
        return see_other("integrity.answers_check", **where, notice=_("It is kept. Nothing is missing any more."))
    return see_other("integrity.answer_edit", **where, criterion=following, notice=_("It is kept."))


@pages.get(f"{AT}/check", audience=Audience.MEMBER, template="integrity/check.html")
def answers_check(actor: Actor, form: Form, *, member: Tenant, cycle_id: UUID) -> dict[str, Any]:
    """Show every answer once more before it is handed to a second person."""
    POLICY.require(actor, "integrity.assessment.answer", member.id)
    found = assessment_by_cycle(member.id, cycle_id)
    titles = {each.id: each.title for each in evidence_of(member.id)}
    numbers = returns_on_time(member.id, found.cycle)
    shown = {"form": form, "member": member, "assessment": found, "titles": titles, "numbers": numbers}
    return {**shown, "words": words}


@pages.post(f"{AT}/propose", audience=Audience.MEMBER, takes=NothingIn, again=answers_check)
def answers_propose(actor: Actor, values: Mapping[str, Any], *, member: Tenant, cycle_id: UUID) -> SeeOther:
    """Hand all answers to a second person."""
    operations.propose(actor, assessment_by_cycle(member.id, cycle_id), values=values)
    notice = _("It is handed on. The chair or an administrator who gave none of these answers signs it off.")
    return see_other("integrity.assessment_show", code=member.code, cycle_id=cycle_id, notice=notice)


def _history(found: Assessment, profile: Profile | None, *, is_own: bool) -> list[dict[str, Any]]:
    """Return what happened, newest first: the country's own history for itself, and the steps SRI took."""
    entries = audit.entries_about(found.member_id, found.cycle.id, limit=_LENGTH) if is_own else []
    own = history.told(each for each in entries if not each.event.endswith("AssessmentStepped"))
    steps = [
        history.item(
            "integrity.AssessmentStepped", {"step": each.step.value, "reason": each.reason}, each.at, each.role
        )
        for each in (profile.steps if profile else ())
    ]
    newest = sorted([*own, *steps], key=lambda item: item["when"], reverse=True)[:_LENGTH]
    return [{**item, "when": date_and_time(item["when"]), "actor": ROLE_NAMES.get(item["actor"])} for item in newest]


def asked_of(actor: Actor, member: Tenant, cycle_id: UUID, uid: str) -> tuple[Assessment, Criterion]:
    """Return an assessment and one of its criteria, for somebody who may answer; NotFoundError, NotAllowedError."""
    POLICY.require(actor, "integrity.assessment.answer", member.id)
    found = assessment_by_cycle(member.id, cycle_id)
    return found, criterion_of(found, uid)


def _may_sign(actor: Actor, found: Assessment) -> bool:
    proposal = found.proposal
    if proposal is None or not found.is_proposed:
        return False
    is_another = actor.label not in {*proposal.answered_by, proposal.actor}
    return is_another and POLICY.allows(actor, "integrity.assessment.sign_off", found.member_id)


def place_of(found: Assessment, member: Tenant, asked: Criterion) -> dict[str, Any]:
    """Return what names a criterion's page in an address."""
    return {"code": member.code, "cycle_id": found.cycle.id, "criterion": asked.uid}


def _question(profile: Profile | None, asked: Criterion) -> str | None:
    returned = profile.returned if profile else None
    return returned.reason if returned is not None and asked.uid in returned.criteria else None


def _following(found: Assessment, uid: str) -> str | None:
    uids = [each.uid for each in found.criteria]
    place = uids.index(uid)
    missing = found.lacks
    return next((each for each in (*uids[place + 1 :], *uids[:place]) if each in missing), None)


def _conflict(form: Form, theirs: AssessmentDraft | None, url: str) -> dict[str, Any] | None:
    if theirs is None or form.entered is None:
        return None
    answers = {str(each.value): str(label) for each, label in words.ANSWERS.items()}
    rows = [
        {
            "label": _("Answer"),
            "mine": answers.get(form.value("answer"), ""),
            "theirs": str(words.ANSWERS[theirs.answer]) if theirs.answer else "",
        },
        {"label": _("Why it does not apply"), "mine": form.value("reason"), "theirs": theirs.reason},
        {"label": _("In your own words"), "mine": form.value("statement"), "theirs": theirs.statement},
    ]
    names = ("answer", "reason", "statement")
    kept = {name: form.value(name) for name in names}
    return {
        "fields": [each for each in rows if each["mine"] != each["theirs"]],
        "mine": {"url": url, "post": True, "fields": {**kept, VERSION: theirs.version}},
        "theirs": {"url": url},
    }


_COVERED = ("assessment_show", "answer_edit", "evidence_new", "answers_check", "signing_show", "snapshot_show")
_READING = Home(POLICY, "integrity.assessment.answer")

MENU = (
    MenuEntry(
        label=_l("Assessment"),
        endpoint="integrity.assessment_list",
        icon="check-lg",
        place=45,
        group=_l("Our body"),
        shown=_READING.shown,
        url=lambda actor: url_for("integrity.assessment_list", code=_READING.code(actor)),
        covers=frozenset(f"integrity.{each}" for each in _COVERED),
    ),
)
