"""The logs of evenings: of each evening the latest one counts."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from sri_admin.kernel.db import db
from sri_admin.meetings.models.log import MeetingLog
from sri_admin.meetings.models.meeting import Meeting
from sri_admin.meetings.rules.log import Outcome

Evening = tuple[UUID, date]


def current_logs(
    member_id: UUID, since: date, until: date, *, meetings: Collection[UUID] | None = None
) -> dict[Evening, MeetingLog]:
    """Return by meeting and date the logs that count, from one day to another."""
    latest = aliased(MeetingLog, latest_logs(member_id, since, until, meetings=meetings))
    found = db.session.scalars(sa.select(latest).where(latest.outcome != Outcome.TAKEN_BACK))
    return {(each.meeting_id, each.on): each for each in found}


def latest_logs(member_id: UUID, since: date, until: date, *, meetings: Collection[UUID] | None = None) -> sa.Subquery:
    """Select the latest log of each evening from one day to another, also where it says that nothing was logged."""
    wanted = sa.select(MeetingLog).where(
        MeetingLog.member_id == member_id, MeetingLog.on >= since, MeetingLog.on <= until
    )
    if meetings is not None:
        wanted = wanted.where(MeetingLog.meeting_id.in_(meetings))
    return (
        wanted.ext(distinct_on(MeetingLog.meeting_id, MeetingLog.on))
        .order_by(MeetingLog.meeting_id, MeetingLog.on, MeetingLog.revision.desc())
        .subquery()
    )


def find_log(meeting: Meeting, on: date) -> MeetingLog | None:
    """Return the log of an evening that counts, if there is one."""
    return current_logs(meeting.member_id, on, on, meetings=[meeting.id]).get((meeting.id, on))


def last_revision(meeting: Meeting, on: date) -> int:
    """Return how often an evening was logged, what was taken back included."""
    wanted = sa.select(sa.func.max(MeetingLog.revision)).where(
        MeetingLog.member_id == meeting.member_id, MeetingLog.meeting_id == meeting.id, MeetingLog.on == on
    )
    return db.session.scalar(wanted) or 0
