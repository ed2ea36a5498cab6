"""Who may do what: a table from action to rule, closed by default."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor, Scope
from sri_admin.kernel.errors import NotAllowedError

Rule = Callable[[Actor, Any], bool]


class Policy:
    """The rules of one part; an action that is not in the table is refused for everybody."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = dict(rules)

    def allows(self, actor: Actor, action: str, subject: Any = None) -> bool:
        """Say whether the actor may do this to the subject (a row, a member id or None)."""
        rule = self.rules.get(action)
        return rule is not None and (actor.kind == "system" or rule(actor, subject))

    def require(self, actor: Actor, action: str, subject: Any = None) -> None:
        """Refuse with NotAllowedError unless the table allows the action."""
        if not self.allows(actor, action, subject):
            raise NotAllowedError(action=action)


def member_of(subject: Any) -> UUID | None:
    """Return the member a subject belongs to: the subject itself if it is an id."""
    return subject if isinstance(subject, UUID) else getattr(subject, "member_id", None)


def staff(*roles: str) -> Rule:
    """Allow people with one of these roles at the hub, or for this member."""
    return lambda actor, subject: actor.holds(*roles, member=member_of(subject))


def board(*roles: str) -> Rule:
    """Allow people with one of these roles in the subject's own member country."""

    def rule(actor: Actor, subject: Any) -> bool:
        member = member_of(subject)
        return any(mandate.role in roles and mandate.member_id == member for mandate in actor.mandates)

    return rule


def outside(*roles: str) -> Rule:
    """Allow people with one of these roles at the hub who have no part in the subject's member country."""

    def rule(actor: Actor, subject: Any) -> bool:
        member = member_of(subject)
        is_there = any(each.scope is not Scope.HUB and each.member_id == member for each in actor.mandates)
        return not is_there and any(each.role in roles and each.scope is Scope.HUB for each in actor.mandates)

    return rule


def either(*rules: Rule) -> Rule:
    """Allow what any of the rules allows."""
    return lambda actor, subject: any(rule(actor, subject) for rule in rules)


def anybody_signed_in(actor: Actor, _subject: Any) -> bool:
    """Allow everyone who has an account here."""
    return actor.account_id is not None
