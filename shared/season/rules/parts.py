"""What every part of the rules is made of: ids, numbers and times of a size that people write."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.season.text import Text

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
PLACED = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""A component within its round."""


def _check_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{value} is not an IANA time zone") from error
    return value


TimeZone = Annotated[str, AfterValidator(_check_zone)]
Positive = Annotated[Decimal, Field(gt=0)]
Share = Annotated[Decimal, Field(gt=0, le=100)]
MOST_DIGITS, MOST_DECIMALS = 9, 9
YEARS = range(1900, 3000)
LONGEST_TERM = 366
"""Working days."""
MOST_MINUTES = 10_080
"""A week."""


class Rule(BaseModel):
    """A part of the rules. Keys that a newer release told are kept as they came."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @model_validator(mode="after")
    def _ordinary(self) -> Self:
        """Numbers and times are of a size that people write: `1e999999999` has a thousand million digits."""
        for name in type(self).model_fields:
            _check_ordinary(getattr(self, name))
        return self


def _check_ordinary(value: Any) -> None:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for item in value:
            _check_ordinary(item)
    elif isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -MOST_DECIMALS or value.adjusted() >= MOST_DIGITS:
            raise ValueError(f"a number of more than {MOST_DIGITS} digits or {MOST_DECIMALS} decimals")
    elif isinstance(value, int):
        if abs(value) >= 10**MOST_DIGITS:
            raise ValueError(f"a number of more than {MOST_DIGITS} digits")
    elif isinstance(value, date) and value.year not in YEARS:
        raise ValueError(f"a year outside {YEARS[0]} to {YEARS[-1]}")


def unknown_keys(value: Any, path: str = "") -> Iterator[str]:
    """The paths of the keys that this release does not know, within rules that were told by a newer one."""
    if isinstance(value, Rule):
        yield from (f"{path}{key}" for key in value.model_extra or {})
        value = {name: getattr(value, name) for name in type(value).model_fields}
    elif isinstance(value, tuple):
        value = dict(enumerate(value))
    for key, item in value.items() if isinstance(value, dict) else ():
        yield from unknown_keys(item, f"{path}{key}.")


class Titled(Rule):
    id: Id
    title: Text


class Window(Rule):
    """A period. Both its ends belong to it."""

    opens: datetime
    closes: datetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes < self.opens:
            raise ValueError("closes before it opens")
        return self


class Slot(Rule):
    """One line of the timeline: a window, a day, a deadline, or a term for deciding."""

    opens: datetime | None = None
    closes: datetime | None = None
    on: date | None = None
    decided_within_working_days: Annotated[int, Field(ge=1)] | None = None

    @field_validator("decided_within_working_days")
    @classmethod
    def _within_a_year(cls, value: int | None) -> int | None:
        if value and value > LONGEST_TERM:
            raise ValueError(f"at most {LONGEST_TERM} working days")
        return value

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("nothing is stated")
        if self.opens and self.closes and self.closes < self.opens:
            raise ValueError("closes before it opens")
        return self
