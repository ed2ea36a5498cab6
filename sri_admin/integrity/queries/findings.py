"""What is read about findings: each with the rows of both sides and how it stands."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.integrity.models.evidence import Evidence
from sri_admin.integrity.models.finding import ActionReport, CorrectiveAction, Finding, FindingReply, FindingStep
from sri_admin.integrity.models.review import ItemReview
from sri_admin.integrity.queries.evidence import evidence_by_ids
from sri_admin.integrity.rules import finding as rules
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import NotFoundError
from sri_admin.kernel.tenancy import Tenant
from sri_admin.members.models.member import Member


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """A finding with everything both sides wrote about it, each list the oldest first, and how it stands."""

    finding: Finding
    steps: Sequence[FindingStep]
    replies: Sequence[FindingReply]
    actions: Sequence[CorrectiveAction]
    reports: Sequence[ActionReport]
    standing: rules.Standing

    @property
    def member_id(self) -> UUID:
        """The country."""
        return self.finding.member_id

    @property
    def reply(self) -> FindingReply | None:
        """The reply that counts."""
        return next((each for each in self.replies if each.id == self.standing.reply_id), None)

    @property
    def action(self) -> CorrectiveAction | None:
        """The action that counts."""
        return next((each for each in self.actions if each.id == self.standing.action_id), None)

    @property
    def report(self) -> ActionReport | None:
        """The report on that action that counts."""
        return next((each for each in self.reports if each.id == self.standing.report_id), None)


def finding_by_id(member_id: UUID, finding_id: UUID) -> FindingRow:
    """Return a finding of a country; NotFoundError."""
    found = db.session.get(Finding, (member_id, finding_id))
    if found is None:
        raise NotFoundError
    return _rows([found])[0]


def findings_of(member_id: UUID) -> list[FindingRow]:
    """Return the findings of a country, the newest first."""
    return _rows(db.session.scalars(_newest_first().where(Finding.member_id == member_id)).all())


def open_findings() -> list[FindingRow]:
    """Return what is open in every country in reach, what is due first first."""
    found = (each for each in _rows(db.session.scalars(_newest_first()).all()) if each.standing.is_open)
    return sorted(
        found, key=lambda each: (each.standing.due_on is None, each.standing.due_on or each.finding.at.date())
    )


def countries_of(rows: Sequence[FindingRow]) -> dict[UUID, Member]:
    """Return the countries findings are about, by their ids."""
    wanted = sa.select(Member).where(Member.member_id.in_({each.member_id for each in rows}))
    return {each.member_id: each for each in db.session.scalars(wanted)}


def findings_in(snapshot_id: UUID) -> list[FindingRow]:
    """Return what was found in a snapshot, the newest first."""
    return _rows(db.session.scalars(_newest_first().where(Finding.snapshot_id == snapshot_id)).all())


def findings_named(text: str, *, most: int) -> list[tuple[FindingRow, Tenant]]:
    """Return the findings in reach whose number has a text in it, the newest first, each with its country."""
    wanted = _newest_first().where(Finding.ref_no.icontains(text, autoescape=True)).limit(most)
    rows = _rows(db.session.scalars(wanted).all())
    return [(each, db.session.get_one(Tenant, each.member_id)) for each in rows]


def find_finding(member_id: UUID, finding_id: UUID) -> Finding | None:
    """Return a finding alone, if it is here."""
    return db.session.get(Finding, (member_id, finding_id))


def next_ref_no(member_id: UUID, stem: str) -> str:
    """Return the next free number of a finding: F-QM-2026-01."""
    used = db.session.scalar(
        sa.select(sa.func.count()).where(
            Finding.member_id == member_id, Finding.ref_no.startswith(stem, autoescape=True)
        )
    )
    return f"{stem}{(used or 0) + 1:02d}"


def reviewers_of(snapshot_id: UUID) -> list[str]:
    """Return who reviewed answers of a snapshot, sorted."""
    return sorted(set(db.session.scalars(sa.select(ItemReview.actor).where(ItemReview.snapshot_id == snapshot_id))))


def proofs_of(report: ActionReport) -> list[Evidence]:
    """Return the evidence a report names."""
    return evidence_by_ids(report.member_id, [UUID(each) for each in report.evidence_ids])


def _newest_first() -> sa.Select[Finding]:
    return sa.select(Finding).order_by(Finding.at.desc(), Finding.id.desc())


def _rows(found: Sequence[Finding]) -> list[FindingRow]:
    if not found:
        return []
    steps, replies, actions, reports = (
        _by_finding(model, found) for model in (FindingStep, FindingReply, CorrectiveAction, ActionReport)
    )
    return [_row(each, steps[each.id], replies[each.id], actions[each.id], reports[each.id]) for each in found]


def _by_finding(model: Any, found: Sequence[Finding]) -> dict[UUID, list[Any]]:
    order = (model.place,) if model is FindingStep else (model.at, model.id)
    wanted = sa.select(model).where(
        model.member_id.in_({each.member_id for each in found}), model.finding_id.in_({each.id for each in found})
    )
    rows = defaultdict[UUID, list[Any]](list)
    for each in db.session.scalars(wanted.order_by(*order)):
        rows[each.finding_id].append(each)
    return rows


def _row(
    finding: Finding,
    steps: list[FindingStep],
    replies: list[FindingReply],
    actions: list[CorrectiveAction],
    reports: list[ActionReport],
) -> FindingRow:
    standing = rules.standing_of(
        rules.Issued(severity=finding.severity, due_on=finding.due_on),
        steps=[
            rules.Step(place=each.place, move=each.move, severity=each.severity, due_on=each.due_on, about=each.about)
            for each in steps
        ],
        replies=[rules.Row(id=each.id, at=each.at, reply=each.reply) for each in replies],
        actions=[rules.Row(id=each.id, at=each.at) for each in actions],
        reports=[rules.Row(id=each.id, at=each.at, about=each.action_id) for each in reports],
    )
    return FindingRow(
        finding=finding, steps=steps, replies=replies, actions=actions, reports=reports, standing=standing
    )
