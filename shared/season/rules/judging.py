"""How works are judged: rubrics, components, scoring, rounds and who goes on."""

import re
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from shared.season.rules.awards import TIE_KEYS, Awards, SpecialAward
from shared.season.rules.parts import Id, Positive, Rule, Titled, Window
from shared.season.text import Text


class Level(Rule):
    """A level description 等级说明: what a score of a criterion means, from so many points on to where the next higher level begins."""

    points: Annotated[Decimal, Field(ge=0, description="From which score on.")]
    title: Annotated[Text | None, Field(description="What the level is called, such as: excellent.")] = None
    text: Annotated[Text, Field(description="What a work of this level is like.")]


class Criterion(Titled):
    """One line of a rubric. `max` is the weight unless it is given."""

    weight: Positive
    max: Positive | None = None
    levels: Annotated[
        tuple[Level, ...],
        Field(max_length=8, description="Descriptions of levels, the highest first; for judges to read."),
    ] = ()

    @model_validator(mode="after")
    def _levels_fall(self) -> Self:
        points = [level.points for level in self.levels]
        if any(lower >= higher for higher, lower in pairwise(points)):
            raise ValueError("levels fall from the highest to the lowest")
        if points and points[0] > self.full:
            raise ValueError("levels begin within what the criterion is out of")
        return self

    def level_at(self, score: Decimal) -> Level | None:
        """The level of a score, if it has one."""
        reached = (level for level in self.levels if level.points <= score <= self.full)
        return next(reached, None)

    @property
    def full(self) -> Decimal:
        return self.weight if self.max is None else self.max


MOST_CRITERIA = 20
"""Of a rubric."""


class Panel(Rule):
    """How the ballots of one entry become one value."""

    ballots: Annotated[int, Field(ge=1)]
    method: Literal["mean", "trimmed-mean", "z-score"]
    drop_high: Annotated[int, Field(ge=0)] = 0
    drop_low: Annotated[int, Field(ge=0)] = 0
    min_ballots: Annotated[int, Field(ge=1)] = 1
    spread_review: Positive | None = None
    without_severity: Annotated[
        bool, Field(description="With `mean`: each judge's severity, by an additive model, is taken out first.")
    ] = False
    center: Decimal | None = None
    scale: Positive | None = None

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.method == "z-score" and (self.center is None or self.scale is None):
            raise ValueError("z-score needs center and scale")
        if self.without_severity and self.method != "mean":
            raise ValueError("without_severity goes with mean")
        if self.method == "trimmed-mean" and self.drop_high + self.drop_low >= self.min_ballots:
            raise ValueError("min_ballots must be above drop_high + drop_low")
        return self


class Runs(Rule):
    count: Annotated[int, Field(ge=1)]
    take: Literal["best", "sum", "mean"]
    max: Positive


class Test(Rule):
    __test__ = False
    max: Positive


class Component(Rule):
    """One part of a round's score: the ballots of a panel on a rubric, runs, or a test."""

    id: Id
    weight: Positive
    panel: Id | None = None
    rubric: Id | None = None
    runs: Runs | None = None
    test: Test | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [self.panel is not None or self.rubric is not None, self.runs is not None, self.test is not None]
        if sum(kinds) != 1:
            raise ValueError("a component is one of panel with rubric, runs, or test")
        if kinds[0] and not (self.panel and self.rubric):
            raise ValueError("panel and rubric belong together")
        return self


class Scoring(Rule):
    components: Annotated[tuple[Component, ...], Field(min_length=1)]
    ties: tuple[str, ...] = ()

    @field_validator("ties")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for key in value:
            if key not in TIE_KEYS and not re.fullmatch(r"(criteria|component):.+", key):
                raise ValueError(f"{key} is not a tie key")
        return value


class Advance(Rule):
    """Who goes on to the next round."""

    to: Id
    places: dict[Id, dict[Id, Annotated[int, Field(ge=0)]]]
    share_among: Id | None = None
    base: Annotated[int, Field(ge=0)] = 0
    remainder_ties: tuple[Literal["entries", "schools", "draw"], ...] = ()
    draw: tuple[Id, ...] = ()
    per_school: Annotated[int, Field(ge=1)] | None = None
    ties_at_line: Literal["include", "earliest-submission"] = "earliest-submission"
    replacements_until: datetime | None = None


class Round(Titled):
    """A round 轮次 with its own judging, scoring and awards.

    With `new_judges`, whoever scored an entry in an earlier round does not score it again in this one.
    """

    heats: Id | None = None
    new_judges: bool = False
    judging: Window
    scoring: dict[Id, Scoring]
    awards: Awards | None = None
    special: tuple[SpecialAward, ...] = ()
    advance: Advance | None = None
