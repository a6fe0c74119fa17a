"""What is awarded: tiers, special awards, instructors, units, credits."""

import re
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from shared.season.rules.parts import Id, Positive, Rule, Share, Titled
from shared.season.text import Text

TIE_KEYS = ("best-run-time", "second-run", "mass", "total-time", "penalties", "previous-score", "earliest-submission")


class Tier(Titled):
    """An award tier 等次 by cumulative share in percent or by a count of its own, by minimum score, or both."""

    cumulative: Share | None = None
    places: Annotated[int, Field(ge=0, description="A fixed number of places instead of a share.")] | None = None
    most: Annotated[int, Field(ge=0, description="Never more places than these, whatever the share.")] | None = None
    min_score: Annotated[Decimal, Field(ge=0)] | None = None


class Awards(Rule):
    """Which ranked entries of a group and heat get which tier."""

    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    rule: Literal["shares", "bands"] = "shares"
    base: Literal["scored", "valid"] = "scored"
    min_first: Annotated[int, Field(ge=0)] = 0
    min_entries: Annotated[int, Field(ge=0)] = 0
    ties_across_line: Literal["down", "up", "include"] = "down"
    otherwise: Titled | None = None

    @model_validator(mode="after")
    def _tiers(self) -> Self:
        if self.rule == "bands":
            if any(tier.min_score is None for tier in self.tiers):
                raise ValueError("bands need a min_score in each tier")
            return self
        if any((tier.cumulative is None) == (tier.places is None) for tier in self.tiers):
            raise ValueError("shares need either cumulative or places in each tier")
        shares = [tier.cumulative for tier in self.tiers if tier.cumulative is not None]
        if any(b < a for a, b in pairwise(shares)):
            raise ValueError("cumulative shares fall")
        return self


class SpecialAward(Titled):
    """A special award 专项奖: the best by one measure, beside the tiers.

    `by` is `score`, `component:<id>`, or a tie key of the tracks it is for.
    """

    by: str = "score"
    tracks: Annotated[tuple[Id, ...], Field(description="Absent: all.")] = ()
    divisions: Annotated[tuple[Id, ...], Field(description="Absent: all.")] = ()
    per: Annotated[
        Literal["round", "track", "group"], Field(description="Among whom the places are given, each time anew.")
    ] = "round"
    places: Annotated[int, Field(ge=1)] = 1
    min_score: Annotated[Decimal, Field(ge=0, description="Of the whole entry.")] | None = None
    not_with: Annotated[
        tuple[Id, ...], Field(description="Tiers and earlier special awards whose holders are passed over.")
    ] = ()
    ties_across_line: Literal["down", "include"] = "include"

    @field_validator("by")
    @classmethod
    def _measure(cls, value: str) -> str:
        if value != "score" and value not in TIE_KEYS and not re.fullmatch(r"(criteria|component):.+", value):
            raise ValueError(f"{value} is not a measure")
        return value


class InstructorAward(Rule):
    """优秀指导教师: points by tier and place of the instructor on the entry."""

    round: Id
    points: dict[Id, Annotated[Decimal, Field(ge=0)]]
    share: Annotated[tuple[Annotated[Decimal, Field(ge=0)], ...], Field(min_length=1)]
    automatic: tuple[Id, ...] = ()
    places: Annotated[int, Field(ge=0)]


class SummaryItem(Rule):
    """One thing that a unit's summary is scored for."""

    id: Id
    max: Positive
    title: Annotated[Text | None, Field(description="What it is called on pages; absent: its id.")] = None


class Eligible(Rule):
    min_entries: Annotated[int, Field(ge=0)] = 0
    min_tracks: Annotated[int, Field(ge=0)] = 0
    summary_by: datetime | None = None
    no_violation: bool = False


class ValuePart(Rule):
    of: Literal["entries", "points", "summary"]
    weight: Positive
    full_at: Positive | None = None


class Recommend(Rule):
    level: Id
    places: Annotated[int, Field(ge=0)]
    exceptions: Annotated[dict[Id, Annotated[int, Field(ge=0)]], Field(alias="except")] = {}


class Bodies(Rule):
    level: Id
    places: Annotated[int, Field(ge=0)]
    min_eligible: Annotated[int, Field(ge=1)] = 1


class UnitAward(Rule):
    """优秀组织单位: a value from entries, points and the unit's summary."""

    round: Id
    level: Id
    points: dict[Id, Annotated[Decimal, Field(ge=0)]]
    summary: tuple[SummaryItem, ...] = ()
    eligible: Eligible = Eligible()
    value: Annotated[tuple[ValuePart, ...], Field(min_length=1)]
    recommend: Recommend | None = None
    places: Annotated[int, Field(ge=0)]
    bodies: Bodies | None = None

    @model_validator(mode="after")
    def _full(self) -> Self:
        for part in self.value:
            if part.of != "summary" and part.full_at is None:
                raise ValueError(f"value of {part.of} needs full_at")
            if part.of == "summary" and not self.summary:
                raise ValueError("value of summary needs summary items")
        return self


class Credits(Rule):
    units: tuple[Id, ...]
    grades: tuple[int, int]
    rounds: dict[Id, dict[Id, Annotated[Decimal, Field(ge=0)]]]
    participation: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    highest_only_per: Literal["track"] = "track"
    cap: Positive
