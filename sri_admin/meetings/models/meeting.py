"""A meeting that takes place again and again, and the steps it took; who leads it stays at home."""

from datetime import date, datetime, time
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock
from sri_admin.kernel.db import Base, Versioned, enum_column
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.kernel.text import Text
from sri_admin.meetings.rules.meeting import Access, MeetingState, Reason, Settlement, Step, Venue
from sri_admin.members.models.member import same_tenant
from sri_admin.members.rules.agreement import ProgrammeType


class Meeting(Versioned, OfTenant, Base):
    """A meeting with its present schedule; whoever serves the member writes it."""

    __tablename__ = "meeting"
    __table_args__ = (
        same_tenant("community_id", "community"),
        sa.CheckConstraint("weekday between 1 and 7 and every_weeks in (1, 2)", name="weeks"),
        sa.CheckConstraint("minutes between 15 and 600", name="minutes"),
        sa.CheckConstraint("(reason is not null) = (state in ('on_hold', 'closed'))", name="reason"),
        sa.CheckConstraint(
            "expected_return is null or (state = 'on_hold' and expected_return > state_since)", name="return"
        ),
        sa.CheckConstraint("opened_on is not null or state not in ('active', 'on_hold')", name="opened"),
        sa.Index("ix_meeting_state", "member_id", "state", "confirmed_on"),
        sa.Index("ix_meeting_when", "member_id", "weekday", "starts_at", "id"),
        sa.Index("ix_meeting_community_id", "member_id", "community_id"),
        sa.Index("ix_meeting_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
        {"info": {"tenancy": TENANT}},
    )
    community_id: Mapped[UUID]
    names: Mapped[Text]
    programme_type: Mapped[ProgrammeType] = enum_column(ProgrammeType)
    audience: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()), comment="empty: everybody")
    languages: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text()))
    venue: Mapped[Venue] = enum_column(Venue)
    settlement: Mapped[Settlement] = enum_column(Settlement)
    access: Mapped[Access] = enum_column(Access)
    weekday: Mapped[int] = mapped_column(comment="1 is Monday")
    starts_at: Mapped[time] = mapped_column(comment="local time")
    minutes: Mapped[int]
    time_zone: Mapped[str] = mapped_column(comment="IANA name")
    first_on: Mapped[date] = mapped_column(comment="from this day on the schedule counts")
    every_weeks: Mapped[int]
    state: Mapped[MeetingState] = enum_column(MeetingState)
    state_since: Mapped[date]
    reason: Mapped[Reason | None] = enum_column(Reason)
    expected_return: Mapped[date | None]
    opened_on: Mapped[date | None] = mapped_column(comment="first day on which it was active")
    confirmed_on: Mapped[date | None] = mapped_column(comment="when somebody last said that it runs")
    search: Mapped[str] = mapped_column(default="", server_default="", comment="folded names; does not travel")


class MeetingEvent(OfTenant, Base):
    """One step in the life of a meeting; append-only, it travels with the meeting."""

    __tablename__ = "meeting_event"
    __table_args__ = (
        same_tenant("meeting_id", "meeting"),
        sa.CheckConstraint(
            "(step, from_state, to_state) in (('approve', 'proposed', 'approved'),"
            " ('send_back', 'approved', 'proposed'), ('activate', 'approved', 'active'),"
            " ('hold', 'active', 'on_hold'), ('resume', 'on_hold', 'active'), ('close', 'proposed', 'closed'),"
            " ('close', 'approved', 'closed'), ('close', 'active', 'closed'), ('close', 'on_hold', 'closed'),"
            " ('reopen', 'closed', 'approved'), ('confirm', 'active', 'active'))",
            name="step",
        ),
        sa.CheckConstraint("(reason is not null) = (step in ('send_back', 'hold', 'close', 'reopen'))", name="reason"),
        sa.CheckConstraint("expected_return is null or (step = 'hold' and expected_return > \"on\")", name="return"),
        sa.CheckConstraint("number > 0", name="number"),
        sa.UniqueConstraint("member_id", "meeting_id", "number", deferrable=True, initially="DEFERRED"),
        {"info": {"tenancy": TENANT, "append_only": True, "steps_back": True}},
    )
    meeting_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(comment="1 is the first step of the meeting")
    step: Mapped[Step] = enum_column(Step)
    from_state: Mapped[MeetingState] = enum_column(MeetingState)
    to_state: Mapped[MeetingState] = enum_column(MeetingState)
    on: Mapped[date]
    reason: Mapped[Reason | None] = enum_column(Reason)
    expected_return: Mapped[date | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class PastSchedule(OfTenant, Base):
    """A schedule a meeting had until the day before its next one began; append-only, it travels with the meeting."""

    __tablename__ = "meeting_past_schedule"
    __table_args__ = (
        same_tenant("meeting_id", "meeting"),
        sa.CheckConstraint("weekday between 1 and 7 and every_weeks in (1, 2)", name="weeks"),
        sa.CheckConstraint("minutes between 15 and 600", name="minutes"),
        sa.Index("ix_meeting_past_schedule_meeting_id", "member_id", "meeting_id", "first_on"),
        {"info": {"tenancy": TENANT, "append_only": True, "steps_back": True}},
    )
    meeting_id: Mapped[UUID]
    weekday: Mapped[int]
    starts_at: Mapped[time]
    minutes: Mapped[int]
    time_zone: Mapped[str]
    first_on: Mapped[date]
    every_weeks: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor: Mapped[str]
    role: Mapped[str]


class MeetingLeader(OfTenant, Base):
    """An account that leads a meeting from one day to another; it stays at the installation of the account.

    It names the meeting without a key: lines that are taken back must not be held up by what stays at home.
    """

    __tablename__ = "meeting_leader"
    __table_args__ = (
        sa.Index(
            "uq_meeting_leader_now",
            "member_id",
            "meeting_id",
            "account_id",
            unique=True,
            postgresql_where=sa.text("ended_on is null"),
        ),
        sa.Index("ix_meeting_leader_account_id", "member_id", "account_id"),
        sa.CheckConstraint("ended_on is null or ended_on >= since", name="dates"),
        {"info": {"tenancy": TENANT}},
    )
    meeting_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id"))
    since: Mapped[date]
    ended_on: Mapped[date | None]
