"""The rules of a season as a whole."""

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from shared.season.rules.awards import Credits, InstructorAward, UnitAward
from shared.season.rules.entering import Division, Limits, Nominations, Track, Works
from shared.season.rules.judging import MOST_CRITERIA, Criterion, Panel, Round
from shared.season.rules.parts import Id, Rule, Slot, TimeZone, Titled, Window
from shared.season.rules.units import Attendance, DesignationBySeason, Media, Recommendation, SelfAssessment, Statistic
from shared.season.text import Text


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
    time_zone: TimeZone
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
