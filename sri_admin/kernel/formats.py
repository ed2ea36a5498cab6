"""Dates, numbers, lists and names as the reader writes them (CLDR), with Latin digits unless asked otherwise."""

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from babel import Locale, dates, lists, numbers, units
from babel.core import UnknownLocaleError

from sri_admin.kernel import i18n

# Babel writes some dates with marks of direction in them; the page isolates values itself.
_MARKS: dict[int, int | str | None] = dict.fromkeys((0x200E, 0x200F, 0x061C))

_MEGABYTE = 1_000_000

# International English writes the day before the month and counts hours to 24.
_MANNERS = {"en": "en-GB"}


def _manner() -> Locale:
    return i18n.parsed(_MANNERS.get(i18n.locale(), i18n.locale()))


def date_long(value: date) -> str:
    """Write a date with the name of its month: 12 June 2026."""
    return dates.format_date(value, "long", locale=_manner()).translate(_MARKS)


def date_full(value: date) -> str:
    """Write a date with its weekday."""
    return dates.format_date(value, "full", locale=_manner()).translate(_MARKS)


def date_short(value: date) -> str:
    """Write a date as short as it stays unambiguous: 12 Jun 2026."""
    return dates.format_date(value, "medium", locale=_manner()).translate(_MARKS)


def month(value: date) -> str:
    """Write the month of a date: June 2026."""
    return dates.format_skeleton("yMMMM", value, locale=_manner()).translate(_MARKS)


def month_short(value: date) -> str:
    """Write the month of a date as short as a table needs it: Jun 2026."""
    return dates.format_skeleton("yMMM", value, locale=_manner()).translate(_MARKS)


def date_and_time(value: datetime, zone: str = "UTC") -> str:
    """Write a moment in a zone, naming UTC where it is meant."""
    local = value.astimezone(ZoneInfo(zone))
    day = dates.format_date(local, "medium", locale=_manner())
    hour = dates.format_time(local, "short", locale=_manner())
    joint = _manner().datetime_formats["medium"]
    text = joint.replace("'", "").format(hour, day).translate(_MARKS)
    return f"{text} UTC" if zone == "UTC" else text


def number(value: int) -> str:
    """Write a whole number with the reader's separators."""
    return numbers.format_decimal(value, locale=_manner()).translate(_MARKS)


def file_size(size: int) -> str:
    """Write a number of bytes in megabytes, small ones in kilobytes."""
    if size < _MEGABYTE:
        return units.format_unit(-(-size // 1000), "digital-kilobyte", "short", locale=_manner()).translate(_MARKS)
    amount = round(size / _MEGABYTE, 1)
    return units.format_unit(amount, "digital-megabyte", "short", locale=_manner()).translate(_MARKS)


def hour(value: time) -> str:
    """Write a local time of day: 18:30."""
    return dates.format_time(value, "short", locale=_manner()).translate(_MARKS)


def weekday(value: int) -> str:
    """Name a weekday by its number, 1 for Monday."""
    return dates.get_day_names("wide", context="stand-alone", locale=_manner())[value - 1]


def percent(value: float) -> str:
    """Write a share between 0 and 1."""
    return numbers.format_percent(value, locale=_manner()).translate(_MARKS)


def joined(items: Iterable[str]) -> str:
    """Join texts as a list is spoken: a, b and c."""
    return lists.format_list([str(item) for item in items], locale=_manner())


def country_name(code: str) -> str | None:
    """Name a country in the reader's language; None if CLDR does not know the code."""
    return i18n.parsed(i18n.locale()).territories.get(code)


def language_name(tag: str, *, own: bool = False) -> str:
    """Name a language in the reader's language, or in its own."""
    try:
        spoken = i18n.parsed(tag)
    except (UnknownLocaleError, ValueError):
        return tag
    name = spoken.get_display_name(spoken if own else i18n.parsed(i18n.locale()))
    return name or tag
