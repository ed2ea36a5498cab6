"""Dates, numbers, lists and names as the reader writes them (CLDR), with Latin digits unless asked otherwise."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import dates, lists, numbers
from babel.core import UnknownLocaleError

from sri_admin.kernel import i18n

# Babel writes some dates with marks of direction in them; the page isolates values itself.
_MARKS: dict[int, int | str | None] = dict.fromkeys((0x200E, 0x200F, 0x061C))


def date_long(value: date) -> str:
    """Write a date with the name of its month: 12 June 2026."""
    return dates.format_date(value, "long", locale=i18n.parsed(i18n.locale())).translate(_MARKS)


def date_full(value: date) -> str:
    """Write a date with its weekday."""
    return dates.format_date(value, "full", locale=i18n.parsed(i18n.locale())).translate(_MARKS)


def date_short(value: date) -> str:
    """Write a date as short as it stays unambiguous: 12 Jun 2026."""
    return dates.format_date(value, "medium", locale=i18n.parsed(i18n.locale())).translate(_MARKS)


def date_and_time(value: datetime, zone: str = "UTC") -> str:
    """Write a moment in a zone, naming UTC where it is meant."""
    local = value.astimezone(ZoneInfo(zone))
    text = dates.format_datetime(local, "medium", locale=i18n.parsed(i18n.locale())).translate(_MARKS)
    return f"{text} UTC" if zone == "UTC" else text


def number(value: int) -> str:
    """Write a whole number with the reader's separators."""
    return numbers.format_decimal(value, locale=i18n.parsed(i18n.locale())).translate(_MARKS)


def percent(value: float) -> str:
    """Write a share between 0 and 1."""
    return numbers.format_percent(value, locale=i18n.parsed(i18n.locale())).translate(_MARKS)


def joined(items: Iterable[str]) -> str:
    """Join texts as a list is spoken: a, b and c."""
    return lists.format_list([str(item) for item in items], locale=i18n.parsed(i18n.locale()))


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
