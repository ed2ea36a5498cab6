"""`sri-admin people`: the first administrator, the locked-out one, and who is there."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import click

from sri_admin.kernel import actor, clock, installation, runtime, tenancy, transaction
from sri_admin.kernel.errors import ConfigurationError, NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.tenancy import Tenant
from sri_admin.people.models import Account
from sri_admin.people.operations.access import invite_person
from sri_admin.people.operations.erasure import erase_person, written_out
from sri_admin.people.operations.links import Issued, issue_reset_link
from sri_admin.people.operations.second_step import end_second_step
from sri_admin.people.queries.access import access_at
from sri_admin.people.queries.accounts import find_account, mandates_not_over, mandates_of, tenant_by_id
from sri_admin.people.rules import Role, fold_sign_in_name, role_name

T = TypeVar("T")
_DOER = actor.system("people")


@click.group("people")
def people() -> None:
    """Invite people, help them back in, and see who has access."""


@people.command("invite")
@click.option("--role", type=click.Choice([each.value for each in Role]), required=True, help="What they are here for.")
@click.option("--member", "code", help="Code of the member country; without it, this installation's own place.")
@click.option("--name", required=True, help="Their name as people here know it.")
@click.option("--sign-in", "sign_in_name", required=True, help="E-mail address or another name to sign in with.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day of their access.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def invite(code: str | None, as_json: bool, **given: Any) -> None:
    """Give somebody access and print the link with which they set their password."""
    until: datetime | None = given["until"]
    values = {
        "role": Role(given["role"]),
        "display_name": given["name"],
        "sign_in_name": given["sign_in_name"],
        "ends_on": until.date() if until else None,
    }
    tenant = _tenant(code)
    issued = _write(tenant.id, lambda: invite_person(_DOER, tenant.id, values=values))
    _print_link(issued, tenant.code, as_json=as_json)


@people.command("reset")
@click.option("--sign-in", "sign_in_name", required=True, help="The name they sign in with.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def reset(sign_in_name: str, as_json: bool) -> None:
    """Print a link with which somebody who is locked out sets a new password."""
    with transaction.reading(tenancy.NOWHERE):
        account = find_account(fold_sign_in_name(sign_in_name))
        held = mandates_not_over(account.id) if account else []
        if account is None or not held:
            raise NotFoundError(_("Nobody with this sign-in name has access here. Invite them anew."))
        tenant_id = held[0].member_id
        code = tenant_by_id(tenant_id).code
    issued = _write(tenant_id, lambda: issue_reset_link(_DOER, _known(sign_in_name), tenant_id))
    _print_link(issued, code, as_json=as_json)


@people.command("end-second-step")
@click.option("--sign-in", "sign_in_name", required=True, help="The name they sign in with.")
@click.option("--reason", required=True, help="Why, and how you know that it is this person who asks.")
def end_second(sign_in_name: str, reason: str) -> None:
    """Take off the second step of somebody who lost phone and paper; they sign in with the password alone."""
    with transaction.reading(tenancy.NOWHERE):
        held = mandates_not_over(_known(sign_in_name).id)
        tenant_id = held[0].member_id if held else installation.identity().tenant_id
    assert tenant_id is not None
    _write(tenant_id, lambda: end_second_step(_DOER, _known(sign_in_name), tenant_id, values={"reason": reason}))
    click.echo(_("The second step is taken off. This person signs in with the password alone and can set it up anew."))


@people.command("export")
@click.option("--sign-in", "sign_in_name", required=True, help="The name they sign in with.")
def export(sign_in_name: str) -> None:
    """Print everything kept about somebody as one JSON object, to be given to them."""
    with transaction.reading(tenancy.NOWHERE):
        click.echo(json.dumps(written_out(_known(sign_in_name)), ensure_ascii=False, indent=2))


@people.command("erase")
@click.option("--sign-in", "sign_in_name", required=True, help="The name they sign in with.")
@click.option("--reason", required=True, help="Why; it stays in the history, so do not name anybody.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
def erase(sign_in_name: str, reason: str, *, yes: bool) -> None:
    """Erase everything kept about somebody. This cannot be undone."""
    with transaction.reading(tenancy.NOWHERE):
        held = mandates_of(_known(sign_in_name).id)
        tenant_id = held[0].member_id if held else installation.identity().tenant_id
    assert tenant_id is not None
    if not yes:
        click.confirm(_("Erase everything kept about %(name)s for good?", name=sign_in_name), abort=True)
    _write(tenant_id, lambda: erase_person(_DOER, _known(sign_in_name), tenant_id, values={"reason": reason}))
    click.echo(_("Everything kept about this person is erased. Backups made before today still hold it."))


@people.command("list")
@click.option("--member", "code", help="Code of the member country; without it, this installation's own place.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def show(code: str | None, as_json: bool) -> None:
    """Print who has access and until when."""
    tenant = _tenant(code)
    with transaction.reading(tenancy.only(tenant.id)):
        rows = [
            {
                "label": each.account.label,
                "sign_in_name": each.account.sign_in_name,
                "role": each.mandate.role.value,
                "ends_on": each.mandate.ends_on.isoformat() if each.mandate.ends_on else None,
                "state": each.account.state.value,
            }
            for each in access_at(tenant.id)
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        until = row["ends_on"] or _("without end")
        click.echo(f"{row['label']}  {row['sign_in_name']}  {role_name(str(row['role']))}  {until}  {row['state']}")


def _write(tenant_id: UUID, act: Callable[[], T]) -> T:
    def body() -> T:
        installation.require_writing()
        return act()

    return transaction.write(tenancy.only(tenant_id), body)


def _known(sign_in_name: str) -> Account:
    account = find_account(fold_sign_in_name(sign_in_name))
    if account is None:
        raise NotFoundError(_("Nobody here signs in with this name."))
    return account


def _tenant(code: str | None) -> Tenant:
    own = installation.identity().tenant_id
    if own is None:
        message = _("This node serves no country yet. Connect it to its hub first with “sri-admin node enrol”.")
        raise ConfigurationError(message)
    with transaction.reading(tenancy.NOWHERE):
        found = tenancy.tenant_by_code(code.upper()) if code else tenant_by_id(own)
        if found is None:
            raise NotFoundError(_("There is no country with the code %(code)s here.", code=code or ""))
        transaction.detach(found)
    return found


def _print_link(issued: Issued, code: str, *, as_json: bool) -> None:
    link = f"{runtime.current().settings.web.public_url.rstrip('/')}/link/{issued.token}"
    expires_at = clock.wire(issued.expires_at)
    if as_json:
        facts = {"account": issued.label, "member": code, "link": link, "expires_at": expires_at}
        click.echo(json.dumps(facts))
        return
    click.echo(_("Give this link to the person, by a way only they can read. It is shown only this once:"))
    click.echo(link)
    click.echo(_("It works once, until %(moment)s.", moment=expires_at))
