"""What happened about backups."""

from dataclasses import dataclass

from sri_admin.kernel.work import Event


@dataclass(frozen=True, kw_only=True)
class BackupAsked(Event):
    """Somebody, or the schedule, had a backup made."""

    subject_kind = "backup"
