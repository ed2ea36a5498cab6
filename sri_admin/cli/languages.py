"""`sri-admin i18n`: gather the sentences of the program, and say what is wrong with their translations."""

import click

from sri_admin.cli import sentences
from sri_admin.kernel import i18n as shown
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext


@click.group("i18n")
def i18n() -> None:
    """Look after the sentences of the program and their translations."""


@i18n.command("extract")
def extract() -> None:
    """Gather every sentence into translations/messages.pot and bring the catalogue of each language up to date."""
    found = sentences.gathered()
    sentences.write_template(found)
    for tag in shown.available():
        if tag != shown.SOURCE:
            sentences.update(tag, found)
    click.echo(ngettext("%(num)s sentence was gathered.", "%(num)s sentences were gathered.", sentences.count(found)))


@i18n.command("check")
def check() -> None:
    """Fail if a sentence is missing from the template, untranslated, or translated in a way that must not be shown."""
    faults = list(_faults())
    for each in faults:
        click.echo(each, err=True)
    if faults:
        raise SystemExit(1)
    click.echo(_("Every sentence is translated soundly."))


def _faults() -> list[str]:
    faults = [
        _("messages.pot does not match the program: %(message)s. Run “sri-admin i18n extract”.", message=repr(each))
        for each in sentences.differing()
    ]
    for tag in shown.available():
        entries = shown.catalogue(tag)
        if entries is None:
            continue
        faults += entries.faults
        faults += [
            _("%(tag)s: not translated: %(message)s", tag=tag, message=repr(each)) for each in entries.untranslated
        ]
    return [str(each) for each in faults]
