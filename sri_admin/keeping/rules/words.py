"""What is said about backups: the states of a run, why one failed, and what happened."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sri_admin.keeping.rules.backups import Shown
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l


class Said(NamedTuple):
    """A state in words, and the family of its glyph."""

    family: str
    label: LazyText


STATES: Mapping[Shown, Said] = {
    Shown.WAITING: Said("wait", _l("Waiting to begin")),
    Shown.WRITING: Said("doing", _l("Being written")),
    Shown.READING: Said("doing", _l("Being read back")),
    Shown.WHOLE: Said("good", _l("Whole, read back")),
    Shown.FAILED: Said("stop", _l("Not made")),
    Shown.BROKEN_OFF: Said("stop", _l("Broken off")),
}

_REASONS: Mapping[str, LazyText] = {
    "backup_no_room": _l(
        "There was no room left for a backup. Free some in its folder; the older ones are still there."
    ),
    "backup_folder": _l("The folder of backups could not be used. Is the disk there, and may the program write to it?"),
    "backup_busy": _l("Another backup was being written to the same folder."),
    "backup_role": _l("The program may not read every row. Set database.backup_url to the backup role’s address."),
    "backup_passphrase_file": _l("The file with the passphrase could not be read."),
    "backup_damaged": _l("What was written could not be read back as it was. Look at the disk, or use another one."),
    "backup": _l("The passphrase is too short. It needs at least 12 characters."),
}
_FILES: Mapping[str, LazyText] = {
    "agreement_file": _l("Signed copy of an agreement"),
    "evidence_file": _l("Evidence"),
}
_FILE = _l("A file that is no longer here")
_UNKNOWN = _l("Something went wrong. The program’s log says more.")
_BROKEN_OFF = _l("The program ended in the middle. Nothing of it looks like a backup; the next one clears it away.")


def why(state: Shown, problem: str | None) -> str:
    """Return why a run came to nothing; empty if it did not."""
    if state is Shown.BROKEN_OFF:
        return str(_BROKEN_OFF)
    return str(_REASONS.get(problem or "", _UNKNOWN)) if state is Shown.FAILED else ""


def file_name(table: str | None) -> LazyText:
    """Name a file by the table that refers to it."""
    return _FILES.get(table or "", _FILE)


def tell_asked(_values: Mapping[str, Any]) -> tuple[str, str]:
    """Say that somebody asked for a backup."""
    return "doing", _("Somebody had a backup made.")
