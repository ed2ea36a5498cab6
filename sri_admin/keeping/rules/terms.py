"""How long what has a term is kept: one table, from which the job, the command, the page and the document follow.

Histories, decisions and what travels have no term here: the exchange prunes its old lines itself, and a person is
erased on the page of that person.
"""

from dataclasses import dataclass
from datetime import timedelta

from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l


@dataclass(frozen=True)
class Term:
    """Rows of a table go so many days after the moment, or the day, one of their columns names."""

    table: str
    column: str
    days: int
    what: LazyText

    @property
    def kept(self) -> timedelta:
        """Return how long a row is kept."""
        return timedelta(days=self.days)


TERMS = (
    Term("answered_request", "at", 30, _l("Answers kept so that a form sent twice is done once")),
    Term("account_session", "expires_at", 90, _l("Sign-ins that have ended")),
    Term("session_seen", "seen_at", 90, _l("When a sign-in was last used")),
    Term("sign_in_step", "expires_at", 7, _l("Sign-ins that waited for a code")),
    Term("one_time_link", "expires_at", 90, _l("One-time links that have run out")),
    Term("personal_token", "ends_on", 730, _l("Keys of programs that have ended")),
    Term("personal_token_seen", "seen_at", 730, _l("When a key of a program was last used")),
    Term("sign_in_attempts", "last_at", 7, _l("Failed sign-ins, by name and by network")),
    Term("rate_token", "window_starts_at", 7, _l("Counters of limits for people")),
    Term("rate_bucket", "at", 7, _l("Counters of limits for nodes")),
    Term("used_assertion", "expires_at", 1, _l("Proofs a node has shown, so that none is shown twice")),
    Term("node_token", "expires_at", 1, _l("Access of nodes that has run out")),
    Term("sheet_export", "expires_at", 0, _l("Files of exports, a day after they were made")),
    Term("export_note", "at", 730, _l("Who took a table out, and when")),
    Term("file_download", "at", 730, _l("Who downloaded a file, and when")),
    Term("translation_draft", "at", 400, _l("Wordings somebody typed and never saved")),
    Term("backup_run", "asked_at", 400, _l("How the making of backups went")),
)

# What is kept apart and has no term, and why.
WITHOUT_TERM = {
    "file_fetch": "goes when the file it is about has come",
    "hub_contact": "one row: how the last exchange went",
    "node_contact": "one row a node: how the last exchange went",
}
