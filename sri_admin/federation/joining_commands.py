"""`sri-admin node request|answer|receive`: joining by stick, for a node that never sees the network."""

from pathlib import Path
from uuid import UUID

import click

from sri_admin.federation import joining_files
from sri_admin.federation.commands import in_plain_words, node, show
from sri_admin.federation.enrolment_models import EnrolmentState
from sri_admin.kernel import installation, tenancy, transaction
from sri_admin.kernel.i18n import gettext as _

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@node.command("request")
@click.option("--code", "given", required=True, help="The code SRI gave you.")
@click.option("--to", "folder", required=True, type=_FOLDER, help="Folder, perhaps the stick itself.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def request(given: str, *, folder: Path, as_json: bool) -> None:
    """At a node without a network: write the request to join into a file, and show the digits for the telephone."""
    with in_plain_words():
        digits = transaction.write(tenancy.NOWHERE, lambda: joining_files.ask(given))
    with transaction.reading(tenancy.NOWHERE):
        content = joining_files.kept_request()
    path = folder / joining_files.REQUEST_NAME
    installation.write_private(path, content)
    said = _("Read these digits to SRI by telephone: %(digits)s", digits=digits)
    show({"file": str(path), "fingerprint": digits}, as_json=as_json, plain=f"{path}\n{said}")


@node.command("receive")
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def receive(file: Path, *, as_json: bool) -> None:
    """At the hub: take a request that came as a file; “node approve” follows once the digits were compared."""
    with in_plain_words():
        known = transaction.write(tenancy.NOWHERE, lambda: joining_files.take(_content(file)))
    answer = {"enrolment": str(known.id), "fingerprint": known.fingerprint, "state": known.state.value}
    show(answer, as_json=as_json, plain=known.fingerprint)


@node.command("answer")
@click.argument("enrolment_id", type=click.UUID)
@click.option("--to", "folder", required=True, type=_FOLDER, help="Folder, perhaps the stick itself.")
def answer(enrolment_id: UUID, *, folder: Path) -> None:
    """At the hub: write the answer to an approved request into a file."""
    with transaction.reading(tenancy.NOWHERE):
        content = joining_files.answer_file(enrolment_id)
    path = folder / joining_files.ANSWER_NAME
    installation.write_private(path, content)
    click.echo(path)


@node.command("join")
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def join(file: Path, *, as_json: bool) -> None:
    """At a node without a network: take the hub's answer; the first stick of the hub brings everything else."""
    with in_plain_words():
        joining_files.join(_content(file))
    show({"state": EnrolmentState.APPROVED.value}, as_json=as_json, plain=_("This installation is connected."))


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(joining_files.MOST_BYTES + 1)
