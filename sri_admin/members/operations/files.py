"""Signed copies: the paper both sides signed, kept beside the agreement."""

from collections.abc import Mapping
from typing import Any

from sri_admin.kernel import blobs, clock, ids
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.pdf import MEDIA_TYPE
from sri_admin.kernel.spool import Spooled
from sri_admin.kernel.work import record
from sri_admin.members.events import AgreementFileAdded
from sri_admin.members.models.agreement import Agreement, AgreementFile
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.files import newest_file


def add_signed_copy(actor: Actor, agreement: Agreement, *, values: Mapping[str, Any]) -> AgreementFile:
    """Keep a checked copy of the signed paper; a newer one stands before the older, and the same again adds nothing."""
    POLICY.require(actor, "members.agreement.add_file", agreement)
    if agreement.signed_on is None:
        raise ConflictError(_l("Note first that both sides signed, then add the signed copy."), code="wrong_state")
    file: Spooled = values["file"]
    newest = newest_file(agreement)
    if newest is not None and newest.sha256 == file.blob.sha256:
        return newest
    blobs.take(file)
    copy = AgreementFile(
        member_id=agreement.member_id,
        id=values.get("id") or ids.new(),
        agreement_id=agreement.id,
        sha256=file.blob.sha256,
        size=file.blob.size,
        media_type=MEDIA_TYPE,
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    db.session.add(copy)
    added = AgreementFileAdded(
        member_id=agreement.member_id,
        subject=agreement.id,
        ref_no=agreement.ref_no,
        sha256=copy.sha256,
        size=copy.size,
        replaces=newest is not None,
    )
    record(actor, added, copy)
    return copy
