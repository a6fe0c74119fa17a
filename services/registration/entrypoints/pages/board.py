"""The curve of a registration: entries begun and handed in, hour by hour, as coordinates for a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.season.time import from_unix_micros

HOUR = 3_600_000_000
POINTS = 120
GRID_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal line of the grid: its value and its height in percent from above."""

    value: int
    y: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Paths in a box of 100 by 100, and the numbers behind them by day."""

    begun: str
    sent: str
    grid: tuple[Line, ...]
    days: tuple[tuple[str, int, int], ...]
    total_begun: int
    total_sent: int
    last_hour: int
    """Handed in during the last hour that has passed before the deadline or now."""


def curve(hours: Sequence[tuple[int, int, int]], opens: int, closes: int, now: int, zone: str) -> Curve:
    """The cumulative counts from the opening to the deadline, or to now while it is open."""
    first, last = opens // HOUR, max(min(closes, now), opens + HOUR) // HOUR
    begun, sent = sum(b for _, b, _ in hours), sum(s for _, _, s in hours)
    top, grid = _scale(max(begun, sent, 1))
    width = max(last - first, 1)
    step = max(1, width // POINTS)
    marks = list(dict.fromkeys([*range(first, last + 1, step), last]))
    counted = [(mark, _until(hours, mark, 1), _until(hours, mark, 2)) for mark in marks]

    def path(column: int) -> str:
        points = (f"{100 * (point[0] - first) / width:.2f} {100 - 100 * point[column] / top:.2f}" for point in counted)
        return "M" + " L".join(points)

    days: dict[str, tuple[int, int]] = {}
    for hour, b, s in hours:
        day = f"{from_unix_micros(hour * HOUR).astimezone(ZoneInfo(zone)):%Y-%m-%d}"
        before = days.get(day, (0, 0))
        days[day] = (before[0] + b, before[1] + s)
    return Curve(
        path(1),
        path(2),
        grid,
        tuple((day, b, s) for day, (b, s) in sorted(days.items())),
        begun,
        sent,
        sum(s for hour, _, s in hours if hour == (min(closes, now) - 1) // HOUR),
    )


def _until(hours: Sequence[tuple[int, int, int]], mark: int, column: int) -> int:
    return sum(hour[column] for hour in hours if hour[0] <= mark)


def _scale(most: int) -> tuple[int, tuple[Line, ...]]:
    """A round number above `most`, and about four lines below it."""
    size = 1
    while True:
        for factor in GRID_STEPS:
            step = size * factor
            if step * 5 >= most:
                top = -(-most // step) * step
                return top, tuple(Line(value, 100 - 100 * value / top) for value in range(step, top + 1, step))
        size *= 10
