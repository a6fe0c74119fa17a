"""What seasons of units have beside: material, statistics, recommendation, self-assessment, check-in, designation."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from shared.season.rules.parts import LONGEST_TERM, MOST_MINUTES, PLACED, Id, Rule, Titled, Window
from shared.season.rules.questions import Ending

ASSESSED_MAX = 100
"""What the test component is out of whose score is the verified total of a self-assessment."""
MOST_ROUNDS = 9
"""Of returning one item."""


class Sample(Rule):
    """Which items of a self-assessment are verified 抽查: some of each entry's, in an order that nobody chooses."""

    share: Annotated[
        str,
        Field(
            pattern=r"^(\d{1,3}/[1-9]\d{0,2}|\d{1,3}(\.\d{1,9})?)$",
            description="Of the items of an entry, such as 1/3; rounded up.",
        ),
    ]
    seed: Annotated[str, Field(min_length=1, max_length=100, description="Published; the order follows from it.")]
    full_from: Annotated[
        Decimal | None, Field(ge=0, description="From which total on every item is verified. Absent: from none.")
    ] = None

    @field_validator("share", mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float | Decimal) else value

    @field_validator("share")
    @classmethod
    def _part(cls, value: str) -> str:
        if Fraction(value) > 1:
            raise ValueError("at most all")
        return value


class SelfAssessment(Rule):
    """Self-assessment 自评: entries score themselves by item, some items are verified, and the verified total is a test score."""

    rubric: Annotated[Id, Field(description="Its criteria are the items.")]
    component: Annotated[
        str, Field(pattern=PLACED, description="`ROUND.ID` of the test component whose score is the verified total.")
    ]
    review: Annotated[
        str, Field(pattern=PLACED, description="`ROUND.ID` of the panel component that self-scores are compared with.")
    ]
    window: Annotated[Window, Field(description="When entries score themselves.")]
    verification: Annotated[Window, Field(description="When sampled items are verified.")]
    sample: Sample
    rounds: Annotated[int, Field(ge=0, le=MOST_ROUNDS, description="How often an item may be returned.")] = 2
    revision_days: Annotated[int, Field(ge=1, le=LONGEST_TERM, description="Calendar days after the day of a return.")]
    flag_over: Annotated[Decimal, Field(ge=0, description="Points of difference above which a self-score is marked.")]

    def is_component(self, round_id: str, component: str) -> bool:
        """Whether the verified total is the score of this component."""
        return self.component == f"{round_id}.{component}"


class MediaKind(Rule):
    """A kind of material 活动素材: files of some types, or addresses on the web where no types are stated."""

    types: Annotated[
        tuple[Ending, ...], Field(description="What a file's name ends in. Absent: an address, no file.")
    ] = ()
    max_mib: Annotated[int, Field(ge=1, le=4096, description="Of one file.")] | None = None
    most: Annotated[int, Field(ge=1, description="Of one entry. Absent: any number.")] | None = None

    @model_validator(mode="after")
    def _of_files(self) -> Self:
        if self.max_mib is not None and not self.types:
            raise ValueError("max_mib goes with types")
        return self


class Media(Rule):
    """Material of the entries: pictures, posters, videos, news. What comes after `closes` is kept and does not count."""

    closes: datetime
    grace_until: Annotated[
        datetime | None, Field(description="Until when it is still taken. Absent: until closes.")
    ] = None
    kinds: Annotated[dict[Id, MediaKind], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.grace_until and self.grace_until < self.closes:
            raise ValueError("grace_until is before closes")
        return self

    @property
    def until(self) -> datetime:
        """Until when material is taken."""
        return self.grace_until or self.closes


StatisticOf = Literal["count", "sum", "media"]
"""What a statistic counts: entries, what they answer to a field of numbers, or material that came in time."""


class Statistic(Titled):
    """A figure of a unit's work 单位统计, of all entries of the unit and of those below it."""

    of: StatisticOf
    field: Annotated[Id | None, Field(description="Of a sum: the field whose numbers are added.")] = None
    kinds: Annotated[tuple[Id, ...], Field(description="Of material: which kinds. Absent: all.")] = ()
    tracks: Annotated[tuple[Id, ...], Field(description="Absent: all.")] = ()
    where: Annotated[dict[Id, str], Field(description="Only entries that answer so: field and answer.")] = {}

    @model_validator(mode="after")
    def _of_one_thing(self) -> Self:
        if (self.of == "sum") != (self.field is not None):
            raise ValueError("field goes with sum")
        if self.kinds and self.of != "media":
            raise ValueError("kinds goes with media")
        return self


class Recommendation(Rule):
    """Which units forward entries, level by level from below, how many of a track, and when 推荐.

    `except` states other numbers for some units.
    """

    levels: Annotated[tuple[Id, ...], Field(min_length=1, description="From below upwards.")]
    windows: Annotated[dict[Id, Window], Field(description="By level: when its units act.")]
    quota: Annotated[
        dict[Id, dict[Id, Annotated[int, Field(ge=0)]]],
        Field(description="By level and track: how many a unit forwards. Absent: any number."),
    ] = {}
    exceptions: Annotated[dict[Id, dict[Id, Annotated[int, Field(ge=0)]]], Field(alias="except")] = {}
    tracks: Annotated[tuple[Id, ...], Field(description="Absent: all.")] = ()
    resubmit_working_days: Annotated[
        int, Field(ge=0, le=LONGEST_TERM, description="How long an entry that was returned may be acted upon besides.")
    ] = 0

    def concerns(self, track: str) -> bool:
        """Whether entries of this track have to be recommended."""
        return not self.tracks or track in self.tracks

    def places_of(self, level: str, unit: str, track: str) -> int | None:
        """How many entries of a track a unit of this level forwards; None is any number."""
        return self.exceptions.get(unit, {}).get(track, self.quota.get(level, {}).get(track))


class Attendance(Rule):
    """From how many minutes before a session 场次 of an activity until how many after it people check in 签到."""

    opens_minutes_before: Annotated[int, Field(ge=0, le=MOST_MINUTES)]
    closes_minutes_after: Annotated[int, Field(ge=0, le=MOST_MINUTES)]


class DesignationBySeason(Rule):
    """Whoever is awarded this tier in the last round is named 命名, as a kind that the programme of the season knows."""

    kind: Annotated[Id, Field(description="A kind of designation of the programme.")]
    tier: Annotated[Id, Field(description="A tier of the last round.")]
