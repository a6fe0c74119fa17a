"""Times as they are kept and written: whole microseconds since 1970 in UTC, and the text of a file or a form."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MOMENT = (
    r"^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$"
)
"""How a time is written, for schemas."""
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"
_MOMENT = re.compile(MOMENT, re.ASCII)
_MONTH = re.compile(MONTH, re.ASCII)


def to_unix_micros(moment: datetime) -> int:
    """Whole microseconds since 1970 in UTC. Times that decide are kept this way: BSON dates drop microseconds."""
    return (moment - EPOCH) // MICROSECOND


def from_unix_micros(value: int) -> datetime:
    """The aware UTC time of these microseconds."""
    return EPOCH + timedelta(microseconds=value)


def parse_moment(cell: str, zone: ZoneInfo) -> int | None:
    """Microseconds of `YYYY-MM-DDThh:mm:ss[.f][Z|±hh:mm]`; without an offset in `zone`. None if it is no time."""
    if not _MOMENT.fullmatch(cell):
        return None
    try:
        parsed = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return to_unix_micros(parsed if parsed.tzinfo else parsed.replace(tzinfo=zone))


def is_month(cell: str) -> bool:
    """Whether the cell is a month `YYYY-MM`."""
    return _MONTH.fullmatch(cell) is not None
