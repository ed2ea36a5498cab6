"""Which records of the member file travel, in the order in which a page is applied.

A wire schema says what travels: the columns of the table by their names, without the member and without what each side
computes for itself. Private halves, drafts and search columns are in no schema and stay where they are.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, fields, validate

from sri_admin.federation.kinds import Kind
from sri_admin.federation.stream_names import HUB_MEMBER, HUB_REGISTRY, MEMBER_OPS
from sri_admin.federation.wire import WireBoolean, WireDate, WireInstant, WireText, WireUUID
from sri_admin.kernel.pdf import MOST_BYTES
from sri_admin.kernel.text import Text
from sri_admin.members.models.agreement import Agreement, AgreementEventRow, AgreementFile
from sri_admin.members.models.block import MemberBlock
from sri_admin.members.models.member import LegalEntity, Member, MemberCard, MemberEvent
from sri_admin.members.models.office import OfficeHolder, OfficeHolderPrivate
from sri_admin.members.models.territory import MemberTerritory, TerritoryExtra
from sri_admin.members.rules import agreement as a
from sri_admin.members.rules import member as m
from sri_admin.members.rules.block import BlockKind
from sri_admin.members.rules.naming import search_text
from sri_admin.members.rules.office import Office

_INT4 = validate.Range(-(2**31), 2**31 - 1)


class Wire(Schema):
    """A record on the wire; fields of a newer writer are kept."""

    class Meta:
        """Keep what we do not know yet."""

        unknown = INCLUDE


class MemberWire(Wire):
    """members.member/1."""

    code = fields.String(required=True)
    names = WireText(required=True)
    kind = fields.Enum(m.MemberKind, by_value=True, required=True)
    state = fields.Enum(m.MemberState, by_value=True, required=True)
    state_since = WireDate(required=True)
    state_reason = fields.String(allow_none=True)
    suspension = fields.Enum(m.SuspensionKind, by_value=True, allow_none=True)
    suspension_until = WireDate(allow_none=True)
    region = fields.String(required=True)
    default_locale = fields.String(required=True)
    time_zone = fields.String(required=True)
    fiscal_month = fields.Integer(strict=True, required=True, validate=validate.Range(1, 12))
    fiscal_day = fields.Integer(strict=True, required=True, validate=validate.Range(1, 31))
    hosting = fields.Enum(m.Hosting, by_value=True, required=True)
    listing = fields.Enum(m.Listing, by_value=True, required=True)


class MemberEventWire(Wire):
    """members.member_event/1."""

    transition = fields.Enum(m.Transition, by_value=True, required=True)
    from_state = fields.Enum(m.MemberState, by_value=True, required=True)
    to_state = fields.Enum(m.MemberState, by_value=True, required=True)
    on = WireDate(required=True)
    reason = fields.String(allow_none=True)
    suspension = fields.Enum(m.SuspensionKind, by_value=True, allow_none=True)
    until = WireDate(allow_none=True)
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


class LegalEntityWire(Wire):
    """members.legal_entity/1."""

    name = fields.String(required=True)
    form = fields.String(required=True)
    registration_no = fields.String(allow_none=True)
    country = fields.String(required=True, validate=validate.Length(equal=2))
    starts_on = WireDate(required=True)
    ends_on = WireDate(allow_none=True)


class AgreementWire(Wire):
    """members.agreement/1."""

    ref_no = fields.String(required=True)
    kind = fields.Enum(a.AgreementKind, by_value=True, required=True)
    parent_id = WireUUID(allow_none=True)
    amends_id = WireUUID(allow_none=True)
    continues_id = WireUUID(allow_none=True)
    rights = fields.List(fields.String(), required=True)
    programme_types = fields.List(fields.String(), required=True)
    territories = fields.List(fields.String(), required=True)
    exclusive = WireBoolean(required=True)
    starts_on = WireDate(required=True)
    ends_on = WireDate(required=True)
    notice_days = fields.Integer(strict=True, required=True, validate=validate.Range(0, 36500))
    grace_days = fields.Integer(strict=True, required=True, validate=validate.Range(0, 36500))
    cure_days = fields.Integer(strict=True, required=True, validate=validate.Range(0, 36500))
    state = fields.Enum(a.AgreementState, by_value=True, required=True)
    offered_on = WireDate(required=True)
    signed_on = WireDate(allow_none=True)
    closed_on = WireDate(allow_none=True)
    reason = fields.String(allow_none=True)


class AgreementEventWire(Wire):
    """members.agreement_event/1."""

    agreement_id = WireUUID(required=True)
    kind = fields.Enum(a.EventKind, by_value=True, required=True)
    on = WireDate(required=True)
    effective_on = WireDate(allow_none=True)
    reason = fields.String(allow_none=True)
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


class BlockWire(Wire):
    """members.block/1."""

    kind = fields.Enum(BlockKind, by_value=True, required=True)
    source_kind = fields.String(required=True, validate=validate.Length(1, 80))
    source_id = WireUUID(required=True)
    reason = WireText(required=True)
    set_at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)
    lifted_at = WireInstant(allow_none=True)
    lifted_by = fields.String(allow_none=True)


class AgreementFileWire(Wire):
    """members.agreement_file/1; the file itself is fetched by its digest, after the records."""

    agreement_id = WireUUID(required=True)
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}\Z"))
    size = fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST_BYTES))
    media_type = fields.String(required=True, validate=validate.Regexp(r"^application/pdf\Z"))
    at = WireInstant(required=True)
    actor = fields.String(required=True)
    role = fields.String(required=True)


class TerritoryWire(Wire):
    """members.territory/1."""

    code = fields.String(required=True)
    country = fields.String(required=True, validate=validate.Length(equal=2))
    part_from = fields.Integer(strict=True, allow_none=True, validate=_INT4)
    part_to = fields.Integer(strict=True, allow_none=True, validate=_INT4)
    exclusive = WireBoolean(required=True)
    valid_from = WireDate(required=True)
    valid_to = WireDate(allow_none=True)
    agreement_id = WireUUID(required=True)


class OfficeHolderWire(Wire):
    """members.office_holder/1."""

    office = fields.Enum(Office, by_value=True, required=True)
    display_name = fields.String(required=True, validate=validate.Length(1, 120))
    starts_on = WireDate(required=True)
    ends_on = WireDate(allow_none=True)
    end_reason = fields.String(allow_none=True, validate=validate.Length(max=1000))
    email = fields.String(allow_none=True, validate=validate.Length(max=254))
    phone = fields.String(allow_none=True, validate=validate.Length(max=40))
    phone_country = fields.String(allow_none=True, validate=validate.Length(equal=2))


class TerritoryExtraWire(Wire):
    """members.territory_extra/1."""

    code = fields.String(required=True)
    country = fields.String(required=True, validate=validate.Length(equal=2))
    names = WireText(required=True)


class CardWire(Wire):
    """members.card/1."""

    code = fields.String(required=True)
    names = WireText(required=True)
    kind = fields.Enum(m.MemberKind, by_value=True, required=True)
    shown_state = fields.Enum(m.MemberState, by_value=True, required=True)
    region = fields.String(required=True)
    territories = fields.List(fields.String(), required=True)


def _searched(payload: Mapping[str, Any]) -> dict[str, str]:
    return {"search": search_text(payload["code"], Text.from_wire(payload["names"]))}


MEMBER = Kind(name="members.member", version=1, model=Member, schema=MemberWire, stream=HUB_MEMBER, derive=_searched)
MEMBER_EVENT = Kind(
    name="members.member_event",
    version=1,
    model=MemberEvent,
    schema=MemberEventWire,
    stream=HUB_MEMBER,
    append_only=True,
)
LEGAL_ENTITY = Kind(
    name="members.legal_entity", version=1, model=LegalEntity, schema=LegalEntityWire, stream=HUB_MEMBER
)
AGREEMENT = Kind(name="members.agreement", version=1, model=Agreement, schema=AgreementWire, stream=HUB_MEMBER)
AGREEMENT_EVENT = Kind(
    name="members.agreement_event",
    version=1,
    model=AgreementEventRow,
    schema=AgreementEventWire,
    stream=HUB_MEMBER,
    append_only=True,
)
AGREEMENT_FILE = Kind(
    name="members.agreement_file",
    version=1,
    model=AgreementFile,
    schema=AgreementFileWire,
    stream=HUB_MEMBER,
    append_only=True,
)
BLOCK = Kind(name="members.block", version=1, model=MemberBlock, schema=BlockWire, stream=HUB_MEMBER)
TERRITORY = Kind(name="members.territory", version=1, model=MemberTerritory, schema=TerritoryWire, stream=HUB_MEMBER)
OFFICE_HOLDER = Kind(
    name="members.office_holder",
    version=1,
    model=OfficeHolder,
    schema=OfficeHolderWire,
    stream=MEMBER_OPS,
    private=OfficeHolderPrivate,
)
TERRITORY_EXTRA = Kind(
    name="members.territory_extra", version=1, model=TerritoryExtra, schema=TerritoryExtraWire, stream=HUB_REGISTRY
)
CARD = Kind(name="members.card", version=1, model=MemberCard, schema=CardWire, stream=HUB_REGISTRY)

KINDS = (
    TERRITORY_EXTRA,
    CARD,
    MEMBER,
    MEMBER_EVENT,
    LEGAL_ENTITY,
    AGREEMENT,
    AGREEMENT_EVENT,
    AGREEMENT_FILE,
    TERRITORY,
    BLOCK,
    OFFICE_HOLDER,
)
