"""Working days 工作日 of a season: Monday to Friday less holidays plus extra workdays 调休."""

from datetime import date, timedelta

from shared.season.days import after, day_of
from shared.season.rules import Calendar, SeasonRules


def is_working(calendar: Calendar, day: date) -> bool:
    """Whether people work on this day."""
    if day in calendar.extra_workdays:
        return True
    if day.weekday() >= 5:
        return False
    for period in calendar.holidays:
        first, _, last = period.partition("/")
        if date.fromisoformat(first) <= day <= date.fromisoformat(last or first):
            return False
    return True


def after_working_days(rules: SeasonRules, since: int, days: int) -> int:
    """The end of the working day that is so many after the day of `since`, in the season's time zone.

    Times are microseconds UTC. The day itself does not count.
    """
    day = day_of(since, rules.zone)
    while days > 0:
        day += timedelta(days=1)
        days -= is_working(rules.calendar, day)
    return after(day, rules.zone) - 1


def term(rules: SeasonRules, name: str, otherwise: int) -> int:
    """How many working days the season gives for something, by its timeline."""
    slot = rules.timeline.get(name)
    return slot.decided_within_working_days or otherwise if slot else otherwise
