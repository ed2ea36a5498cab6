"""Pages for those who answer: the list of what is asked, one criterion a page, evidence, and a last look."""

from collections.abc import Mapping, Set
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.integrity.models.assessment import AssessmentDraft
from sri_admin.integrity.models.standard import Criterion
from sri_admin.integrity.operations import assessments as operations
from sri_admin.integrity.operations.evidence import add_evidence
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import Assessment, assessment_by_cycle, assessments_of, criterion_of
from sri_admin.integrity.queries.evidence import evidence_by_ids, evidence_of, file_of, files_here
from sri_admin.integrity.queries.metrics import returns_on_time
from sri_admin.integrity.queries.profiles import Profile, profile_of
from sri_admin.integrity.rules import words
from sri_admin.integrity.rules.evidence import LARGEST
from sri_admin.integrity.schemas import CriterionAnswerIn, EvidenceIn, EvidenceNamingIn, NothingIn
from sri_admin.kernel import clock, pdf
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.blob_store import Blob
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import MenuEntry
from sri_admin.kernel.tenancy import Tenant
from sri_admin.web.doors import Attachment, Audience, Pages, SeeOther, see_other
from sri_admin.web.downloads import Stored
from sri_admin.web.forms import VERSION, Form, Upload
from sri_admin.web.homes import Home
from sri_admin.web.uploads import Accepts

pages = Pages("integrity")
AT = "/countries/<code>/assessments/<uuid:cycle_id>"
_ONE = f"{AT}/criteria/<criterion>"
PAPER = Accepts(limit=LARGEST, check=pdf.check)


@pages.get("/countries/<code>/assessments", audience=Audience.MEMBER, template="integrity/assessments.html")
def assessment_list(actor: Actor, member: Tenant) -> dict[str, Any]:
    """Show the rounds a country was called to, and how each assessment stands."""
    POLICY.require(actor, "integrity.assessment.read", member.id)
    return {"member": member, "rows": assessments_of(member.id), "today": clock.today(), "words": words}


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
        "today": clock.today(),
        "words": words,
    }


@pages.get(_ONE, audience=Audience.MEMBER, template="integrity/answer.html")
def answer_edit(actor: Actor, form: Form, *, member: Tenant, cycle_id: UUID, criterion: str) -> dict[str, Any]:
    """Ask one criterion; if somebody else answered it meanwhile, show both answers."""
    found, asked = _asked(actor, member, cycle_id, criterion)
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
        "conflict": _conflict(form, form.conflict, url_for("integrity.answer_keep", **_where(found, member, asked))),
        "words": words,
    }


@pages.post(_ONE, audience=Audience.MEMBER, takes=CriterionAnswerIn, again=answer_edit)
def answer_keep(actor: Actor, values: dict[str, Any], *, member: Tenant, cycle_id: UUID, criterion: str) -> SeeOther:
    """Keep an answer and go on to the next one that is missing."""
    found, asked = _asked(actor, member, cycle_id, criterion)
    operations.keep_answer(actor, found, asked, values=values)
    where: dict[str, Any] = {"code": member.code, "cycle_id": cycle_id}
    if values.get("then") == "evidence":
        return see_other("integrity.evidence_new", **where, criterion=criterion)
    following = _following(assessment_by_cycle(member.id, cycle_id), criterion)
    if following is None:
        return see_other("integrity.answers_check", **where, notice=_("It is kept. Nothing is missing any more."))
    return see_other("integrity.answer_edit", **where, criterion=following, notice=_("It is kept."))


@pages.get(f"{_ONE}/evidence", audience=Audience.MEMBER, template="integrity/evidence_new.html")
def evidence_new(actor: Actor, form: Form, *, member: Tenant, cycle_id: UUID, criterion: str) -> dict[str, Any]:
    """Ask for a file that shows what was answered."""
    found, asked = _asked(actor, member, cycle_id, criterion)
    row = found.drafts.get(asked.uid)
    named = set(row.evidence_ids) if row else set()
    others = [each for each in evidence_of(member.id) if each.id not in named]
    shown = {"form": form, "member": member, "assessment": found, "criterion": asked, "others": others}
    return {**shown, "limit": LARGEST // (1024 * 1024), "words": words}


@pages.post(f"{_ONE}/evidence", audience=Audience.MEMBER, takes=EvidenceIn, again=evidence_new, accepts=PAPER)
def evidence_add(
    actor: Actor, values: dict[str, Any], upload: Upload, *, member: Tenant, cycle_id: UUID, criterion: str
) -> SeeOther:
    """Keep a file as evidence, here and nowhere else, and name it in the answer."""
    found, asked = _asked(actor, member, cycle_id, criterion)
    made = add_evidence(actor, member, values={**values, "file": upload.file, "file_name": upload.name})
    _name(actor, found, asked, {made.id})
    notice = _("The file is kept here. SRI learns its title and digest, never the file.")
    return see_other("integrity.answer_edit", **_where(found, member, asked), notice=notice)


@pages.post(f"{_ONE}/evidence/<uuid:evidence_id>", audience=Audience.MEMBER, takes=EvidenceNamingIn)
def evidence_name(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, cycle_id: UUID, criterion: str, evidence_id: UUID
) -> SeeOther:
    """Name a piece of evidence in an answer, or take it out of the answer; the evidence itself stays."""
    found, asked = _asked(actor, member, cycle_id, criterion)
    _name(actor, found, asked, {evidence_id}, is_named=values["named"])
    return see_other("integrity.answer_edit", **_where(found, member, asked), notice=_("It is kept."))


@pages.file("/countries/<code>/evidence/<uuid:evidence_id>/file", audience=Audience.MEMBER)
def evidence_open(actor: Actor, *, member: Tenant, evidence_id: UUID) -> Attachment:
    """Give a file of evidence to the country's own people; nobody else ever gets it."""
    POLICY.require(actor, "integrity.evidence.open", member.id)
    file = file_of(member.id, evidence_by_ids(member.id, [evidence_id])[0].id)
    return Attachment(file.file_name, file.media_type, Stored(Blob(file.sha256, file.size), member.id))


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


def _asked(actor: Actor, member: Tenant, cycle_id: UUID, uid: str) -> tuple[Assessment, Criterion]:
    POLICY.require(actor, "integrity.assessment.answer", member.id)
    found = assessment_by_cycle(member.id, cycle_id)
    return found, criterion_of(found, uid)


def _may_sign(actor: Actor, found: Assessment) -> bool:
    proposal = found.proposal
    if proposal is None or not found.is_proposed:
        return False
    is_another = actor.label not in {*proposal.answered_by, proposal.actor}
    return is_another and POLICY.allows(actor, "integrity.assessment.sign_off", found.member_id)


def _where(found: Assessment, member: Tenant, asked: Criterion) -> dict[str, Any]:
    return {"code": member.code, "cycle_id": found.cycle.id, "criterion": asked.uid}


def _question(profile: Profile | None, asked: Criterion) -> str | None:
    returned = profile.returned if profile else None
    return returned.reason if returned is not None and asked.uid in returned.criteria else None


def _following(found: Assessment, uid: str) -> str | None:
    uids = [each.uid for each in found.criteria]
    place = uids.index(uid)
    missing = found.lacks
    return next((each for each in (*uids[place + 1 :], *uids[:place]) if each in missing), None)


def _name(actor: Actor, found: Assessment, asked: Criterion, evidence_ids: Set[UUID], *, is_named: bool = True) -> None:
    row = found.drafts.get(asked.uid)
    others = [each for each in (row.evidence_ids if row else []) if each not in evidence_ids]
    kept = {"answer": row.answer, "reason": row.reason, "statement": row.statement} if row else {}
    named = [*others, *evidence_ids] if is_named else others
    operations.keep_answer(actor, found, asked, values={**kept, "evidence_ids": named})


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
        place=64,
        group=_l("Our body"),
        shown=_READING.shown,
        url=lambda actor: url_for("integrity.assessment_list", code=_READING.code(actor)),
        covers=frozenset(f"integrity.{each}" for each in _COVERED),
    ),
)
