"""Giving access, changing its last day, taking it away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog

from sri_admin.kernel import clock, i18n, ids, installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.tenancy import TenantKind
from sri_admin.kernel.work import record
from sri_admin.people.events import (
    AccountBlocked,
    AccountUnblocked,
    MandateEnded,
    MandateExtended,
    MandateGranted,
    PersonInvited,
    PreferencesChanged,
)
from sri_admin.people.models import Account, MandateRow
from sri_admin.people.operations import attempts
from sri_admin.people.operations.links import Issued, issue, issue_reset_link
from sri_admin.people.operations.sessions import home_of, revoke_all
from sri_admin.people.policy import POLICY
from sri_admin.people.queries.access import managed, others_holding
from sri_admin.people.queries.accounts import (
    account_by_id,
    find_account,
    find_credential,
    mandates_not_over,
    tenant_by_id,
)
from sri_admin.people.rules import (
    GRANTING_ROLES,
    AccountState,
    Grant,
    LinkPurpose,
    check_dates,
    check_display_name,
    check_sign_in_name,
    fold_sign_in_name,
    language_for,
    scope_in,
)

Values = Mapping[str, Any]
log = structlog.get_logger(__name__)


def invite_person(actor: Actor, member_id: UUID, *, values: Values) -> Issued:
    """Give somebody an account with one role, and make the link with which they set their password."""
    POLICY.require(actor, "people.access.invite", member_id)
    account_id = values.get("record_id") or ids.new()
    repeated = db.session.get(Account, account_id)
    if repeated is not None and _is_person_of(repeated, member_id):
        return _repeat(actor, repeated, member_id)
    name = fold_sign_in_name(values["sign_in_name"])
    check_sign_in_name(name)
    check_display_name(values["display_name"])
    refusals = [attempts.by_invitation(actor.account_id)] if actor.account_id else []
    attempts.begin(*refusals)  # whose names are taken anywhere here is not to be learned by trying many
    if find_account(name) is not None:
        log.warning("invitation_refused", by=actor.label, member=str(member_id))
        raise sign_in_name_taken()
    account = Account(
        id=account_id if repeated is None else ids.new(),  # an id that somebody elsewhere has tells nothing here
        sign_in_name=name,
        display_name=values["display_name"].strip(),
        locale=values.get("locale") or i18n.SOURCE,
    )
    db.session.add(account)
    db.session.flush()
    attempts.succeed(*refusals)
    invited = PersonInvited(
        member_id=member_id,
        subject=account.id,
        label=account.label,
        sign_in_name=account.sign_in_name,
        display_name=account.display_name or "",
    )
    record(actor, invited, account)
    grant_mandate(actor, account, member_id, values=values)
    return issue(actor, account, member_id, purpose=LinkPurpose.INVITE)


def _is_person_of(account: Account, member_id: UUID) -> bool:
    return any(each.member_id == member_id for each in mandates_not_over(account.id))


def _repeat(actor: Actor, account: Account, member_id: UUID) -> Issued:
    # The first link can no longer be shown, so a form sent twice makes a second one in its place.
    if find_credential(account.id) is not None:
        raise ConflictError(_l("This person has already accepted the invitation."))
    return issue_reset_link(actor, account, member_id)


def sign_in_name_taken() -> ConflictError:
    """Return the answer to a sign-in name that somebody has here."""
    return ConflictError(
        _l("Somebody already signs in here with this name. Add a role to that person, or choose another name.")
    )


def grant_mandate(actor: Actor, account: Account, member_id: UUID, *, values: Values) -> MandateRow:
    """Give somebody a role, from today or a later day, until its last day."""
    tenant = tenant_by_id(member_id)
    _require_served(member_id)
    role, today = values["role"], clock.today()
    granted = Grant(role, scope_in(role, at_hub=tenant.kind is TenantKind.HUB), member_id)
    POLICY.require(actor, "people.mandate.grant", granted)
    starts_on, ends_on = values.get("starts_on") or today, values.get("ends_on")
    check_dates(starts_on, ends_on, today=today)
    language = language_for(granted.scope, values.get("language"))
    same = (role, member_id, language)
    held = [each for each in mandates_not_over(account.id) if (each.role, each.member_id, each.language) == same]
    if held:
        raise ConflictError(_l("This person has that role already. Change its last day instead."))
    mandate = MandateRow(
        id=ids.new(),
        account_id=account.id,
        role=role,
        scope=granted.scope,
        member_id=member_id,
        language=language,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=actor.label,
    )
    db.session.add(mandate)
    event = MandateGranted(
        member_id=member_id,
        subject=account.id,
        role=role,
        scope=granted.scope,
        starts_on=starts_on,
        ends_on=ends_on,
        language=language,
    )
    record(actor, event, mandate)
    return mandate


def extend_mandate(actor: Actor, mandate: MandateRow, *, values: Values) -> MandateRow:
    """Change the last day of a role that is not over."""
    POLICY.require(actor, "people.mandate.extend", mandate)
    check_version(mandate, values.get("version"))
    _require_not_over(mandate)
    ends_on = values.get("ends_on")
    check_dates(mandate.starts_on, ends_on, today=clock.today())
    if mandate.account_id == actor.account_id and _is_later(ends_on, mandate):
        raise ConflictError(_l("Nobody extends their own access. Ask somebody else who can give it."))
    mandate.ends_on = ends_on
    event = MandateExtended(member_id=mandate.member_id, subject=mandate.account_id, role=mandate.role, ends_on=ends_on)
    record(actor, event, mandate)
    return mandate


def _require_served(member_id: UUID) -> None:
    # A node knows the hub's tenant too; a mandate for it would reach over everything stored there.
    here = installation.identity()
    if here.role != TenantKind.HUB and here.tenant_id != member_id:
        raise ConflictError(_l("This node gives access to its own country alone. Others sign in where they are kept."))


def _is_later(ends_on: Any, mandate: MandateRow) -> bool:
    return mandate.ends_on is not None and (ends_on is None or ends_on > mandate.ends_on)


def end_mandate(actor: Actor, mandate: MandateRow, *, values: Values) -> MandateRow:
    """Take a role away at once, with the reason."""
    POLICY.require(actor, "people.mandate.end", mandate)
    check_version(mandate, values.get("version"))
    _require_not_over(mandate)
    is_own = mandate.account_id == actor.account_id
    if is_own and mandate.role in GRANTING_ROLES and not others_holding(mandate):
        raise ConflictError(_l("You are the last one who can give access here. Give somebody else this role first."))
    mandate.ended_at, mandate.ended_by = clock.now(), actor.label
    mandate.ended_reason = reason = _reason(values)
    event = MandateEnded(member_id=mandate.member_id, subject=mandate.account_id, role=mandate.role, reason=reason)
    record(actor, event, mandate)
    return mandate


def _require_not_over(mandate: MandateRow) -> None:
    if mandate.ended_at is not None or (mandate.ends_on is not None and mandate.ends_on < clock.today()):
        raise ConflictError(_l("This access is over already. Give the role anew."))


def block_account(actor: Actor, account: Account, member_id: UUID, *, values: Values) -> Account:
    """Keep somebody out at once, whatever roles they have; their sessions end."""
    POLICY.require(actor, "people.account.manage", managed(account, member_id))
    if account.id == actor.account_id:
        raise ConflictError(_l("You cannot block yourself."))
    account.state = AccountState.BLOCKED
    revoke_all(account.id)
    record(actor, AccountBlocked(member_id=member_id, subject=account.id, reason=_reason(values)), account)
    return account


def unblock_account(actor: Actor, account: Account, member_id: UUID, *, values: Values) -> Account:
    """Let somebody in again who was blocked."""
    POLICY.require(actor, "people.account.manage", managed(account, member_id))
    account.state = AccountState.ACTIVE
    record(actor, AccountUnblocked(member_id=member_id, subject=account.id, reason=_reason(values)), account)
    return account


def save_preferences(actor: Actor, account_id: UUID, *, values: Values) -> Account:
    """Keep somebody's own language and theme."""
    account = account_by_id(account_id)
    POLICY.require(actor, "people.preferences.change", account)
    account.locale, account.theme = values["locale"], values["theme"]
    event = PreferencesChanged(
        member_id=home_of(actor), subject=account.id, locale=account.locale, theme=account.theme.value
    )
    record(actor, event, account)
    return account


def _reason(values: Values) -> str:
    reason = values["reason"].strip()
    if not reason:
        raise InvalidError([FieldError("reason", _l("Please answer this."))])
    return reason
