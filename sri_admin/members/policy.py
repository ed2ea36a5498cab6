"""Who may do what with the member file: a table from action to rule, and the same as a filter for lists."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.kernel.actor import Actor, Scope
from sri_admin.kernel.policy import Policy, Rule, board, either, staff
from sri_admin.members.rules.member import Transition
from sri_admin.people.rules import OFFICE_ROLES, STAFF_ROLES


def _at_the_hub(*roles: str) -> Rule:
    def rule(actor: Actor, _subject: Any) -> bool:
        return any(each.role in roles and each.scope is Scope.HUB for each in actor.mandates)

    return rule


_stewards = staff("sri_director", "country_liaison")
_guardians = staff("sri_director", "country_liaison", "integrity_lead")
_readers = either(staff(*STAFF_ROLES), board(*OFFICE_ROLES))
_secretaries = either(board("member_administrator", "chair"), _stewards)
_GRAVE = {Transition.SUSPEND, Transition.LIFT_SUSPENSION}

POLICY = Policy(
    {
        "members.member.read": _readers,
        "members.member.register": _at_the_hub("sri_director", "country_liaison"),
        "members.member.withdraw_registration": _at_the_hub("sri_director", "country_liaison"),
        "members.member.describe": _stewards,
        **{f"members.member.{each}": _guardians if each in _GRAVE else _stewards for each in Transition},
        "members.legal_entity.enter": _stewards,
        "members.territory_extra.enter": _at_the_hub("sri_director", "country_liaison"),
        # Only jobs and handlers do these; they act as the system.
        "members.member.move": lambda _actor, _subject: False,
        "members.card.refresh": lambda _actor, _subject: False,
        # No door of this part opens these two: the parts above call them for what they decide.
        "members.block.set": _guardians,
        "members.block.lift": _guardians,
        "members.block.read": _readers,
        "members.sheet.export": staff(*STAFF_ROLES),
        "members.sheet.import": _at_the_hub("sri_director", "country_liaison"),
        "members.agreement.read": _readers,
        "members.agreement.draft": _stewards,
        "members.agreement.offer": _stewards,
        "members.agreement.sign": _stewards,
        "members.agreement.withdraw": _stewards,
        "members.agreement.terminate": _stewards,
        "members.agreement.end": _stewards,
        "members.agreement.note": _stewards,
        "members.agreement.add_file": _stewards,
        "members.office_holder.read": _readers,
        "members.office_holder.read_private": board("member_administrator", "chair"),
        "members.office_holder.enter": _secretaries,
        "members.office_holder.correct": _secretaries,
        "members.office_holder.end": _secretaries,
        "members.office_holder.erase": _secretaries,
    }
)


def visible(actor: Actor, member_id: sa.SQLColumnExpression[UUID]) -> sa.ColumnElement[bool]:
    """Return the filter that leaves an actor the rows it may read."""
    if actor.kind == "system" or actor.is_staff:
        return sa.true()
    return member_id.in_({each.member_id for each in actor.mandates if each.role in (*STAFF_ROLES, *OFFICE_ROLES)})
