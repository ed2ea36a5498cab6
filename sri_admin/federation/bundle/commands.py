"""`sri-admin node bundle`: what would go over the network, by stick."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sri_admin.federation import enrolment
from sri_admin.federation.bundle import reading, told, volumes, writing
from sri_admin.federation.bundle.box import BundleError
from sri_admin.federation.commands import in_plain_words, node, show
from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.limits import MIB
from sri_admin.federation.lines import ProtocolError
from sri_admin.kernel import runtime, tenancy, transaction
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.i18n import gettext as _

_LARGEST_VOLUME = volumes.MOST_CONTENT // MIB
_FOR_OTHERS = frozenset({"wrong_reader"})


@node.group("bundle")
def bundle() -> None:
    """Write what waits to go to a stick, and read what came by one."""


@bundle.command("export")
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder.")
@click.option("--member", "member_code", help="At the hub: code of the member country whose node will read it.")
@click.option(
    "--volume-mib",
    type=click.IntRange(1, _LARGEST_VOLUME),
    default=_LARGEST_VOLUME,
    show_default=True,
    help="Largest file, in MiB; the default fits any stick.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(folder: Path, *, member_code: str | None, volume_mib: int, as_json: bool) -> None:
    """Write what the other side does not hold yet into files of a folder."""
    size = volume_mib * MIB
    with _in_plain_words():
        if runtime.current().is_hub:
            written = writing.for_node(_node_of(member_code), folder, volume_bytes=size, progress=_progress)
        else:
            written = writing.for_hub(folder, volume_bytes=size, progress=_progress)
    show(
        written.to_dict(), as_json=as_json, plain="\n".join([told.written(written.to_dict()), *map(str, written.files)])
    )


@bundle.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Read a bundle: all its files, or a folder in which everything for this installation is read."""
    folders = [each for each in paths if each.is_dir()]
    with _in_plain_words():
        taken = [_read_all(volumes.find(each)) for each in folders]
        files = [each for each in paths if not each.is_dir()]
        found = [one for several in taken for one in several] + (
            [reading.read(files, progress=_progress)] if files else []
        )
        if not found:
            raise BundleError("not_a_bundle", "there is none for this installation")
    ok = all(each.outcome.ok for each in found)
    show(
        {"ok": ok, "bundles": [each.to_dict() for each in found]},
        as_json=as_json,
        plain="\n".join(told.taken(each.to_dict(), each.at) for each in found),
    )
    if not ok:
        raise SystemExit(1)


def _read_all(found: list[list[Path]]) -> list[reading.Taken]:
    # A stick that goes both ways also carries what is for the other side.
    taken: list[reading.Taken] = []
    for paths in found:
        try:
            taken.append(reading.read(paths, progress=_progress))
        except ProtocolError as error:
            if error.code not in _FOR_OTHERS:
                raise
    return taken


@contextmanager
def _in_plain_words() -> Iterator[None]:
    with in_plain_words():
        try:
            yield
        except BundleError as error:
            raise click.ClickException(told.refused(error)) from error


def _node_of(member_code: str | None) -> Node:
    if not member_code:
        raise click.UsageError(_("Say for which country with --member."))
    with transaction.reading(tenancy.NOWHERE):
        member = tenancy.tenant_by_code(member_code)
        found = enrolment.node_of(member.id) if member else None
        if found is None:
            raise NotFoundError(_("There is no node of a country with the code %(code)s.", code=member_code))
        transaction.detach(found)
        return found


def _progress(done: int, whole: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{100 * done // max(1, whole):3d} %", nl=done >= whole, err=True)
