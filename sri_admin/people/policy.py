"""Who may do what with accounts and access: a table from action to rule, closed by default."""

from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor, Scope
from sri_admin.kernel.policy import Policy, Rule, anybody_signed_in, either, member_of
from sri_admin.people.rules import STAFF_ROLES, Role, may_grant, may_manage

_READERS = (Role.MEMBER_ADMINISTRATOR, Role.CHAIR, Role.MEMBER_DATA_OFFICER)
_OFFICE = (*STAFF_ROLES, *_READERS)


def _holds_there(*roles: str) -> Rule:
    def rule(actor: Actor, subject: Any) -> bool:
        member = member_of(subject)
        return any(each.role in roles and each.member_id == member for each in actor.mandates)

    return rule


def _director(actor: Actor, _subject: Any) -> bool:
    return any(each.role == Role.SRI_DIRECTOR and each.scope is Scope.HUB for each in actor.mandates)


def _staff_there(actor: Actor, subject: Any) -> bool:
    member = member_of(subject)
    return any(each.scope is Scope.HUB and each.member_id == member for each in actor.mandates)


def _anybody(_actor: Actor, _subject: Any) -> bool:
    return True


def _own(actor: Actor, subject: Any) -> bool:
    account_id: UUID | None = getattr(subject, "account_id", None) or getattr(subject, "id", None)
    return actor.account_id is not None and actor.account_id == account_id


POLICY = Policy(
    {
        "people.session.open": _anybody,
        "people.link.use": _anybody,
        "people.session.end": _own,
        "people.password.change": _own,
        "people.password.confirm": _own,
        "people.second_step.pass": _anybody,
        "people.second_step.set_up": _own,
        "people.second_step.end": _own,
        "people.program_key.make": _own,
        "people.program_key.end": _own,
        "people.preferences.change": _own,
        "people.me.read": anybody_signed_in,
        "people.settings.read": lambda actor, _subject: actor.holds(*_OFFICE),
        "people.access.read": either(_holds_there(*_READERS), _staff_there, _director),
        "people.access.invite": either(_holds_there(Role.MEMBER_ADMINISTRATOR), _director),
        "people.mandate.grant": lambda actor, granted: may_grant(actor.mandates, granted),
        "people.mandate.extend": lambda actor, granted: may_grant(actor.mandates, granted),
        "people.mandate.end": lambda actor, granted: may_grant(actor.mandates, granted),
        "people.account.manage": lambda actor, managed: may_manage(actor.mandates, managed),
    }
)
