"""What the part `keeping` brings to the house."""

from sri_admin.keeping import events
from sri_admin.keeping.commands import forget
from sri_admin.keeping.jobs import TASKS
from sri_admin.keeping.operations import erasures
from sri_admin.keeping.pages import backups, downloads
from sri_admin.keeping.policy import POLICY
from sri_admin.keeping.rules import words
from sri_admin.kernel.part import Part

PART = Part(
    name="keeping",
    doors=(backups.pages, downloads.pages),
    commands=(forget,),
    tasks=TASKS,
    handlers=erasures.HANDLERS,
    policy=POLICY,
    menu=(*backups.MENU, *downloads.MENU),
    answers={"overview.work": backups.work_of},
    sentences={events.BackupAsked: words.tell_asked},
)
