"""What the boards of the demonstration do at their own nodes."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sri_admin.cli.demo import assess, fill, people, translate
from sri_admin.cli.demo.days import live
from sri_admin.cli.demo.meetings import Year
from sri_admin.cli.demo.people import Account
from sri_admin.cli.demo.places import Place
from sri_admin.cli.demo.returns import Returns
from sri_admin.kernel import clock, installation, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.localization.rules.desk import Desk
from sri_admin.people.rules import LANGUAGE_ROLES, Role


def settle(node: Place, *, is_first: bool) -> None:
    """Give a board its accounts, a year of activity and its office holders; the first has done more than the other."""
    member_id, code = _member(), node.code or ""
    days = fill.days_licensed(code)
    board = _invite(node, member_id, days)
    keeper = board[Role.COORDINATOR]
    year = Year(member_id, code, node.locale, keeper, board[Role.FACILITATOR], days)
    returns = Returns(member_id, code, keeper, board[Role.CHAIR], days)
    deeds = [
        *year.deeds(),
        *returns.deeds(from_logs=True, but=1),
        (returns.last_prepared(), lambda: returns.prepare_last(send=is_first)),
        *assess.answered(member_id, board, language=node.locale, signed=is_first),
    ]
    live(((day, member_id, act) for day, act in deeds), {member_id, installation.hub_tenant_id()})
    fill.enter_holders(board[Role.MEMBER_ADMINISTRATOR], member_id, code)


def _invite(node: Place, member_id: UUID, days: int) -> Mapping[str, Actor]:
    accounts = people.board_of(node.code or "")
    with clock.running(clock.fixed(clock.now() - timedelta(days=days + 1))):
        people.invite(accounts, member_id, locale=node.locale)
        return _acting(accounts)


def _acting(accounts: tuple[Account, ...]) -> Mapping[str, Actor]:
    return {each.role: people.acting(each) for each in accounts}


def go_on(node: Place, *, is_first: bool) -> None:
    """Let translator and reviser work, and the board of the first country put right what SRI found."""
    member_id, accounts = _member(), people.board_of(node.code or "")
    board = _acting(accounts)
    translator, reviser = (next(each for each in accounts if each.role is role) for role in LANGUAGE_ROLES)
    desk = Desk(member_id, translator.language or "")
    translate.at_node(board[translator.role], board[reviser.role], desk)
    if is_first:
        reach = tenancy.everywhere({member_id, installation.hub_tenant_id()}, writing=member_id)
        transaction.write(reach, lambda: assess.put_right(board, member_id))


def _member() -> UUID:
    member_id = installation.identity().tenant_id
    assert member_id is not None
    return member_id
