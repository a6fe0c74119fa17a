"""What a programme reads of a season: its entries, its windows, and its results from each moment on that they held.

A season's results are granted 生效 when its public notice ends; later actions change them at their own time. So results are a
row of outcomes, each with the moment from which it holds. Whoever can ask the services for results states every outcome;
`outcomes.py` derives them where only the provisional and the final results are at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from shared.states import EntryStatus


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an entry as the entry states them; `number` is the place in it, from 1."""

    number: int
    name_zh: str
    name_en: str
    birth: str
    grade: int


@dataclass(frozen=True, slots=True)
class Instructor:
    """An instructor of an entry."""

    instructor: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted entry. Times are microseconds."""

    entry: str
    track: str
    unit: str
    registered_at: int
    submitted_at: int | None
    members: tuple[Member, ...] = ()
    instructors: tuple[Instructor, ...] = ()


@dataclass(frozen=True, slots=True)
class Award:
    """A tier that an entry got in a round; what is given `otherwise` is not an award and does not stand here."""

    round: str
    entry: str
    tier: str
    division: str
    stands: bool = True


@dataclass(frozen=True, slots=True)
class InstructorResult:
    """An instructor of the result list, and the best award of theirs."""

    instructor: str
    name: str
    best_entry: str
    awarded: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of a season at a moment."""

    awards: tuple[Award, ...] = ()
    instructors: tuple[InstructorResult, ...] = ()
    named_units: tuple[str, ...] = ()
    standings: Mapping[str, str] = field(default_factory=dict)
    """Of the entries that are not valid."""
    _tiers: Mapping[tuple[str, str], str] = field(init=False, repr=False, compare=False)
    _awarded: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        standing = [award for award in self.awards if award.stands]
        object.__setattr__(self, "_tiers", {(award.round, award.entry): award.tier for award in standing})
        object.__setattr__(self, "_awarded", frozenset(award.entry for award in standing))

    def standing(self, entry: str) -> str:
        return self.standings.get(entry, EntryStatus.VALID)

    def is_valid(self, entry: str) -> bool:
        """Whether the entry takes part and was not disqualified."""
        return self.standing(entry) == EntryStatus.VALID

    def tier(self, round_: str, entry: str) -> str:
        """The tier of the entry in this round, if it stands; else empty."""
        return self._tiers.get((round_, entry), "")

    def has_award(self, entry: str) -> bool:
        """Whether any award of the entry stands."""
        return entry in self._awarded


@dataclass(frozen=True, slots=True)
class Score:
    """The kept score (ten-thousandths) of an entry in a round, and the group in which it was compared."""

    round: str
    group: str
    entry: str
    score: int


@dataclass(frozen=True, slots=True)
class Session:
    """A session 场次 of an activity."""

    entry: str
    session: str
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class CheckInWindow:
    """From how many minutes before a session's start until how many after its end people check in."""

    opens_minutes_before: int
    closes_minutes_after: int


@dataclass(frozen=True, slots=True)
class SeasonFacts:
    """A season as its programme reads it. `provisional` is what its notice showed; `outcomes` begin where the notice ends."""

    folder: str
    series: str
    zone: ZoneInfo
    notice_opens: int
    notice_closes: int
    tracks: tuple[str, ...]
    divisions: tuple[str, ...]
    rounds: tuple[str, ...]
    entries: tuple[Entry, ...]
    provisional: Outcome
    outcomes: tuple[tuple[int, Outcome], ...]
    scores: tuple[Score, ...] = ()
    sessions: tuple[Session, ...] = ()
    check_in: CheckInWindow | None = None
    names_by: tuple[str, str] | None = None
    """Of a season of kind `designation`: the kind of designation, and the tier that is named."""
    public_media: Mapping[str, int] = field(default_factory=dict)
    """How many media of each activity everybody may see."""
    _by_id: Mapping[str, Entry] = field(init=False, repr=False, compare=False)
    _sessions: Mapping[tuple[str, str], Session] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {entry.entry: entry for entry in self.entries})
        object.__setattr__(self, "_sessions", {(each.entry, each.session): each for each in self.sessions})

    def entry(self, entry: str) -> Entry | None:
        return self._by_id.get(entry)

    def session(self, entry: str, session: str) -> Session | None:
        return self._sessions.get((entry, session))

    def at(self, moment: int) -> Outcome | None:
        """The results at a moment; none before they are granted."""
        holding = [outcome for since, outcome in self.outcomes if since <= moment]
        return holding[-1] if holding else None

    @property
    def granted(self) -> Outcome:
        """The results as they were granted."""
        return self.outcomes[0][1]

    @property
    def final(self) -> Outcome:
        """The results with every action."""
        return self.outcomes[-1][1]
