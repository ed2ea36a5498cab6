"""The one source of time: aware UTC, replaceable in tests and simulations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def _system() -> datetime:
    return datetime.now(UTC)


_clock: ContextVar[Clock] = ContextVar("clock", default=_system)


def now() -> datetime:
    """Return the present moment as an aware UTC datetime."""
    return _clock.get()()


def today(zone: str = "UTC") -> date:
    """Return the local date in an IANA time zone."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def running(clock: Clock) -> Iterator[None]:
    """Let another clock tell the time inside the block."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


def fixed(moment: datetime) -> Clock:
    """Make a clock that stands still."""
    return lambda: moment


def skewed(offset: timedelta) -> Clock:
    """Make a clock that runs ahead of (or behind) the present one by an offset."""
    inner = _clock.get()
    return lambda: inner() + offset


def wire(moment: datetime) -> str:
    """Write a moment as the protocol does: UTC, whole milliseconds, a Z at the end."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
