"""Days and terms in years.

Dates are days, never midnights: terms, due days and enrolments are dates. A day begins at 00:00 and ends at 24:00 in the
time zone of the season or programme, so "until the 16th" is until the last microsecond of the 16th. Moments are microseconds in UTC.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.season.rules import YEARS
from shared.season.time import from_unix_micros, to_unix_micros

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_day(cell: str) -> date | None:
    """The day of `YYYY-MM-DD`, or None."""
    if not _DAY.fullmatch(cell):
        return None
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def term_end(first: date, years: int) -> date:
    """The last day of a term 期限 of so many years: the corresponding day of that year, or the last day of its month where
    there is none (Civil Code of China, article 202). Holidays do not move it.
    """
    year = first.year + years
    return date(year, first.month, min(first.day, monthrange(year, first.month)[1]))


def day_of(moment: int, zone: ZoneInfo) -> date:
    """The day in which a moment lies."""
    return from_unix_micros(moment).astimezone(zone).date()


def start_of(day: date, zone: ZoneInfo) -> int:
    """The first microsecond of a day."""
    return to_unix_micros(datetime.combine(day, time.min, zone).astimezone(UTC))


def after(day: date, zone: ZoneInfo) -> int:
    """The first microsecond after a day."""
    return start_of(day + timedelta(days=1), zone)


def written(moment: int) -> str:
    """A moment as results state it: UTC, with microseconds."""
    return from_unix_micros(moment).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
