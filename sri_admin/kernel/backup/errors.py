"""What can be wrong with a backup, in words for the person who needs it."""

from sri_admin.kernel.errors import AppError
from sri_admin.kernel.i18n import gettext_lazy as _l


class BackupError(AppError):
    """A backup cannot be made or used; the message says what to do."""

    code = "backup"


class DamagedError(BackupError):
    """A backup is not what it was when it was made."""

    code = "backup_damaged"


class PassphraseError(BackupError):
    """The keys cannot be opened with this passphrase."""

    code = "backup_passphrase"
    message = _l("The keys do not open with this passphrase. Check it, and that the keys belong to this backup.")


class UsedDatabaseError(BackupError):
    """There is something here already that a restore would replace."""

    code = "backup_used_database"
