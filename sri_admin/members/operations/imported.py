"""What can be brought in from a sheet: how one row is judged, what it does, and how that is taken back.

Each row goes through the schema of the form and the API and through their operations; nothing here writes a table of
the member file by itself.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import Schema, fields, load, validate
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import plain
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.member import LegalEntity, Member, MemberEvent
from sri_admin.members.models.office import OfficeHolder
from sri_admin.members.models.sheet import ImportEffect
from sri_admin.members.models.territory import TerritoryExtra
from sri_admin.members.operations import agreements, drafts, members
from sri_admin.members.policy import POLICY
from sri_admin.members.queries.agreements import agreement_by_id, draft_by_id
from sri_admin.members.queries.exports import described, terms
from sri_admin.members.queries.members import member_by_id, members_by_code, today_of
from sri_admin.members.queries.territories import extra_by_id, extras_by_code, is_place_used
from sri_admin.members.rules.agreement import AgreementState
from sri_admin.members.rules.member import SEATED
from sri_admin.members.rules.sheets import Outcome, SheetKind
from sri_admin.members.schemas.agreement import AgreementIn, SignatureIn
from sri_admin.members.schemas.member import DescriptionIn, MemberIn, TextField

Raw = Mapping[str, Any]
Known = Mapping[str, Any]
_DESCRIBED = ("name", "region", "default_locale", "time_zone", "fiscal_month", "fiscal_day", "listing")
_TERMS = tuple(AgreementIn().fields)
_SAME = ("kind", "starts_on", "ends_on", "territories")
_CHANGED_SINCE = _l("It was changed since it was imported.")


@dataclass(frozen=True)
class Plan:
    """What a row would do, and the version of the record it was judged against."""

    outcome: Outcome
    version: int | None = None


@dataclass(frozen=True)
class Done:
    """The record a row made or changed, and what it said before."""

    row: Any
    before: dict[str, Any] | None = None


@dataclass(frozen=True)
class Importable:
    """A kind of sheet that can be brought in; `key` is the column that tells which member (or place) a row is about.

    `known` reads at once which of the records with some keys are here; rows are judged and done with what it found.
    """

    key: str
    known: Callable[[Collection[str]], Known]
    plan: Callable[[Actor, Raw, Known], Plan]
    act: Callable[[Actor, Raw, UUID, Known], Done]
    undo: Callable[[Actor, ImportEffect], Base]

    def key_of(self, raw: Raw) -> str:
        """Return which record a row is about."""
        return str(raw.get(self.key) or "")


class PlaceIn(Schema):
    """A place no ISO list has."""

    code = fields.String(required=True, validate=validate.Length(2, 6))
    name = TextField(required=True, attribute="names")


def plan_member(actor: Actor, raw: Raw, known: Known) -> Plan:
    """Judge a row about a country: it is new, it changes, or nothing is to do."""
    member: Member | None = known.get(str(raw.get("code") or ""))
    if member is None:
        POLICY.require(actor, "members.member.register")
        load(MemberIn, raw)
        return Plan(Outcome.CREATE)
    POLICY.require(actor, "members.member.describe", member)
    values = _description(member, raw)
    is_new = any(values[name] != getattr(member, name) for name in values)
    return Plan(Outcome.CHANGE if is_new else Outcome.SAME, member.version)


def bring_member(actor: Actor, raw: Raw, record_id: UUID, known: Known) -> Done:
    """Register a country, or correct its description."""
    member: Member | None = known.get(str(raw.get("code") or ""))
    if member is None:
        return Done(members.register_member(actor, None, values={**load(MemberIn, raw), "id": record_id}))
    before = {name: plain(value) for name, value in described(member).items() if name in _DESCRIBED}
    before["name"] = member.names.to_wire()
    return Done(members.describe_member(actor, member, values=_description(member, raw)), before)


def undo_member(actor: Actor, effect: ImportEffect) -> Base:
    """Take a registration back, or let the description say again what it said before."""
    member = member_by_id(effect.subject)
    _refuse_changed(member, effect)
    if effect.outcome is Outcome.CHANGED:
        return members.describe_member(actor, member, values=load(DescriptionIn, effect.before or {}))
    for kind in (Agreement, AgreementDraft, LegalEntity, OfficeHolder, MemberEvent):
        if db.session.scalar(sa.select(sa.exists().where(kind.member_id == member.member_id))):
            raise ConflictError(_l("This country has records of its own by now."), code="in_use")
    return members.withdraw_registration(actor, member)


def plan_agreement(actor: Actor, raw: Raw, known: Known) -> Plan:
    """Judge a row about an agreement: it is new, or nothing is to do; what was signed is never overwritten."""
    member = _required_member(raw, known)
    POLICY.require(actor, "members.agreement.draft", member)
    if raw.get("ref_no"):
        return _plan_known(member, raw)
    values = load(AgreementIn, _terms(raw))
    if _alike(member, values) is not None:
        return Plan(Outcome.SAME)
    drafts.check_draft(member, values)
    if raw.get("signed_on"):
        signature = load(SignatureIn, {"signed_on": raw["signed_on"]})
        if signature["signed_on"] > today_of(member):
            raise InvalidError([FieldError("signed_on", _l("This day lies in the future. Come back on that day."))])
    return Plan(Outcome.CREATE)


def bring_agreement(actor: Actor, raw: Raw, record_id: UUID, known: Known) -> Done:
    """Draft an agreement; if it says when it was signed, it is offered and signed as well."""
    member = _required_member(raw, known)
    draft = drafts.save_draft(actor, member, values={**load(AgreementIn, _terms(raw)), "id": record_id})
    if not raw.get("signed_on"):
        return Done(draft)
    db.session.flush()
    agreement = agreements.offer_agreement(actor, draft, values={})
    db.session.flush()
    signature = load(SignatureIn, {"signed_on": raw["signed_on"]})
    return Done(agreements.sign_agreement(actor, agreement, values=signature))


def undo_agreement(actor: Actor, effect: ImportEffect) -> Base:
    """Discard a draft; a signed agreement stops on its first day, so that it never counted."""
    draft = draft_by_id(effect.member_id, effect.subject)
    if not draft.offered:
        _refuse_changed(draft, effect)
        return drafts.discard_draft(actor, draft)
    agreement = agreement_by_id(effect.member_id, effect.subject)
    _refuse_changed(agreement, effect)
    if member_by_id(effect.member_id).state in SEATED:
        raise ConflictError(_l("The country was licensed on it. Close it from its own page."), code="in_use")
    said = {"from_day": agreement.starts_on, "reason": str(_("The import that brought it in was undone."))}
    return agreements.terminate_agreement(actor, agreement, values=said)


def plan_place(actor: Actor, raw: Raw, known: Known) -> Plan:
    """Judge a row about a place no ISO list has."""
    POLICY.require(actor, "members.territory_extra.enter")
    values = load(PlaceIn, raw)
    members.check_extra(values["code"])
    extra: TerritoryExtra | None = known.get(values["code"])
    if extra is None:
        return Plan(Outcome.CREATE)
    is_same = extra.names.texts[extra.names.source] == str(values["names"])
    return Plan(Outcome.SAME if is_same else Outcome.CHANGE, extra.version)


def bring_place(actor: Actor, raw: Raw, record_id: UUID, known: Known) -> Done:
    """Add a place, or call it anew."""
    values = load(PlaceIn, raw)
    extra: TerritoryExtra | None = known.get(values["code"])
    if extra is None:
        hub_id = installation.hub_tenant_id()
        return Done(members.enter_territory_extra(actor, hub_id, values={**values, "id": record_id}))
    before = {"names": extra.names.to_wire()}
    names = extra.names.with_text(extra.names.source, str(values["names"]))
    return Done(members.rename_territory_extra(actor, extra, values={"names": names}), before)


def undo_place(actor: Actor, effect: ImportEffect) -> Base:
    """Take a place out again unless somebody works there, or let it be called as before."""
    extra = extra_by_id(effect.member_id, effect.subject)
    _refuse_changed(extra, effect)
    if effect.outcome is Outcome.CHANGED:
        names = Text.from_wire((effect.before or {})["names"])
        return members.rename_territory_extra(actor, extra, values={"names": names})
    if is_place_used(extra.code):
        raise ConflictError(_l("An agreement names this place by now."), code="in_use")
    return members.withdraw_territory_extra(actor, extra)


def _required_member(raw: Raw, known: Known) -> Member:
    code = str(raw.get("member") or "")
    member: Member | None = known.get(code)
    if member is None:
        message = _("There is no country with the code %(code)s here.", code=code)
        raise InvalidError([FieldError("member", message)])
    return member


def _description(member: Member, raw: Raw) -> dict[str, Any]:
    for name in ("kind", "hosting"):
        if raw.get(name) and raw[name] != getattr(member, name):
            raise InvalidError([FieldError(name, _l("This cannot be changed by an import."))])
    given = {name: raw[name] for name in _DESCRIBED if raw.get(name) not in (None, "")}
    stored = {name: plain(value) for name, value in described(member).items() if name in _DESCRIBED}
    values = load(DescriptionIn, {**stored, **given})
    # The sheet has the name in its source language; the translations beside it stay.
    return {**values, "names": member.names.with_text(member.names.source, str(values["names"]))}


def _terms(raw: Raw) -> dict[str, Any]:
    return {name: raw[name] for name in _TERMS if raw.get(name) not in (None, "", [])}


def _plan_known(member: Member, raw: Raw) -> Plan:
    found = db.session.scalar(
        sa.select(Agreement).where(Agreement.member_id == member.member_id, Agreement.ref_no == raw["ref_no"])
    )
    if found is None:
        message = _l("There is no agreement with this number. Leave it empty for a new one.")
        raise InvalidError([FieldError("ref_no", message)])
    stored = terms(found, member.code)
    asked = {**load(AgreementIn, _terms({**_as_raw(stored), **raw}))}
    changed = [name for name in _TERMS if name != "parent_id" and not _equal(asked[name], getattr(found, name))]
    if changed:
        message = _l("What was offered or signed is never overwritten. Draft an amendment on its page.")
        raise InvalidError([FieldError(changed[0], message)])
    return Plan(Outcome.SAME, found.version)


def _as_raw(stored: Raw) -> dict[str, Any]:
    return {name: plain(value) for name, value in stored.items() if value is not None}


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, list):
        return sorted(str(each) for each in one) == sorted(str(each) for each in other)
    return one == other


def _alike(member: Member, values: Raw) -> Agreement | AgreementDraft | None:
    found = sa.select(Agreement).where(
        Agreement.member_id == member.member_id,
        Agreement.starts_on == values["starts_on"],
        Agreement.state.in_([AgreementState.OFFERED, AgreementState.SIGNED]),
    )
    for each in db.session.scalars(found):
        if all(_equal(values[name], getattr(each, name)) for name in _SAME):
            return each
    drafts = sa.select(AgreementDraft).where(
        AgreementDraft.member_id == member.member_id, AgreementDraft.offered.is_(False)
    )
    wanted = {name: plain(values[name]) for name in _SAME}
    return next((each for each in db.session.scalars(drafts) if wanted.items() <= each.values.items()), None)


def _refuse_changed(row: Any, effect: ImportEffect) -> None:
    if row.version != effect.version:
        raise ConflictError(_CHANGED_SINCE, code="changed_since")


IMPORTABLE: Mapping[SheetKind, Importable] = {
    SheetKind.MEMBERS: Importable("code", members_by_code, plan_member, bring_member, undo_member),
    SheetKind.AGREEMENTS: Importable("member", members_by_code, plan_agreement, bring_agreement, undo_agreement),
    SheetKind.PLACES: Importable("code", extras_by_code, plan_place, bring_place, undo_place),
}
