"""Pages for the signed copies of agreements: SRI staff add them, the board and staff keep them."""

from typing import Any
from uuid import UUID

from sri_admin.kernel import pdf
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.blob_store import Blob
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import HUB
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.operations.files import add_signed_copy
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import agreement_by_id
from sri_admin.members.queries.files import file_by_id, signed_copies
from sri_admin.members.queries.members import member_by_id
from sri_admin.web.doors import Attachment, Audience, Pages, SeeOther, see_other
from sri_admin.web.downloads import Stored
from sri_admin.web.forms import Form, Upload
from sri_admin.web.uploads import Accepts

pages = Pages("members")
SIGNED_COPY = Accepts(limit=pdf.MOST_BYTES, check=pdf.check)


@pages.get(
    "/countries/<code>/agreements/<uuid:agreement_id>/files/new",
    audience=Audience.STAFF,
    template="members/agreement_file.html",
    roles=HUB,
)
def agreement_file_new(actor: Actor, form: Form, *, member: Tenant, agreement_id: UUID) -> dict[str, Any]:
    """Ask for the signed copy of an agreement."""
    record, agreement = member_by_id(member.id), agreement_by_id(member.id, agreement_id)
    POLICY.require(actor, "members.agreement.add_file", agreement)
    copies = signed_copies([agreement])[agreement.id]
    return {"form": form, "member": record, "agreement": agreement, "copies": copies}


@pages.post(
    "/countries/<code>/agreements/<uuid:agreement_id>/files/new",
    audience=Audience.STAFF,
    again=agreement_file_new,
    accepts=SIGNED_COPY,
    roles=HUB,
)
def agreement_file_add(actor: Actor, upload: Upload, *, member: Tenant, agreement_id: UUID) -> SeeOther:
    """Keep the signed copy of an agreement."""
    add_signed_copy(actor, agreement_by_id(member.id, agreement_id), values={"file": upload.file})
    notice = _("The signed copy is kept. The country’s node fetches it by itself.")
    return see_other("members.agreement_show", code=member.code, agreement_id=agreement_id, notice=notice)


@pages.file("/countries/<code>/agreements/<uuid:agreement_id>/files/<uuid:file_id>", audience=Audience.MEMBER)
def agreement_file_keep(actor: Actor, *, member: Tenant, agreement_id: UUID, file_id: UUID) -> Attachment:
    """Give out the signed copy of an agreement."""
    agreement = agreement_by_id(member.id, agreement_id)
    POLICY.require(actor, "members.agreement.read", agreement)
    file = file_by_id(member.id, agreement_id, file_id)
    name = f"{agreement.ref_no}-{file.sha256[:8]}.pdf"
    return Attachment(name, file.media_type, Stored(Blob(file.sha256, file.size), member.id))
