"""The rules of a programme (`programme/1`): what may be written in `programme.yaml`."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from shared.season.rules import Id, Rule, TimeZone, Titled
from shared.season.text import Text
from shared.season.time import to_unix_micros

Count = Annotated[int, Field(ge=0)]
Moments = Annotated[tuple[datetime, ...], Field(min_length=1, description="The moments of the results.")]
_DAY_OF_YEAR = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
MOST_YEARS = 99
LEAST_HIDDEN = 5
"""Figures that rest on fewer persons are hidden; 0 is shown."""


class Dated(Rule):
    """A part whose results are stated at moments."""

    at: Moments

    @property
    def moments(self) -> tuple[int, ...]:
        """The moments in microseconds, in the order in which they are listed."""
        return tuple(to_unix_micros(moment) for moment in self.at)


class SeasonOf(Rule):
    """A season of the programme: its folder, what its rounds count as, and whether its own awards give credits."""

    folder: Id
    levels: Annotated[dict[Id, Id], Field(default_factory=dict, description="By round.")]
    credits: bool = True


class AnnualReview(Rule):
    """The window of the annual review 年度复核, and what becomes of who misses it."""

    opens: str
    closes: str
    grace_days: Count = 0
    if_missing: Literal["removed"] | None = None

    @field_validator("opens", "closes")
    @classmethod
    def _day(cls, value: str) -> str:
        if not _DAY_OF_YEAR.fullmatch(value):
            raise ValueError("a day of the year is MM-DD")
        date.fromisoformat(f"2023-{value}")  # one that every year has
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes < self.opens:
            raise ValueError("closes before it opens")
        return self


class Renewal(Rule):
    """From when a renewal 续期 may be applied for, and until when it may still be decided."""

    opens_days_before: Count
    late_days: Count = 0


class DesignationKind(Titled):
    """A kind of designation 命名: who may hold it, for how long, and what keeps it."""

    unit_levels: Annotated[tuple[Id, ...], Field(min_length=1)]
    term_years: Annotated[int, Field(ge=1, le=MOST_YEARS)]
    annual_review: AnnualReview | None = None
    renewal: Renewal | None = None
    bar_years: Annotated[int, Field(ge=0, le=MOST_YEARS)] = 0


class Designations(Dated):
    """The kinds of designations that the programme gives."""

    kinds: Annotated[tuple[DesignationKind, ...], Field(min_length=1)]

    def kind(self, kind_id: str) -> DesignationKind | None:
        return next((kind for kind in self.kinds if kind.id == kind_id), None)


class Category(Rule):
    """A category of credits with what a student may have of it in a year."""

    title: Text
    cap: Annotated[Decimal, Field(ge=0, decimal_places=2)]


Points = Annotated[Decimal, Field(ge=0, decimal_places=2)]


class CreditLine(Rule):
    """What something is worth. The first line that fits counts."""

    event: Literal["participation", "award", "attendance"]
    series: Id | None = None
    level: Id | None = None
    designation: Id | None = None
    category: Id
    points: Points | None = None
    tiers: dict[Id, Points] | None = None

    @model_validator(mode="after")
    def _worth(self) -> Self:
        if (self.points is None) == (self.tiers is None):
            raise ValueError("a line has either points or tiers")
        if self.tiers is not None and self.event != "award":
            raise ValueError("tiers belong to awards")
        if self.designation is not None and self.event != "attendance":
            raise ValueError("a designation belongs to attendance")
        return self


class CreditYear(Rule):
    """The rules of an academic year 学年. They never change once it has begun."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    version: Annotated[int, Field(ge=1)]
    begins: Annotated[date, Field(alias="from")]
    ends: Annotated[date, Field(alias="until")]
    categories: Annotated[dict[Id, Category], Field(min_length=1)]
    cap: Annotated[Decimal, Field(ge=0, decimal_places=2)]
    lines: Annotated[tuple[CreditLine, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends < self.begins:
            raise ValueError("until is before from")
        return self


class ProgrammeCredits(Dated):
    """Whose students earn credits, in which grades, by the rules of which years."""

    units: Annotated[tuple[str, ...], Field(min_length=1)]
    grades: tuple[int, int]
    years: Annotated[tuple[CreditYear, ...], Field(min_length=1)]

    @field_validator("grades")
    @classmethod
    def _grades(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= value[0] <= value[1] <= 12:
            raise ValueError("grades are two of 1 to 12, the lower first")
        return value

    def year_of(self, day: date) -> CreditYear | None:
        """The academic year in which a day lies."""
        return next((year for year in self.years if year.begins <= day <= year.ends), None)

    def year(self, year_id: str) -> CreditYear:
        return next(year for year in self.years if year.id == year_id)


class IndicatorSeason(Rule):
    """The round of a season whose results are counted, and the year of its pupils."""

    folder: Id
    round: Id
    year: Annotated[str, Field(min_length=1, max_length=64)]


class Indicators(Rule):
    """For which levels figures are published. `prior`: how many entries the share of all units weighs."""

    levels: Annotated[tuple[Id, ...], Field(min_length=1)]
    prior: Count
    seasons: Annotated[tuple[IndicatorSeason, ...], Field(min_length=1)]


class Showcase(Dated):
    """The showcase, with the tags that items may have."""

    tags: tuple[Titled, ...] = ()


class Tasks(Dated):
    """The task list 任务清单."""


class Block(Titled):
    """A part of the ceremony: who is called, in which order of tiers, and how many stand on stage at once."""

    kind: Literal["student", "instructor", "unit"]
    round: Id | None = None
    tiers: tuple[Id, ...] = ()
    on_stage: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _awards(self) -> Self:
        of_students = self.kind == "student"
        if (self.round is not None) != of_students or bool(self.tiers) != of_students:
            raise ValueError("round and tiers belong to a block of students, and only to one")
        return self


class Ceremony(Dated):
    """The ceremony of a season: its blocks in order, and the moment of the honour roll."""

    season: Id
    honour_roll_at: datetime
    blocks: Annotated[tuple[Block, ...], Field(min_length=1)]


class AppointmentKind(Titled):
    """A kind of appointment 聘任. `most_units`: at how many units one person may be on any day."""

    unit_levels: Annotated[tuple[Id, ...], Field(min_length=1)]
    term_years: Annotated[int, Field(ge=1, le=MOST_YEARS)]
    most_units: Annotated[int, Field(ge=1)]


class Appointments(Dated):
    """The kinds of appointments that the programme makes."""

    kinds: Annotated[tuple[AppointmentKind, ...], Field(min_length=1)]


class Agreements(Dated):
    """The register of cooperation agreements 合作协议."""


class ProgrammeRules(Rule):
    """Everything that hosts fix of a programme."""

    format: Literal["programme/1"]
    programme: Titled
    hosts: Annotated[tuple[Text, ...], Field(min_length=1)]
    time_zone: TimeZone
    unit_levels: Annotated[tuple[Id, ...], Field(min_length=1)]
    seasons: tuple[SeasonOf, ...] = ()
    designations: Designations | None = None
    credits: ProgrammeCredits | None = None
    indicators: Indicators | None = None
    showcase: Showcase | None = None
    tasks: Tasks | None = None
    ceremony: Ceremony | None = None
    appointments: Appointments | None = None
    agreements: Agreements | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def season(self, folder: str) -> SeasonOf | None:
        return next((season for season in self.seasons if season.folder == folder), None)
