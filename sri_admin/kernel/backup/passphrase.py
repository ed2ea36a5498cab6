"""The passphrase of the keys, where the settings or a person say it lies."""

from pathlib import Path

from sri_admin.kernel.backup.errors import BackupError
from sri_admin.kernel.i18n import gettext as _


def read(path: Path) -> str:
    """Return the passphrase a file holds; BackupError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        message = _("The file %(path)s with the passphrase cannot be read.", path=str(path))
        raise BackupError(message, code="backup_passphrase_file") from None
