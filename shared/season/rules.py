"""The rules of a season (`season/1`): one contract, read by all three services.

The rules are frozen when the season opens and travel once, in `registration.season.opened.v1`. Each rule is
applied by the service that owns it; here stands only what may be written down, and that it is consistent.

A typing error in `season.yaml` must not change a season silently, so its reading refuses unknown keys (`reading.py`). What
was told or kept may come from a newer release: its unknown keys are kept, and `unknown_keys` names them.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from shared.season.text import Text

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
_PLACED = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""A component within its round."""
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


class Approval(Rule):
    """The approving authority's number and the statement that every document shows."""

    number: Annotated[str, Field(min_length=1)]
    statement: Text


class Contact(Rule):
    """Whom to ask: shown on the season's page."""

    title: Text
    phone: Annotated[str, Field(max_length=60)] = ""
    email: Annotated[str, Field(max_length=200)] = ""
    address: Text | None = None


class Calendar(Rule):
    """Working days are Monday to Friday less `holidays` (a day, or `from/to`) plus `extra_workdays`."""

    holidays: tuple[str, ...] = ()
    extra_workdays: tuple[date, ...] = ()

    @field_validator("holidays")
    @classmethod
    def _days(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for period in value:
            first, _, last = period.partition("/")
            if date.fromisoformat(first) > date.fromisoformat(last or first):
                raise ValueError(f"{period} ends before it begins")
        return value


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


class Division(Titled):
    """A division 组别 of students by grade, or of units by level."""

    grades: tuple[int, int] | None = None
    unit_levels: tuple[Id, ...] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.grades is None) == (self.unit_levels is None):
            raise ValueError("a division has either grades or unit_levels")
        if self.grades and not 1 <= self.grades[0] <= self.grades[1] <= 12:
            raise ValueError("grades are two of 1 to 12, the lower first")
        return self


class Limits(Rule):
    """How many entries a person may have; absent means no limit."""

    entries_per_student: Annotated[int, Field(ge=1)] | None = None
    entries_per_student_and_track: Annotated[int, Field(ge=1)] | None = None
    entries_per_instructor: Annotated[int, Field(ge=1)] | None = None


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

StatementField = Literal["description", "link", "video"]
"""What a work may state of itself, for its judges."""
MOST_FIELDS = 20
"""Of a track: each is one more thing to read and to fill in."""
BETWEEN = ";"
"""What separates the choices of an answer that may have several."""
LONGEST_ANSWER = 5000
"""Characters of an answer, whatever its field allows."""


Ending = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,10}$")]
"""What the name of a file ends in, without the dot; capitals are as good."""


class Asked(Titled):
    """A field 自定义字段 of the entry form that a track asks for beside what every entry says."""

    help: Annotated[Text | None, Field(description="Shown below its title.")] = None
    required: Annotated[bool, Field(description="An entry is not handed in without it; a draft may lack it.")] = False
    public: Annotated[bool, Field(description="Shown to everybody, where the work is shown.")] = False
    judges: Annotated[bool, Field(description="Shown to judges, with names masked.")] = False


class TextField(Asked):
    """A text; longer than a line where it may be."""

    type: Literal["text"]
    max_length: Annotated[int, Field(ge=1, le=LONGEST_ANSWER, description="In Unicode code points.")] = 2000


class NumberField(Asked):
    """A plain decimal number."""

    type: Literal["number"]
    min: Decimal = Decimal(0)
    max: Decimal = Decimal(999999)
    decimals: Annotated[int, Field(ge=0, le=2)] = 0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max < self.min:
            raise ValueError("max is below min")
        return self


class DateField(Asked):
    """A day."""

    type: Literal["date"]
    min: date | None = None
    max: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min and self.max and self.max < self.min:
            raise ValueError("max is before min")
        return self

    @staticmethod
    def day(answer: str) -> date:
        """The day that was answered."""
        return date.fromisoformat(answer)


class ChoiceField(Asked):
    """One of some choices, or some of them."""

    type: Literal["choice"]
    choices: Annotated[tuple[Titled, ...], Field(min_length=2, max_length=50)]
    many: Annotated[bool, Field(description="Several, their ids separated by `;`.")] = False

    def titles(self, answer: str, language: str) -> list[str]:
        """What was chosen, as people call it."""
        named = {choice.id: choice.title.best(language) for choice in self.choices}
        return [named.get(part, part) for part in answer.split(BETWEEN)]


class UrlField(Asked):
    """An address on the web."""

    type: Literal["url"]


class YesNoField(Asked):
    """Yes or no."""

    type: Literal["yes-no"]
    must: Annotated[bool, Field(description="An undertaking: only yes will do.")] = False


class FileField(Asked):
    """The name of a file that comes with the entry."""

    type: Literal["file"]
    types: Annotated[tuple[Ending, ...], Field(min_length=1, description="What the name ends in.")]


CustomField = Annotated[
    TextField | NumberField | DateField | ChoiceField | UrlField | YesNoField | FileField, Field(discriminator="type")
]


class Track(Titled):
    """A track 赛道: what is done, by whom."""

    divisions: Annotated[tuple[Id, ...], Field(min_length=1)]
    members: tuple[int, int] = (1, 1)
    instructors: tuple[int, int] = (0, 0)
    entrant: Literal["students", "unit"] = "students"
    asks: Annotated[
        dict[StatementField, Literal["optional", "needed"]],
        Field(description="What an entry states of its work, and whether it is handed in without."),
    ] = {}
    fields: Annotated[
        tuple[CustomField, ...],
        Field(max_length=MOST_FIELDS, description="What an entry is asked beside that, in order."),
    ] = ()

    @model_validator(mode="after")
    def _counts(self) -> Self:
        for name, (low, high), most in (("members", self.members, 3), ("instructors", self.instructors, 2)):
            if not 0 <= low <= high <= most:
                raise ValueError(f"{name} is a range within 0 to {most}")
        return self


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


TIE_KEYS = ("best-run-time", "second-run", "mass", "total-time", "penalties", "previous-score", "earliest-submission")


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


class Serials(Rule):
    """How certificate numbers 证书编号 are made."""

    prefix: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,12}$")]
    rounds: dict[Id, Annotated[str, Field(pattern=r"^[A-Z]$")]]
    kinds: dict[Literal["student", "instructor", "unit"], Annotated[str, Field(pattern=r"^[A-Z]$")]]
    digits: Annotated[int, Field(ge=4, le=12)]
    check: Literal["ISO 7064 MOD 97-10"] = "ISO 7064 MOD 97-10"
    code_chars: Annotated[int, Field(ge=8, le=32)] = 10
    offline: Annotated[
        bool, Field(description="The QR code also holds what is printed, signed, to be checked without a network.")
    ] = False
    instructors: Annotated[bool, Field(description="Certificates of students name their instructors.")] = False


class Nominations(Rule):
    """How many entries a unit of `level` may send on, by track and division. A group that is not named has no cap.

    `except` states other numbers for some units.
    """

    level: Id
    places: Annotated[dict[Id, dict[Id, Annotated[int, Field(ge=0)]]], Field(min_length=1)]
    exceptions: Annotated[dict[Id, dict[Id, dict[Id, Annotated[int, Field(ge=0)]]]], Field(alias="except")] = {}

    def places_of(self, unit: str, track: str, division: str) -> int | None:
        """The places of a unit in one group; None is no cap."""
        usual = self.places.get(track, {}).get(division)
        return self.exceptions.get(unit, {}).get(track, {}).get(division, usual)


FileType = Literal["pdf", "image", "video", "audio", "archive", "office", "text"]


class Works(Rule):
    """The files of a work 作品: how many, how large, of which kinds."""

    files: tuple[int, int] = (1, 1)
    types: Annotated[tuple[FileType, ...], Field(min_length=1)] = ("pdf", "image", "video", "archive")
    max_mib: Annotated[int, Field(ge=1, le=4096, description="Of one file.")] = 200

    @field_validator("files")
    @classmethod
    def _range(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 0 <= value[0] <= value[1] <= 20 or value[1] == 0:
            raise ValueError("files is a range within 0 to 20")
        return value


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
        str, Field(pattern=_PLACED, description="`ROUND.ID` of the test component whose score is the verified total.")
    ]
    review: Annotated[
        str, Field(pattern=_PLACED, description="`ROUND.ID` of the panel component that self-scores are compared with.")
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


SeasonKind = Literal["competition", "activities", "assessment", "designation"]
"""What a season is about. It chooses words; no rule depends on it."""


class SeasonRules(Rule):
    """Everything an organizer fixes before a season opens."""

    format: Literal["season/1"]
    kind: Annotated[SeasonKind, Field(description="What the season is about; no rule depends on it.")] = "competition"
    series: Titled
    season: Titled
    sponsors: Annotated[tuple[Text, ...], Field(min_length=1)]
    hosts: tuple[Text, ...] = ()
    approval: Approval
    contacts: tuple[Contact, ...] = ()
    time_zone: str
    calendar: Calendar = Calendar()
    timeline: dict[Id, Slot]
    unit_levels: Annotated[tuple[Id, ...], Field(min_length=1)]
    divisions: Annotated[tuple[Division, ...], Field(min_length=1)]
    limits: Limits = Limits()
    acceptance: Annotated[
        Literal["review", "submission"],
        Field(description="What makes a live entry stand: an organizer's review, or handing it in."),
    ] = "review"
    review_steps: Annotated[
        tuple[Id, ...],
        Field(description="Levels of the unit tree that review an entry, in order. Absent: the top level alone."),
    ] = ()
    nominations: Nominations | None = None
    works: Annotated[dict[Id, Works], Field(description="By track; a track that is not named has no files.")] = {}
    media: Annotated[Media | None, Field(description="Material that comes with entries. Absent: none is taken.")] = None
    statistics: Annotated[tuple[Statistic, ...], Field(description="Figures of each unit's work, in order.")] = ()
    attendance: Annotated[
        Attendance | None, Field(description="When people check in to sessions of activities. Absent: they do not.")
    ] = None
    designation: Annotated[
        DesignationBySeason | None, Field(description="What the season names units as. Absent: it names none.")
    ] = None
    recommendation: Annotated[
        Recommendation | None,
        Field(
            description="Entries are judged once they are forwarded through all levels. Absent: as soon as they stand."
        ),
    ] = None
    sign_off: Annotated[
        int,
        Field(ge=1, le=2, description="How many people it takes to make results final: 2 asks for a signature first."),
    ] = 1
    second_person: Annotated[
        bool,
        Field(description="Test scores of automatic judges, too, count once a second person has confirmed them."),
    ] = False
    scores_by_one: Annotated[
        bool,
        Field(
            description="Scores that people enter in a live season (run sheets, test scores, new scores of appeals) count "
            "at once. Absent: once a second person has confirmed them."
        ),
    ] = False
    exclusions_by_one: Annotated[
        bool,
        Field(
            description="A disqualification in a live season counts at once. Absent: once a second person has confirmed it."
        ),
    ] = False
    jurisdiction: Annotated[
        Literal["CN", "EU", "US"], Field(description="Whose law decides at which age a guardian consents.")
    ] = "CN"
    rubrics: dict[Id, Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=MOST_CRITERIA)]] = {}
    tracks: Annotated[tuple[Track, ...], Field(min_length=1)]
    panels: dict[Id, Panel] = {}
    rounds: Annotated[tuple[Round, ...], Field(min_length=1)]
    self_assessment: SelfAssessment | None = None
    instructor_award: InstructorAward | None = None
    unit_award: UnitAward | None = None
    credits: Credits | None = None
    serials: Serials | None = None

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{value} is not an IANA time zone") from error
        return value

    @property
    def id(self) -> str:
        """The id of the season in every address and event."""
        return f"{self.series.id}-{self.season.id}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def reviewers(self) -> tuple[str, ...]:
        """The levels that review an entry, in order."""
        return self.review_steps or self.unit_levels[:1]

    @property
    def asks_summaries(self) -> bool:
        """Whether units file a summary of the season's work."""
        award = self.unit_award
        return award is not None and bool(award.summary or award.eligible.summary_by)

    @property
    def items(self) -> tuple[Criterion, ...]:
        """What entries score themselves for; nothing where they do not."""
        return self.rubrics[self.self_assessment.rubric] if self.self_assessment else ()

    @property
    def assessed_tracks(self) -> tuple[str, ...]:
        """The tracks whose entries score themselves."""
        placed = self.self_assessment
        return tuple(
            track
            for round_ in self.rounds
            for track, scoring in round_.scoring.items()
            if placed and any(placed.is_component(round_.id, component.id) for component in scoring.components)
        )

    def is_assessed(self, round_id: str, component: str) -> bool:
        """Whether the score of a component is the verified total of a self-assessment, and never entered."""
        return self.self_assessment is not None and self.self_assessment.is_component(round_id, component)

    def window(self, name: str) -> Window:
        """A named window of the timeline; `registration` and `results_notice` always exist."""
        slot = self.timeline[name]
        if slot.opens is None or slot.closes is None:
            raise KeyError(name)
        return Window(opens=slot.opens, closes=slot.closes)

    def track(self, track_id: str) -> Track:
        return next(track for track in self.tracks if track.id == track_id)

    def division(self, division_id: str) -> Division:
        return next(division for division in self.divisions if division.id == division_id)

    def round(self, round_id: str) -> Round:
        return next(round_ for round_ in self.rounds if round_.id == round_id)

    def tier_title(self, round_id: str, tier_id: str) -> Text:
        """What the tier or the special award of a round is called."""
        round_ = self.round(round_id)
        awards = round_.awards
        for award in (*(awards.tiers if awards else ()), *round_.special):
            if award.id == tier_id:
                return award.title
        if awards and awards.otherwise and awards.otherwise.id == tier_id:
            return awards.otherwise.title
        raise KeyError(tier_id)
