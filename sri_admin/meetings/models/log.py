"""What came of an evening: kept where it was entered, and in no stream."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.meetings.rules.log import Outcome


class MeetingLog(OfTenant, Base):
    """The log of one evening of one meeting; append-only, the latest of an evening is the one that counts.

    It names the meeting without a key: a log is never lost because a line of the meeting was taken back.
    """

    __tablename__ = "meeting_log"
    __table_args__ = (
        sa.CheckConstraint("people between 0 and 999 and first_time between 0 and 999", name="numbers"),
        sa.CheckConstraint("first_time <= people", name="first_time"),
        sa.CheckConstraint(
            "case when outcome in ('held', 'held_online') then people is null or people > 0"
            " when outcome = 'nobody_came' then coalesce(people, -1) = 0 and coalesce(first_time, -1) = 0"
            " else people is null and first_time is null end",
            name="outcome",
        ),
        sa.CheckConstraint("revision > 0", name="revision"),
        sa.UniqueConstraint("member_id", "meeting_id", "on", "revision"),
        sa.Index("ix_meeting_log_on", "member_id", "on"),
        {"info": {"tenancy": TENANT, "append_only": True}},
    )
    meeting_id: Mapped[UUID]
    on: Mapped[date] = mapped_column(comment="the date where the meeting is")
    revision: Mapped[int] = mapped_column(comment="1 is the first log of the evening; the highest one counts")
    outcome: Mapped[Outcome] = enum_column(Outcome)
    people: Mapped[int | None] = mapped_column(comment="without facilitators; null: not counted")
    first_time: Mapped[int | None] = mapped_column(comment="null: not counted")
    led_by: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]
