"""`sri-admin node`: connect a member's own node with the hub, exchange, and see how things stand."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import click

from sri_admin.federation import control, enrolment, jobs, joining, report, shown, version_words, words
from sri_admin.federation.enrolment_models import EnrolmentState
from sri_admin.federation.floor_commands import require
from sri_admin.federation.handover import commands as decisions
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.schemas import AloneIn
from sri_admin.federation.snapshots import commands as pruning
from sri_admin.kernel import actor, installation, runtime, tenancy, transaction
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.schema import load

DOER = actor.system("node")
_POLL_SECONDS = 2.0


@click.group("node")
def node() -> None:
    """Connect a member's own node with the hub, exchange records, see how things stand."""


for _other in (
    decisions.keep,
    decisions.reclaim,
    decisions.go_on,
    pruning.prune,
    pruning.snapshots,
    pruning.accept_snapshot,
    require,
):
    node.add_command(_other)


@node.command("code")
@click.option("--member", "member_code", required=True, help="Code of the member country.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def code(member_code: str, *, as_json: bool) -> None:
    """At the hub: make a code with which one installation can ask to become this member's node."""
    with transaction.reading(tenancy.NOWHERE):
        member = tenancy.tenant_by_code(member_code)
        if member is None:
            raise NotFoundError(_("There is no country with the code %(code)s.", code=member_code))
        transaction.detach(member)
    made = transaction.write(tenancy.only(member.id), lambda: _issue(member))
    digits = control.root_digits()
    show({"code": made, "root_fingerprint": digits}, as_json=as_json, plain=f"{made}\n{digits}")


@node.command("enrol")
@click.option("--code", "given", required=True, help="The code SRI gave you.")
@click.option("--wait", type=int, default=0, help="Seconds to wait for the approval.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def enrol(given: str, *, wait: int, as_json: bool) -> None:
    """At the node: ask the hub with a code, and show the digits to be compared by telephone."""
    with in_plain_words():
        line = jobs.transport()
        asked = joining.ask(line, given)
        click.echo(_("Read these digits to SRI by telephone: %(digits)s", digits=asked.fingerprint), err=True)
        state = joining.collect(line)
        until = time.monotonic() + wait
        while state is EnrolmentState.PENDING and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
            state = joining.collect(line)
    answer = {"enrolment": str(asked.enrolment_id), "fingerprint": asked.fingerprint, "state": state.value}
    show(answer, as_json=as_json, plain=_said_of(state))


@node.command("approve")
@click.argument("digits")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def approve(digits: str, *, as_json: bool) -> None:
    """At the hub: approve the request with these digits (or this id), once they were compared."""
    with transaction.reading(tenancy.NOWHERE):
        found = enrolment.find_pending(digits)
    reach = enrolment.approval_reach(found.member_id)
    transaction.write(reach, lambda: _approve(found.id))
    answer = {"node": str(found.node_id), "fingerprint": found.fingerprint}
    show(answer, as_json=as_json, plain=_("Approved. The node takes it from here by itself."))


@node.command("sync")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def sync(*, as_json: bool) -> None:
    """At the node: exchange with the hub now."""
    with in_plain_words():
        _collect()
        outcome = jobs.synchronise()
    if outcome is None:
        raise click.ClickException(_("Another exchange is running just now."))
    said = _("Everything went over.") if outcome.code is None else str(words.trouble(outcome.code).wrong)
    show(outcome.to_dict(), as_json=as_json, plain=said)
    if not outcome.ok:
        raise SystemExit(1)


@node.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Say how things stand; succeeds only when everything is in step."""
    every = joining.reach()
    with transaction.reading(every):
        found, ages = _hub_status() if runtime.current().is_hub else _node_status()
    said = _("Everything is in step.") if found["green"] else _("Not everything is in step.")
    show(found, as_json=as_json, plain="\n".join([said, *ages]))
    if not found["green"]:
        raise SystemExit(1)


@node.command("go-on-alone")
@click.option("--reason", required=True, help="Why you cannot wait; it stays in the history.")
def go_on_alone(reason: str) -> None:
    """After a restore: write again before the other side was heard. What it may still hold then comes back later."""
    values = load(AloneIn, {"reason": reason})
    if runtime.current().is_hub:
        raise click.UsageError(_("A hub goes on with “sri-admin node go-on”; its nodes then hand back what it lost."))
    own = installation.identity().tenant_id
    reach = tenancy.only(own) if own else tenancy.NOWHERE
    waited = transaction.write(reach, lambda: installation.go_on_alone(DOER, reason=values["reason"]))
    if waited:
        click.echo(_("You can write again. This is noted in the history."))
    else:
        click.echo(_("This installation does not wait for anybody. Nothing was changed."))


def _node_status() -> tuple[dict[str, Any], list[str]]:
    found = report.of_hub_link()
    return found.to_dict(), version_words.plain(found.differences, found.demands, at_hub=False)


def _hub_status() -> tuple[dict[str, Any], list[str]]:
    found = report.of_all([each for each in enrolment.nodes() if enrolment.is_in_use(each)])
    nodes = [{"node": str(node_id), **each.to_dict()} for node_id, each in found.items()]
    answer = {"green": all(each["green"] for each in nodes), "nodes": nodes, "pending": len(enrolment.pending())}
    ages = [
        f"{shown.country(each.member_id)}: {said}"
        for each in found.values()
        for said in version_words.plain(each.differences, each.demands, at_hub=True)
    ]
    return answer, ages


def _issue(member: tenancy.Tenant) -> str:
    installation.require_writing()
    return enrolment.issue_code(DOER, member)


def _approve(enrolment_id: UUID) -> None:
    installation.require_writing()
    enrolment.approve(DOER, enrolment_id)


def _collect() -> None:
    row = joining.link()
    if row is not None and not joining.is_in(row):
        joining.collect(jobs.transport())


def _said_of(state: EnrolmentState) -> str:
    if state is EnrolmentState.APPROVED:
        return _("This installation is connected.")
    if state is EnrolmentState.REFUSED:
        return _("SRI turned the request down.")
    return _("SRI has not approved the request yet. “sri-admin node sync” asks again.")


def show(answer: dict[str, Any], *, as_json: bool, plain: str) -> None:
    """Print what a command found out, for a program or for a person."""
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else plain)


@contextmanager
def in_plain_words() -> Iterator[None]:
    """End a command with a sentence when the protocol refused something."""
    try:
        yield
    except ProtocolError as error:
        reasons = words.trouble(error.code)
        raise click.ClickException(f"{reasons.wrong} {reasons.todo} ({error.code})") from error
