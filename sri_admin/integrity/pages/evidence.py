"""Pages of evidence: a file is kept where the country works, named in answers, and opened by its own people alone."""

from collections.abc import Mapping, Set
from typing import Any
from uuid import UUID

from sri_admin.integrity.models.standard import Criterion
from sri_admin.integrity.operations import assessments as operations
from sri_admin.integrity.operations.evidence import add_evidence
from sri_admin.integrity.pages.answering import ONE, asked_of, place_of
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import Assessment
from sri_admin.integrity.queries.evidence import evidence_by_ids, evidence_of, file_of
from sri_admin.integrity.rules import words
from sri_admin.integrity.rules.evidence import LARGEST
from sri_admin.integrity.schemas import EvidenceIn, EvidenceNamingIn
from sri_admin.kernel import pdf
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.blob_store import Blob
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.tenancy import Tenant
from sri_admin.web.doors import Attachment, Audience, Pages, SeeOther, see_other
from sri_admin.web.downloads import Stored
from sri_admin.web.forms import Form, Upload
from sri_admin.web.uploads import Accepts

pages = Pages("integrity")
PAPER = Accepts(limit=LARGEST, check=pdf.check)


@pages.get(f"{ONE}/evidence", audience=Audience.MEMBER, template="integrity/evidence_new.html")
def evidence_new(actor: Actor, form: Form, *, member: Tenant, cycle_id: UUID, criterion: str) -> dict[str, Any]:
    """Ask for a file that shows what was answered."""
    found, asked = asked_of(actor, member, cycle_id, criterion)
    row = found.drafts.get(asked.uid)
    named = set(row.evidence_ids) if row else set()
    others = [each for each in evidence_of(member.id) if each.id not in named]
    shown = {"form": form, "member": member, "assessment": found, "criterion": asked, "others": others}
    return {**shown, "limit": LARGEST // (1024 * 1024), "words": words}


@pages.post(f"{ONE}/evidence", audience=Audience.MEMBER, takes=EvidenceIn, again=evidence_new, accepts=PAPER)
def evidence_add(
    actor: Actor, values: dict[str, Any], upload: Upload, *, member: Tenant, cycle_id: UUID, criterion: str
) -> SeeOther:
    """Keep a file as evidence, here and nowhere else, and name it in the answer."""
    found, asked = asked_of(actor, member, cycle_id, criterion)
    made = add_evidence(actor, member, values={**values, "file": upload.file, "file_name": upload.name})
    _name(actor, found, asked, {made.id})
    notice = _("The file is kept here. SRI learns its title and digest, never the file.")
    return see_other("integrity.answer_edit", **place_of(found, member, asked), notice=notice)


@pages.post(f"{ONE}/evidence/<uuid:evidence_id>", audience=Audience.MEMBER, takes=EvidenceNamingIn)
def evidence_name(
    actor: Actor, values: Mapping[str, Any], *, member: Tenant, cycle_id: UUID, criterion: str, evidence_id: UUID
) -> SeeOther:
    """Name a piece of evidence in an answer, or take it out of the answer; the evidence itself stays."""
    found, asked = asked_of(actor, member, cycle_id, criterion)
    _name(actor, found, asked, {evidence_id}, is_named=values["named"])
    return see_other("integrity.answer_edit", **place_of(found, member, asked), notice=_("It is kept."))


@pages.file("/countries/<code>/evidence/<uuid:evidence_id>/file", audience=Audience.MEMBER)
def evidence_open(actor: Actor, *, member: Tenant, evidence_id: UUID) -> Attachment:
    """Give a file of evidence to the country's own people; nobody else ever gets it."""
    POLICY.require(actor, "integrity.evidence.open", member.id)
    file = file_of(member.id, evidence_by_ids(member.id, [evidence_id])[0].id)
    return Attachment(file.file_name, file.media_type, Stored(Blob(file.sha256, file.size), member.id))


def _name(actor: Actor, found: Assessment, asked: Criterion, evidence_ids: Set[UUID], *, is_named: bool = True) -> None:
    row = found.drafts.get(asked.uid)
    others = [each for each in (row.evidence_ids if row else []) if each not in evidence_ids]
    kept = {"answer": row.answer, "reason": row.reason, "statement": row.statement} if row else {}
    named = [*others, *evidence_ids] if is_named else others
    operations.keep_answer(actor, found, asked, values={**kept, "evidence_ids": named})
