"""`sri-admin backup`, `restore`, `verify`: keep an installation, get it back, and know that both would work."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from sri_admin.cli.context import entering
from sri_admin.keeping.operations import erasures
from sri_admin.keeping.operations.backups import begin_run, carry_out
from sri_admin.kernel import actor, formats, runtime, soundness
from sri_admin.kernel.backup import checking, restoring
from sri_admin.kernel.backup import passphrase as passphrases
from sri_admin.kernel.backup.errors import BackupError
from sri_admin.kernel.backup.manifest import Manifest
from sri_admin.kernel.backup.progress import Progress
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext

_PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file with the passphrase of the keys; without it the settings' one, else it is asked for.",
)
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command("backup")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="The folder of backups.")
@click.option("--keep", type=click.IntRange(min=1), help="Keep only so many of the newest.")
@_PASSPHRASE
@_AS_JSON
@entering
def backup(folder: Path | None, keep: int | None, passphrase_file: Path | None, *, as_json: bool) -> None:
    """Back up rows, files and keys as one consistent whole, and read it back; files the folder holds stay."""
    chosen = runtime.current().settings.backup
    target = folder or chosen.folder
    if target is None:
        raise BackupError(_("Say where to with --to, or set backup.folder."))
    passphrase = _passphrase(passphrase_file, twice=True)
    run_id = begin_run(actor.system("cli"))
    with _shown_progress() as tell:
        made = carry_out(run_id, target, passphrase, keep=keep, tell=tell)
    facts = {"folder": str(made.folder), **_facts(made.manifest), "left_out": made.left_out}
    _print(facts, _("The backup is whole: %(folder)s", folder=str(made.folder)), as_json=as_json)
    if made.left_out:
        click.echo(
            ngettext(
                "%(num)s file here is damaged and was left out. “sri-admin verify” names it.",
                "%(num)s files here are damaged and were left out. “sri-admin verify” names them.",
                len(made.left_out),
            ),
            err=True,
        )
        raise SystemExit(1)


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--keys", type=click.Path(path_type=Path, dir_okay=False), help="The sealed keys, if kept elsewhere.")
@click.option("--replace", is_flag=True, help="Replace a database that is in use; what is lost is shown first.")
@_PASSPHRASE
@_AS_JSON
@entering
def restore(folder: Path, keys: Path | None, passphrase_file: Path | None, *, replace: bool, as_json: bool) -> None:
    """Put a backup in the place of this installation. It then reads only, until it has heard from the other side."""
    restoring.check_fits(Manifest.read(folder))
    if replace:
        _confirm_loss()
    passphrase = _passphrase(passphrase_file)
    with _shown_progress() as tell:
        done = restoring.restore(folder, passphrase, apart=keys, replace=replace, tell=tell)
    again = erasures.erase_again()
    facts = {**_facts(done.manifest), "cancelled": done.cancelled, "erased_again": again, "lacking": done.lacking}
    _print(facts, _said_of(done, again), as_json=as_json)
    _tell_lacking(done.lacking)


@click.command("verify")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--keys", type=click.Path(path_type=Path, dir_okay=False), help="The sealed keys, if kept elsewhere.")
@_PASSPHRASE
@_AS_JSON
@entering
def verify(folder: Path | None, keys: Path | None, passphrase_file: Path | None, *, as_json: bool) -> None:
    """Check this installation, or a backup: every chain, head, file and digest. Succeeds only when all is whole."""
    if folder is None:
        _verify_here(as_json=as_json)
        return
    with _shown_progress() as tell:
        made = checking.check(folder, tell=tell)
    lacking = checking.lacking(made)
    opened = (passphrase_file or runtime.current().settings.backup.passphrase_file) is not None
    if opened:
        checking.open_keys(folder, made, _passphrase(passphrase_file), apart=keys)
    said = (
        _("The backup is whole, and its keys open.") if opened else _("The backup is whole. Its keys were not opened.")
    )
    whole = {"whole": not lacking, "lacking": lacking, "keys_opened": opened}
    _print({**whole, **_facts(made)}, said, as_json=as_json)
    _tell_lacking(lacking)


def _tell_lacking(names: list[str]) -> None:
    if not names:
        return
    message = ngettext(
        "%(num)s file the backup leaves to the store is not there as it was. Get it back from the store’s versions:",
        "%(num)s files the backup leaves to the store are not there as they were. Get them back from its versions:",
        len(names),
    )
    click.echo("\n  ".join([message, *names]), err=True)
    raise SystemExit(1)


def _verify_here(*, as_json: bool) -> None:
    found = []
    for each in soundness.look():
        found.append({"check": each.check.name, "faults": each.faults})
        if not as_json:
            click.echo(f"{_('whole') if not each.faults else _('not whole')}: {each.check.label}")
            for fault in each.faults:
                click.echo(f"  {fault}")
    whole = not any(each["faults"] for each in found)
    if as_json:
        click.echo(json.dumps({"whole": whole, "checks": found}, ensure_ascii=False))
    if not whole:
        raise SystemExit(1)


def _confirm_loss() -> None:
    lost = restoring.what_would_be_lost()
    if lost is None:
        return
    click.echo(_("This is in the database now and will be gone:"), err=True)
    for name, rows in sorted(lost.rows.items(), key=lambda each: -each[1])[:20]:
        click.echo(f"  {name}: {formats.number(rows)}", err=True)
    sure = click.prompt(_("Type %(words)s to replace it", words=lost.installation_id[-8:]), err=True)
    if sure.strip() != lost.installation_id[-8:]:
        raise BackupError(_("That was not it. Nothing was changed."))


def _said_of(done: restoring.Restored, erased_again: int) -> str:
    cancelled = len(done.cancelled)
    lines = [
        _("Restored as it was on %(moment)s.", moment=done.manifest.made_at),
        _("It can only be read until it has heard from the other side. Start it and see the page “After a restore”."),
    ]
    if cancelled:
        called_off = ngettext(
            "%(num)s letter that waited was called off:", "%(num)s letters that waited were called off:", cancelled
        )
        lines += [called_off, *done.cancelled]
    if erased_again:
        again = ngettext(
            "%(num)s person who was erased after this backup was erased again.",
            "%(num)s people who were erased after this backup were erased again.",
            erased_again,
        )
        lines.append(again)
    return "\n".join(lines)


def _facts(made: Manifest) -> dict[str, Any]:
    return {
        "made_at": made.made_at,
        "installation": made.installation,
        "software": made.software,
        "revision": made.revision,
        "rows": made.rows,
        "files": len(made.blobs),
        "files_in_store": len(made.in_store),
        "bytes": made.size,
    }


def _passphrase(file: Path | None, *, twice: bool = False) -> str:
    path = file or runtime.current().settings.backup.passphrase_file
    if path is not None:
        return passphrases.read(path)
    if not sys.stdin.isatty():
        raise BackupError(_("Give the passphrase of the keys with --passphrase-file, or set backup.passphrase_file."))
    return click.prompt(_("Passphrase of the keys"), hide_input=True, confirmation_prompt=twice, err=True)


def _print(facts: dict[str, Any], said: str, *, as_json: bool) -> None:
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else said)


@contextmanager
def _shown_progress() -> Iterator[Callable[[Progress], None]]:
    last = -1

    def tell(progress: Progress) -> None:
        nonlocal last
        if progress.percent != last and sys.stderr.isatty():
            last = progress.percent
            left = progress.seconds_left
            words = "" if left is None else ngettext("%(num)s second left", "%(num)s seconds left", left)
            click.echo(f"\r{last:3d} %  {words}    ", nl=False, err=True)

    yield tell
    if last >= 0:
        click.echo("\r100 %" + " " * 24, err=True)
