"""The tables of the member file as spreadsheets: their columns, and the states of an import."""

from collections.abc import Mapping
from enum import StrEnum

from sri_admin.kernel.i18n import LazyText, pgettext_lazy
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.sheets import Column, Shape, Sheet
from sri_admin.members.rules import words


class SheetKind(StrEnum):
    """What a sheet is about."""

    MEMBERS = "members"
    AGREEMENTS = "agreements"
    TERRITORIES = "territories"
    PLACES = "places"


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    READY = "ready"
    GONE = "gone"


class ImportState(StrEnum):
    """How far an import is."""

    READING = "reading"
    REFUSED = "refused"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class Outcome(StrEnum):
    """What a row would do, did, or why it did nothing."""

    CREATE = "create"
    CHANGE = "change"
    SAME = "same"
    BAD = "bad"
    CREATED = "created"
    CHANGED = "changed"
    FAILED = "failed"
    UNDONE = "undone"
    KEPT = "kept"


GOOD = frozenset({Outcome.CREATE, Outcome.CHANGE})
MADE = frozenset({Outcome.CREATED, Outcome.CHANGED, Outcome.KEPT})


def _days(key: str, label: LazyText, usual: str) -> Column:
    return Column(key=key, label=label, shape=Shape.NUMBER, example=usual)


_MEMBERS = (
    Column(
        key="code",
        label=_l("Code"),
        needed=True,
        hint=_l("Rows that begin with # are not imported. Code: 2 to 12 capital letters or digits."),
        example="QM",
    ),
    Column(key="name", label=_l("Name"), needed=True, hint=_l("As people here know it"), example="Exampleland"),
    Column(key="kind", label=_l("Kind of body"), shape=Shape.CHOICE, choices=words.MEMBER_KINDS, example="country"),
    Column(key="hosting", label=_l("Where it works"), shape=Shape.CHOICE, choices=words.HOSTINGS, example="hub"),
    Column(key="region", label=_l("Region"), needed=True, hint=_l("Up to 20 characters"), example="east"),
    Column(key="default_locale", label=_l("Language"), hint=_l("A tag like en, fr or es-MX"), example="en"),
    Column(key="time_zone", label=_l("Time zone"), hint=_l("A name like Europe/Warsaw"), example="Europe/Warsaw"),
    _days("fiscal_month", _l("Month in which its year begins"), "1"),
    _days("fiscal_day", _l("Day on which its year begins"), "1"),
    Column(key="listing", label=_l("Who may see it"), shape=Shape.CHOICE, choices=words.LISTINGS, example="full"),
    Column(
        key="state",
        label=_l("State"),
        shape=Shape.CHOICE,
        choices={each.value: said.label for each, said in words.MEMBER_STATES.items()},
        only_out=True,
    ),
    Column(key="state_since", label=_l("Since"), shape=Shape.DATE, only_out=True),
    Column(key="licence_ends_on", label=_l("Licence ends"), shape=Shape.DATE, only_out=True),
)
_AGREEMENTS = (
    Column(
        key="member",
        label=_l("Country code"),
        needed=True,
        hint=_l("Rows that begin with # are not imported. The code of a country that is here already."),
        example="QM",
    ),
    Column(key="ref_no", label=_l("Agreement"), hint=_l("Leave this empty for a new agreement")),
    Column(key="kind", label=_l("Kind"), shape=Shape.CHOICE, choices=words.AGREEMENT_KINDS, example="licence"),
    Column(key="starts_on", label=_l("Starts on"), shape=Shape.DATE, needed=True, example="2026-01-01"),
    Column(key="ends_on", label=_l("Ends on"), shape=Shape.DATE, needed=True, example="2027-12-31"),
    _days("notice_days", _l("Days of notice"), "90"),
    _days("grace_days", _l("Days of grace"), "30"),
    _days("cure_days", _l("Days to put things right"), "14"),
    Column(
        key="territories", label=_l("Places"), needed=True, hint=_l("Codes with spaces between"), example="QM-E QM-W"
    ),
    Column(key="exclusive", label=_l("Theirs alone"), shape=Shape.YES_NO, example="true"),
    Column(
        key="rights",
        label=_l("They may"),
        shape=Shape.CHOICES,
        choices=words.RIGHTS,
        needed=True,
        hint=_l("Several with semicolons between"),
        example="use_name; run_meetings",
    ),
    Column(
        key="programme_types",
        label=_l("Programme"),
        shape=Shape.CHOICES,
        choices=words.PROGRAMME_TYPES,
        example="four_point",
    ),
    Column(
        key="signed_on", label=_l("Signed on"), shape=Shape.DATE, hint=_l("Leave this empty if it is not signed yet")
    ),
    Column(
        key="state",
        label=_l("State"),
        shape=Shape.CHOICE,
        choices={each.value: said.label for each, said in words.SHOWN_STATES.items()},
        only_out=True,
    ),
)
_TERRITORIES = (
    Column(key="member", label=_l("Country code"), only_out=True),
    Column(key="country", label=_l("Country"), only_out=True),
    Column(key="place", label=_l("Place"), only_out=True),
    Column(key="place_name", label=_l("Name of the place"), only_out=True),
    Column(key="exclusive", label=_l("Theirs alone"), shape=Shape.YES_NO, only_out=True),
    Column(key="valid_from", label=_l("From"), shape=Shape.DATE, only_out=True),
    Column(key="valid_to", label=_l("Until before"), shape=Shape.DATE, only_out=True),
    Column(key="ref_no", label=_l("Agreement"), only_out=True),
)
_PLACES = (
    Column(
        key="code",
        label=_l("Code"),
        needed=True,
        hint=_l("Rows that begin with # are not imported. A code like QM or XE-E that no ISO list has."),
        example="QM-E",
    ),
    Column(key="name", label=_l("Name"), needed=True, hint=_l("As people here know it"), example="Eastern shore"),
)
SHEETS: Mapping[SheetKind, Sheet] = {
    SheetKind.MEMBERS: Sheet(name="members", label=_l("Countries"), columns=_MEMBERS),
    SheetKind.AGREEMENTS: Sheet(name="agreements", label=_l("Agreements"), columns=_AGREEMENTS),
    SheetKind.TERRITORIES: Sheet(name="territories", label=_l("Territories held"), columns=_TERRITORIES),
    SheetKind.PLACES: Sheet(name="places", label=_l("Places no ISO list has"), columns=_PLACES),
}
# A grant of a place follows from a signed agreement and is never entered by hand.
IMPORTED = (SheetKind.MEMBERS, SheetKind.PLACES, SheetKind.AGREEMENTS)
OUTCOMES: Mapping[Outcome, words.Said] = {
    Outcome.CREATE: words.Said("doing", pgettext_lazy("row", "Will be new")),
    Outcome.CHANGE: words.Said("doing", pgettext_lazy("row", "Will change")),
    Outcome.SAME: words.Said("ended", pgettext_lazy("row", "Nothing to do")),
    Outcome.BAD: words.Said("stop", pgettext_lazy("row", "Needs another look")),
    Outcome.CREATED: words.Said("good", pgettext_lazy("row", "New")),
    Outcome.CHANGED: words.Said("good", pgettext_lazy("row", "Changed")),
    Outcome.FAILED: words.Said("stop", pgettext_lazy("row", "Not done")),
    Outcome.UNDONE: words.Said("ended", pgettext_lazy("row", "Undone")),
    Outcome.KEPT: words.Said("soon", pgettext_lazy("row", "Could not be undone")),
}
IMPORT_STATES: Mapping[ImportState, words.Said] = {
    ImportState.READING: words.Said("doing", pgettext_lazy("import", "Being read")),
    ImportState.REFUSED: words.Said("stop", pgettext_lazy("import", "Cannot be read")),
    ImportState.CHECKED: words.Said("wait", pgettext_lazy("import", "Checked, nothing changed yet")),
    ImportState.RUNNING: words.Said("doing", pgettext_lazy("import", "Being imported")),
    ImportState.DONE: words.Said("good", pgettext_lazy("import", "Imported")),
    ImportState.UNDOING: words.Said("doing", pgettext_lazy("import", "Being undone")),
    ImportState.UNDONE: words.Said("ended", pgettext_lazy("import", "Undone")),
}
