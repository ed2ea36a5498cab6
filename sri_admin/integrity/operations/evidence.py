"""Keeping evidence: the file in its country, the record and the digest for everybody who may see the assessment."""

from collections.abc import Mapping
from typing import Any

from sri_admin.integrity.events import EvidenceAdded
from sri_admin.integrity.models.evidence import Evidence, EvidenceFile
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.queries.assessments import is_written_here
from sri_admin.integrity.rules.evidence import MEDIA_TYPES, Custody
from sri_admin.kernel import blobs, clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ElsewhereError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.spool import Spooled
from sri_admin.kernel.tenancy import Tenant
from sri_admin.kernel.work import record


def add_evidence(actor: Actor, member: Tenant, *, values: Mapping[str, Any]) -> Evidence:
    """Keep a checked file as evidence; the same id again answers with the first."""
    POLICY.require(actor, "integrity.evidence.add", member.id)
    if not is_written_here(member.id):
        raise ElsewhereError
    evidence_id = values.get("record_id") or ids.new()
    known = db.session.get(Evidence, (member.id, evidence_id))
    if known is not None:
        return known
    if values["covers_to"] < values["covers_from"]:
        raise InvalidError([FieldError("covers_to", _l("The last day lies before the first. Choose a later day."))])
    file: Spooled = values["file"]
    blobs.take(file)
    content = {"sha256": file.blob.sha256, "size": file.blob.size, "media_type": MEDIA_TYPES[0]}
    evidence = Evidence(
        member_id=member.id,
        id=evidence_id,
        title=values["title"],
        kind=values["kind"],
        covers_from=values["covers_from"],
        covers_to=values["covers_to"],
        custody=Custody.NODE_ONLY,
        **content,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    file_row = EvidenceFile(member_id=member.id, id=evidence.id, file_name=values["file_name"], **content)
    db.session.add_all([evidence, file_row])
    event = EvidenceAdded(member_id=member.id, subject=evidence.id, sha256=evidence.sha256, size=evidence.size)
    record(actor, event, evidence)
    return evidence
