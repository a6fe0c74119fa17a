"""The rules of a season (`season/1`): one contract, read by all three services.

The rules are frozen when the season opens and travel once, in `registration.season.opened.v1`. Each rule is
applied by the service that owns it; here stands only what may be written down, and that it is consistent.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from shared.season.text import Text

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
Positive = Annotated[Decimal, Field(gt=0)]
Share = Annotated[Decimal, Field(gt=0, le=100)]
MOMENTS = {"opens", "closes", "summary_by", "replacements_until"}


class Rule(BaseModel):
    """A part of the rules. Unknown keys are refused: a typing error must not change a season silently."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class Criterion(Titled):
    """One line of a rubric. `max` is the weight unless it is given."""

    weight: Positive
    max: Positive | None = None

    @property
    def full(self) -> Decimal:
        return self.weight if self.max is None else self.max


class Track(Titled):
    """A track 赛道: what is done, by whom."""

    divisions: Annotated[tuple[Id, ...], Field(min_length=1)]
    members: tuple[int, int] = (1, 1)
    instructors: tuple[int, int] = (0, 0)
    entrant: Literal["students", "unit"] = "students"

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
    center: Decimal | None = None
    scale: Positive | None = None

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.method == "z-score" and (self.center is None or self.scale is None):
            raise ValueError("z-score needs center and scale")
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
    """An award tier 等次 by cumulative share in percent, by minimum score, or both."""

    cumulative: Share | None = None
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
        shares = [tier.cumulative for tier in self.tiers]
        if any(share is None for share in shares):
            raise ValueError("shares need cumulative in each tier")
        if any(b < a for a, b in zip(shares, shares[1:], strict=False) if a is not None and b is not None):
            raise ValueError("cumulative shares fall")
        return self


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
    """A round 轮次 with its own judging, scoring and awards."""

    heats: Id | None = None
    judging: Window
    scoring: dict[Id, Scoring]
    awards: Awards | None = None
    advance: Advance | None = None


class InstructorAward(Rule):
    """优秀指导教师: points by tier and place of the instructor on the entry."""

    round: Id
    points: dict[Id, Annotated[Decimal, Field(ge=0)]]
    share: Annotated[tuple[Annotated[Decimal, Field(ge=0)], ...], Field(min_length=1)]
    automatic: tuple[Id, ...] = ()
    places: Annotated[int, Field(ge=0)]


class SummaryItem(Rule):
    id: Id
    max: Positive


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


class SeasonRules(Rule):
    """Everything an organizer fixes before a season opens."""

    format: Literal["season/1"]
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
    rubrics: dict[Id, Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=5)]] = {}
    tracks: Annotated[tuple[Track, ...], Field(min_length=1)]
    panels: dict[Id, Panel] = {}
    rounds: Annotated[tuple[Round, ...], Field(min_length=1)]
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
        return next(one for one in self.rounds if one.id == round_id)

    def tier_title(self, round_id: str, tier_id: str) -> Text:
        """What the tier of a round is called."""
        awards = self.round(round_id).awards
        for tier in awards.tiers if awards else ():
            if tier.id == tier_id:
                return tier.title
        if awards and awards.otherwise and awards.otherwise.id == tier_id:
            return awards.otherwise.title
        raise KeyError(tier_id)


class Fault(BaseModel):
    """One thing that is wrong with a season file."""

    path: str
    code: Literal[
        "NOT_YAML", "UNKNOWN_KEY", "REQUIRED", "BAD_VALUE", "DUPLICATE_ID", "UNKNOWN_REFERENCE", "WRONG_ORDER"
    ]
    detail: str = ""


class SeasonRefused(ValueError):
    """The season file is refused as a whole; `faults` names everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.code} {fault.detail}".strip() for fault in faults))
        self.faults = faults


def load_season(text: str) -> SeasonRules:
    """Read `season.yaml`.

    Numbers are read exactly as they are written. A time without an offset is in the season's time zone.

    Raises:
        SeasonRefused: with every fault, in the order of the file's keys.
    """
    try:
        data = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader builds only text, lists and dicts
    except yaml.YAMLError as error:
        raise SeasonRefused([Fault(path="", code="NOT_YAML", detail=" ".join(str(error).split()))]) from error
    if not isinstance(data, dict):
        raise SeasonRefused([Fault(path="", code="NOT_YAML", detail="the file is not a mapping")])
    return parse_season(data)


def parse_season(data: dict[str, Any]) -> SeasonRules:
    """The same for a mapping, as it arrives as JSON."""
    try:
        zone = ZoneInfo(str(data.get("time_zone", "UTC")))
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    try:
        rules = SeasonRules.model_validate(_localised(data, zone))
    except ValidationError as error:
        raise SeasonRefused(_faults(error)) from error
    faults = list(_inconsistencies(rules))
    if faults:
        raise SeasonRefused(faults)
    return rules


def _localised(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, dict):
        return {
            key: _moment(item, zone) if key in MOMENTS and isinstance(item, str) else _localised(item, zone)
            for key, item in value.items()
        }
    return [_localised(item, zone) for item in value] if isinstance(value, list | tuple) else value


def _moment(text: str, zone: ZoneInfo) -> Any:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _faults(error: ValidationError) -> list[Fault]:
    items = error.errors()

    def follows(item: Any) -> bool:
        """A list counts as too short only because its items were refused."""
        return item["type"] == "too_short" and any(
            other is not item and other["loc"][: len(item["loc"])] == item["loc"] for other in items
        )

    return [_fault(item) for item in items if not follows(item)]


def _fault(item: Any) -> Fault:
    code = {"extra_forbidden": "UNKNOWN_KEY", "missing": "REQUIRED"}.get(item["type"], "BAD_VALUE")
    detail = "" if code != "BAD_VALUE" else str(item["msg"]).removeprefix("Value error, ")
    return Fault.model_validate({"path": ".".join(map(str, item["loc"])), "code": code, "detail": detail})


def _inconsistencies(rules: SeasonRules) -> Iterator[Fault]:
    def unknown(path: str, value: str) -> Fault:
        return Fault(path=path, code="UNKNOWN_REFERENCE", detail=value)

    def missing(path: str, values: Iterator[str] | tuple[str, ...] | list[str], known: set[str]) -> Iterator[Fault]:
        return (unknown(path, value) for value in values if value not in known)

    for name in ("registration", "results_notice"):
        slot = rules.timeline.get(name)
        if slot is None or slot.opens is None or slot.closes is None:
            yield Fault(path=f"timeline.{name}", code="REQUIRED")
    divisions, tracks = {d.id for d in rules.divisions}, {t.id for t in rules.tracks}
    levels, rounds = set(rules.unit_levels), {r.id for r in rules.rounds}
    for path, ids in (
        ("divisions", [d.id for d in rules.divisions]),
        ("tracks", [t.id for t in rules.tracks]),
        ("rounds", [r.id for r in rules.rounds]),
        *((f"rubrics.{name}", [c.id for c in rubric]) for name, rubric in rules.rubrics.items()),
    ):
        for value in sorted({value for value in ids if ids.count(value) > 1}):
            yield Fault(path=path, code="DUPLICATE_ID", detail=value)
    for division in rules.divisions:
        yield from missing(f"divisions.{division.id}.unit_levels", division.unit_levels or (), levels)
    for track in rules.tracks:
        yield from missing(f"tracks.{track.id}.divisions", track.divisions, divisions)
    for position, one in enumerate(rules.rounds):
        yield from _round_faults(rules, position, one, tracks, divisions, levels)
    award = rules.instructor_award
    if award:
        yield from _tier_faults(rules, "instructor_award", award.round, (*award.points, *award.automatic))
    unit_award = rules.unit_award
    if unit_award:
        yield from _tier_faults(rules, "unit_award", unit_award.round, tuple(unit_award.points))
        named = [unit_award.level] + [part.level for part in (unit_award.recommend, unit_award.bodies) if part]
        yield from missing("unit_award", named, levels)
    for round_id, tiers in (rules.credits.rounds if rules.credits else {}).items():
        yield from _tier_faults(rules, f"credits.rounds.{round_id}", round_id, tuple(tiers))
    if rules.serials:
        yield from missing("serials.rounds", tuple(rules.serials.rounds), rounds)
        letters = list(rules.serials.kinds.values())
        if len(set(letters)) < len(letters) or len(set(rules.serials.rounds.values())) < len(rules.serials.rounds):
            yield Fault(path="serials", code="DUPLICATE_ID", detail="letters")


def _round_faults(
    rules: SeasonRules, position: int, one: Round, tracks: set[str], divisions: set[str], levels: set[str]
) -> Iterator[Fault]:
    path = f"rounds.{one.id}"
    if one.heats and one.heats not in levels:
        yield Fault(path=f"{path}.heats", code="UNKNOWN_REFERENCE", detail=one.heats)
    for track_id in sorted(tracks - set(one.scoring)):
        yield Fault(path=f"{path}.scoring.{track_id}", code="REQUIRED")
    for track_id, scoring in one.scoring.items():
        where = f"{path}.scoring.{track_id}"
        if track_id not in tracks:
            yield Fault(path=where, code="UNKNOWN_REFERENCE", detail=track_id)
        ids = [component.id for component in scoring.components]
        for value in sorted({value for value in ids if ids.count(value) > 1}):
            yield Fault(path=where, code="DUPLICATE_ID", detail=value)
        for component in scoring.components:
            if component.panel and component.panel not in rules.panels:
                yield Fault(path=f"{where}.{component.id}.panel", code="UNKNOWN_REFERENCE", detail=component.panel)
            if component.rubric and component.rubric not in rules.rubrics:
                yield Fault(path=f"{where}.{component.id}.rubric", code="UNKNOWN_REFERENCE", detail=component.rubric)
        for key in scoring.ties:
            _, _, named = key.partition(":")
            if named and named not in ids:
                yield Fault(path=f"{where}.ties", code="UNKNOWN_REFERENCE", detail=key)
    if one.advance:
        following = rules.rounds[position + 1].id if position + 1 < len(rules.rounds) else None
        if one.advance.to != following:
            yield Fault(path=f"{path}.advance.to", code="WRONG_ORDER", detail=one.advance.to)
        if one.advance.share_among and one.advance.share_among not in levels:
            yield Fault(path=f"{path}.advance.share_among", code="UNKNOWN_REFERENCE", detail=one.advance.share_among)
        for track_id, places in one.advance.places.items():
            for value in [track_id] * (track_id not in tracks) + sorted(set(places) - divisions):
                yield Fault(path=f"{path}.advance.places.{track_id}", code="UNKNOWN_REFERENCE", detail=value)
    elif position + 1 < len(rules.rounds):
        yield Fault(path=f"{path}.advance", code="REQUIRED")


def _tier_faults(rules: SeasonRules, path: str, round_id: str, tiers: tuple[str, ...]) -> Iterator[Fault]:
    found = next((one for one in rules.rounds if one.id == round_id), None)
    if found is None or found.awards is None:
        yield Fault(path=f"{path}.round", code="UNKNOWN_REFERENCE", detail=round_id)
        return
    known = {tier.id for tier in found.awards.tiers}
    if found.awards.otherwise:
        known.add(found.awards.otherwise.id)
    for tier in tiers:
        if tier not in known:
            yield Fault(path=path, code="UNKNOWN_REFERENCE", detail=tier)
