"""Renewals: a new agreement continues an old one without a gap, and the old one ends by its own date."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sri_admin.kernel.errors import ConflictError, FieldError, InvalidError
from sri_admin.kernel.formats import date_long
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.members.rules.agreement import AgreementKind, AgreementState, Facts, ShownState, shown_state

# What an agreement may be shown as when it is renewed; every other state says why not.
RENEWABLE = frozenset({ShownState.ACTIVE, ShownState.RENEWAL_DUE, ShownState.IN_CURE, ShownState.GRACE})
WHY_NOT: Mapping[ShownState, LazyText] = {
    ShownState.OFFERED: _l("This agreement is not signed yet, so there is nothing to renew."),
    ShownState.WITHDRAWN: _l("This offer was withdrawn. Draft it anew instead."),
    ShownState.SUPERSEDED: _l("An amendment took the place of this agreement. Renew the amendment instead."),
    ShownState.TERMINATED: _l("This agreement was terminated. Draft a new agreement instead."),
    ShownState.ENDED: _l("This agreement was closed as ended. Draft a new agreement instead."),
    ShownState.UPCOMING: _l("This agreement has not begun yet. It can be renewed from its first day on."),
    ShownState.EXPIRED: _l(
        "Its days of grace are over, so nothing can follow on without a gap. Draft a new agreement instead."
    ),
    ShownState.NOTICE_GIVEN: _l(
        "Notice was given for this agreement. Enter that the notice was taken back; then it can be renewed."
    ),
}


def first_day_after(ends_on: date) -> date:
    """Return the day on which the renewal of an agreement with this last day begins."""
    return ends_on + timedelta(days=1)


def renewed_dates(starts_on: date, ends_on: date) -> tuple[date, date]:
    """Return the first and last day of a renewal: the day after the end, and for as long again."""
    begins = first_day_after(ends_on)
    if (begins.month, begins.day) == (starts_on.month, starts_on.day) and (begins.month, begins.day) != (2, 29):
        # Whole years stay whole years, whatever leap days they have.
        return begins, begins.replace(year=begins.year + begins.year - starts_on.year) - timedelta(days=1)
    return begins, begins + (ends_on - starts_on)


def check_renewable(facts: Facts, *, on: date) -> None:
    """Refuse with ConflictError, and its reason, to renew an agreement as it stands on a day."""
    found = _run_out(facts)
    # What was stopped is not renewed, even before the day on which it stops.
    is_signed = found.state is AgreementState.SIGNED
    shown = shown_state(found, on) if is_signed else ShownState(found.state.value)
    if shown not in RENEWABLE:
        raise ConflictError(WHY_NOT[shown], code="not_renewable", shown=shown.value)


def check_follows(terms: Mapping[str, Any], *, kind: AgreementKind, ends_on: date) -> None:
    """Refuse terms of a renewal that leave a gap, overlap what they continue, or agree on something else."""
    faults = []
    first = first_day_after(ends_on)
    if terms["starts_on"] != first:
        message = _("A renewal begins on the day after the old agreement ends: %(day)s.", day=date_long(first))
        faults.append(FieldError("starts_on", message))
    if terms["kind"] != kind:
        faults.append(FieldError("kind", _l("A renewal agrees on the same as the agreement it continues.")))
    if faults:
        raise InvalidError(faults)


def last_day(ends_on: date, closed_on: date | None) -> date:
    """Return the last day an agreement counts, which may come before its written end."""
    return ends_on if closed_on is None else min(ends_on, closed_on - timedelta(days=1))


def lets_run_longer(ends_on: date, signed: Iterable[date]) -> bool:
    """Say whether an agreement with this last day runs longer than everything a member signed before.

    A renewal does, and so does an amendment with a later end or a fresh agreement, of whatever kind, that merely is not
    called a renewal: what holds back renewals holds back all of them.
    """
    before = max(signed, default=None)
    return before is not None and ends_on > before


def _run_out(facts: Facts) -> Facts:
    """Look through a closing that only notes that an agreement ran to its last day."""
    ran_out = facts.state is AgreementState.ENDED and facts.closed_on is not None and facts.closed_on > facts.ends_on
    return replace(facts, state=AgreementState.SIGNED, closed_on=None) if ran_out else facts
