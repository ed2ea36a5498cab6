"""What of findings waits for somebody, told to the first page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sri_admin.integrity.pages.findings import acts_of
from sri_admin.integrity.queries.assessments import is_written_here
from sri_admin.integrity.queries.findings import FindingRow, countries_of, findings_of, open_findings
from sri_admin.integrity.rules import finding_words as words
from sri_admin.integrity.rules.finding import FindingState, Severity
from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.formats import date_long
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import WorkItem
from sri_admin.members.models.member import Member
from sri_admin.members.queries.members import today_of

# What the state asks for, and of whom: the act, and the words on the button.
_COUNTRY: Mapping[FindingState, tuple[str, LazyText]] = {
    FindingState.ISSUED: ("reply", _l("Read and answer")),
    FindingState.ACKNOWLEDGED: ("plan", _l("Make a plan")),
    FindingState.PLANNED: ("report", _l("Report it")),
    FindingState.NOT_EFFECTIVE: ("report", _l("See what is missing")),
}
_SRI: Mapping[FindingState, tuple[str, LazyText]] = {
    FindingState.DISPUTED: ("decide", _l("Decide")),
    FindingState.REPORTED: ("verify", _l("Verify")),
}


def findings_waiting(member_id: UUID) -> list[WorkItem]:
    """Return what waits in the findings of a member, or of all for SRI itself."""
    if member_id == installation.hub_tenant_id():
        return list(_items(open_findings(), _SRI))
    return list(_items(findings_of(member_id), _COUNTRY)) if is_written_here(member_id) else []


def _items(rows: list[FindingRow], table: Mapping[FindingState, tuple[str, LazyText]]) -> Iterator[WorkItem]:
    waiting = [each for each in rows if each.standing.state in table]
    countries = countries_of(waiting) if waiting else {}
    for row in waiting:
        act, label = table[row.standing.state]
        if row.member_id in countries:
            yield _item(row, countries[row.member_id], act, label)


def _item(row: FindingRow, member: Member, act: str, label: LazyText) -> WorkItem:
    badge = words.badge_of(row.standing, on=today_of(member))
    return WorkItem(
        family="stop" if badge.family == "stop" or row.standing.severity is Severity.CRITICAL else "soon",
        title=_("%(country)s: finding %(ref_no)s", country=str(member.names), ref_no=row.finding.ref_no),
        reason=_reason(row, str(badge.label)),
        label=label,
        endpoint="integrity.finding_show",
        arguments={"code": member.code, "finding_id": row.finding.id},
        shown=_for(act, row),
    )


def _reason(row: FindingRow, state: str) -> Any:
    severity = str(words.SEVERITIES[row.standing.severity])
    if row.standing.due_on is None:
        return _("%(severity)s. %(state)s.", severity=severity, state=state)
    day = date_long(row.standing.due_on)
    return _("%(severity)s, due on %(day)s. %(state)s.", severity=severity, day=day, state=state)


def _for(act: str, row: FindingRow) -> Callable[[Actor], bool]:
    return lambda actor: act in acts_of(actor, row)
