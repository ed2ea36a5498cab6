"""Erasing again: whoever was erased after a backup was made does not come back with it.

Accounts live at one installation alone and are erased at once. An office holder is a travelling record: the exchange
brings its erasure back wherever anybody else holds it, and where nobody does, its writer erases it again.
"""

from collections.abc import Callable
from uuid import UUID

from sri_admin.kernel import actor, installation, jobs, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.backup import erased
from sri_admin.kernel.backup.erased import Erased
from sri_admin.kernel.errors import ElsewhereError, NotFoundError
from sri_admin.kernel.installation import Standing
from sri_admin.kernel.work import Event
from sri_admin.members.events import OfficeHolderErased
from sri_admin.members.models.office import OfficeHolder
from sri_admin.members.operations.offices import erase_office_holder
from sri_admin.members.queries.offices import office_holder_by_id
from sri_admin.people.events import AccountErased
from sri_admin.people.models import Account
from sri_admin.people.operations.erasure import erase_person
from sri_admin.people.queries.accounts import account_by_id
from sri_admin.people.rules import AccountState

KEEP = "keeping.keep_erased"
_DOER = actor.system("keeping")
_REASON = "Erased before; a backup had brought it back."


def ask_to_keep(_actor: Actor, event: Event) -> None:
    """Have it written down, once it is committed, that somebody was erased."""
    jobs.defer(KEEP, kind=event.subject_kind, member_id=event.member_id, subject=event.subject)


def keep_erased(_actor: Actor, *, kind: str, member_id: UUID, subject: UUID) -> None:
    """Write down outside the database that somebody was erased."""
    erased.note(Erased(kind, member_id, subject))


def erase_again() -> int:
    """Erase everybody who is written down and stands here all the same; returns how many that were."""
    with transaction.reading(tenancy.NOWHERE):
        waits = installation.standing() is Standing.RESTORED
    left = [each for each in erased.noted() if not (waits and each.kind == OfficeHolderErased.subject_kind)]
    return sum(_erase_if_here(each) for each in left)


def _erase_if_here(each: Erased) -> bool:
    find, erase = _KINDS[each.kind]
    reach = tenancy.only(each.member_id)
    try:
        with transaction.reading(reach):
            find(each)
        transaction.write(reach, lambda: erase(each))
    except (NotFoundError, ElsewhereError):  # gone, or somebody else writes it, and their erasure comes by the exchange
        return False
    return True


def _account(each: Erased) -> Account:
    account = account_by_id(each.id)
    if account.state is AccountState.ERASED:
        raise NotFoundError
    return account


def _erase_account(each: Erased) -> None:
    erase_person(_DOER, _account(each), each.member_id, values={"reason": _REASON})


def _holder(each: Erased) -> OfficeHolder:
    return office_holder_by_id(each.member_id, each.id)


def _erase_holder(each: Erased) -> None:
    holder = _holder(each)
    erase_office_holder(_DOER, holder, values={"reason": _REASON, "version": holder.version})


_KINDS: dict[str, tuple[Callable[[Erased], object], Callable[[Erased], None]]] = {
    AccountErased.subject_kind: (_account, _erase_account),
    OfficeHolderErased.subject_kind: (_holder, _erase_holder),
}
HANDLERS = {AccountErased: ask_to_keep, OfficeHolderErased: ask_to_keep}
