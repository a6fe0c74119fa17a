"""Recommendation 推荐 level by level: who may act on an entry and when, ranks and places of a unit, where an entry is.

What became of an entry is the list of acts on it, in order. A forward stands until the level above returns the entry; an
entry holds the rank and the place of each of its forwards that stand.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.registration.domain.reviewing import units_above
from services.registration.domain.units import Unit
from shared.season.csv_rows import Rejection, Row, Sheet, whole_number
from shared.season.ids import is_safe_id
from shared.season.rules import Recommendation, SeasonRules
from shared.season.time import parse_moment, to_unix_micros
from shared.season.working_days import after_working_days
from shared.states import State

REQUIRED = ("record", "entry", "level", "unit", "action", "at")
OPTIONAL = ("rank", "opinion_zh", "opinion_en", "by")
HIGHEST_RANK = 9999
MOST_OPINION = 1000
MOST_BY = 80
RECOMMENDED = "recommended"


class Act(State):
    """What a unit does with an entry that is at its level."""

    FORWARD = "forward"
    RETURN = "return"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Acted:
    """An act of a unit on an entry; the time is microseconds UTC."""

    record: str
    level: str
    unit: str
    act: Act
    at: int
    rank: int = 0
    """Of a forward, among those of the unit that stand."""
    place: int = 0
    """Of a forward, which of the unit's places of the track it takes; 0 where there is no quota."""
    opinion_zh: str = ""
    opinion_en: str = ""
    by: str = ""


Acts = tuple[Acted, ...]
Fault = tuple[str, str]
"""A column and a code."""


def standing_forwards(acts: Iterable[Acted]) -> tuple[Acted, ...]:
    """The forwards that stand, from below upwards: one that was returned stands no longer."""
    standing: list[Acted] = []
    for acted in acts:
        if acted.act == Act.FORWARD:
            standing.append(acted)
        elif acted.act == Act.RETURN:
            standing.pop()
    return tuple(standing)


def is_recommended(rules: Recommendation, acts: Acts) -> bool:
    """Whether the last level has forwarded it."""
    standing = standing_forwards(acts)
    return bool(standing) and standing[-1].level == rules.levels[-1]


@dataclass(frozen=True, slots=True)
class Position:
    """Where an entry is on its way."""

    level: str
    """The level whose unit may act on it; empty once it is recommended or rejected."""
    state: str
    """`recommended`, `at:` or `rejected:` and a level."""
    came_at: int | None
    """When it came to the level, from below or from above; None where it began."""
    forwarded: int
    returned: int


def position_of(rules: Recommendation, chain: Container[str], acts: Acts) -> Position:
    """Where an entry is whose units stand at these levels: it begins at the lowest of them that recommends."""
    level = next((level for level in rules.levels if level in chain), rules.levels[0])
    came_at, state = None, ""
    for acted in acts:
        place, came_at = rules.levels.index(acted.level), acted.at
        if acted.act == Act.REJECT:
            level, state = "", f"rejected:{acted.level}"
        elif acted.act == Act.RETURN:
            level = rules.levels[place - 1]
        elif acted.level == rules.levels[-1]:
            level, state = "", RECOMMENDED
        else:
            level = rules.levels[place + 1]
    counts = [sum(acted.act == act for acted in acts) for act in (Act.FORWARD, Act.RETURN)]
    return Position(level, state or f"at:{level}", came_at, *counts)


def acts_until(rules: SeasonRules, recommendation: Recommendation, position: Position) -> int:
    """Until when the unit of its level may act on an entry: the window's end, or the term after it came there again."""
    closes = to_unix_micros(recommendation.windows[position.level].closes)
    if not position.returned or position.came_at is None:
        return closes
    return max(closes, after_working_days(rules, position.came_at, recommendation.resubmit_working_days))


def is_open(rules: SeasonRules, recommendation: Recommendation, position: Position, at: int) -> bool:
    """Whether the unit of its level may act on an entry at this moment."""
    window = recommendation.windows[position.level]
    if to_unix_micros(window.opens) <= at <= to_unix_micros(window.closes):
        return True
    again = position.returned and position.came_at is not None
    return bool(again) and at <= acts_until(rules, recommendation, position)


@dataclass(slots=True)
class Desk:
    """The forwards of a unit in one track that stand: their ranks and places, each with its entry."""

    most: int | None
    """How many there may be."""
    ranks: dict[int, str] = field(default_factory=dict)
    places: dict[int, str] = field(default_factory=dict)

    @property
    def left(self) -> int | None:
        """How many more may be forwarded; None is any number."""
        return None if self.most is None else max(0, self.most - len(self.ranks))

    def take(self, entry: str, acted: Acted) -> Acted:
        """The forward with a place, which it then holds with its rank."""
        place = 0
        if self.most is not None:
            place = next(number for number in range(1, len(self.places) + 2) if number not in self.places)
            self.places[place] = entry
        self.ranks[acted.rank] = entry
        return replace(acted, place=place)

    def hold(self, entry: str, acted: Acted) -> None:
        """A forward that stands already, with the rank and the place that it has."""
        self.ranks[acted.rank] = entry
        if acted.place:
            self.places[acted.place] = entry

    def free(self, acted: Acted) -> None:
        """The rank and the place of a forward that stands no longer."""
        self.ranks.pop(acted.rank, None)
        self.places.pop(acted.place, None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry as recommending sees it."""

    entry: str
    track: str
    unit: str
    takes_part: bool
    """Whether it would be judged if it is recommended."""
    acts: Acts = ()


def find_obstacle(
    rules: SeasonRules, recommendation: Recommendation, chain: Mapping[str, str], candidate: Candidate, acted: Acted
) -> Fault | None:
    """Why a unit may not act so on an entry, whatever others it forwards; None if it may."""
    if not candidate.takes_part:
        return "entry", "ENTRY_NOT_VALID"
    if acted.unit not in chain.values():
        return "unit", "NOT_IN_CHAIN"
    position = position_of(recommendation, chain, candidate.acts)
    if position.level != acted.level or (acted.act == Act.RETURN and not standing_forwards(candidate.acts)):
        return "level", "WRONG_STEP"
    if not is_open(rules, recommendation, position, acted.at):
        return "at", "OUTSIDE_WINDOW"
    return None


def find_conflict(desk: Desk, acted: Acted) -> Fault | None:
    """Why a forward does not fit beside the others of its unit; None if it does."""
    if acted.act != Act.FORWARD:
        return None
    if acted.rank in desk.ranks:
        return "rank", "RANK_TAKEN"
    return ("entry", "QUOTA_FULL") if desk.left == 0 else None


def find_form_fault(acted_as: str, rank: str, opinion_zh: str, opinion_en: str, by: str) -> Fault | None:
    """What is wrong with an act as it is written, whatever it is about."""
    if acted_as not in tuple(Act):
        return "action", "BAD_VALUE"
    number = whole_number(rank, digits=4)
    if (not 1 <= (number or 0) <= HIGHEST_RANK) if acted_as == Act.FORWARD else rank:
        return "rank", "BAD_RANK"
    if acted_as != Act.FORWARD and not (opinion_zh or opinion_en):
        return "opinion_zh", "OPINION_MISSING"
    for column, text, most in (
        ("opinion_zh", opinion_zh, MOST_OPINION),
        ("opinion_en", opinion_en, MOST_OPINION),
        ("by", by, MOST_BY),
    ):
        if len(text) > most:
            return column, "TOO_LONG"
    return None


def check_recommendations(
    sheet: Sheet,
    rules: SeasonRules,
    recommendation: Recommendation,
    units: Mapping[str, Unit],
    entries: Mapping[str, Candidate],
) -> tuple[dict[str, Acts], list[Rejection]]:
    """The acts on each entry as `recommendations.csv` states them, and the rows that fall.

    Acts that `entries` hold and the file does not name stay; all are taken in order of time, then row.
    """
    named = {row["record"] for row in sheet.rows}
    seen: set[str] = set()
    passed: list[tuple[int, int, Row | None, str, Acted]] = [
        (acted.at, 0, None, candidate.entry, acted)
        for candidate in entries.values()
        for acted in candidate.acts
        if acted.record not in named
    ]
    rejections: list[Rejection] = []
    for row in sheet.rows:
        acted = _read(row, sheet.header, rules, recommendation, units, entries, seen)
        if isinstance(acted, Acted):
            passed.append((acted.at, row.number, row, row["entry"], acted))
        else:
            rejections.append(sheet.reject(row, *acted))
        if row.whole and all(row[column] for column in REQUIRED):
            seen.add(row["record"])
    desks: dict[tuple[str, str], Desk] = {}
    acts: dict[str, Acts] = defaultdict(tuple)
    for _, _, stated_in, entry, acted in sorted(passed, key=lambda item: item[:2]):
        candidate = replace(entries[entry], acts=acts[entry])
        fault = None
        if stated_in:
            chain = units_above(units, candidate.unit)
            fault = find_obstacle(rules, recommendation, chain, candidate, acted)
            fault = fault or find_conflict(_desk(desks, recommendation, acted, candidate.track), acted)
        if stated_in and fault:
            rejections.append(sheet.reject(stated_in, *fault))
            continue
        acts[entry] = (*candidate.acts, _applied(desks, recommendation, candidate, acted))
    return dict(acts), sorted(rejections, key=lambda rejection: rejection.row)


def _desk(desks: dict[tuple[str, str], Desk], recommendation: Recommendation, acted: Acted, track: str) -> Desk:
    most = recommendation.places_of(acted.level, acted.unit, track)
    return desks.setdefault((acted.unit, track), Desk(most))


def _applied(
    desks: dict[tuple[str, str], Desk], recommendation: Recommendation, candidate: Candidate, acted: Acted
) -> Acted:
    """The act, with its place; what it ends is free."""
    if acted.act == Act.FORWARD:
        return _desk(desks, recommendation, acted, candidate.track).take(candidate.entry, acted)
    if acted.act == Act.RETURN:
        below = standing_forwards(candidate.acts)[-1]
        _desk(desks, recommendation, below, candidate.track).free(below)
    return acted


def _read(
    row: Row,
    header: tuple[str, ...],
    rules: SeasonRules,
    recommendation: Recommendation,
    units: Mapping[str, Unit],
    entries: Container[str],
    seen: Container[str],
) -> Acted | Fault:
    if not row.whole:
        return header[0], "ROW_SHAPE"
    if missing := next((column for column in REQUIRED if not row[column]), ""):
        return missing, "REQUIRED"
    if not is_safe_id(row["record"]):
        return "record", "BAD_ID"
    if row["record"] in seen:
        return "record", "DUPLICATE_ID"
    if row["entry"] not in entries:
        return "entry", "UNKNOWN_ENTRY"
    if row["level"] not in recommendation.levels:
        return "level", "BAD_VALUE"
    unit = units.get(row["unit"])
    if unit is None:
        return "unit", "UNKNOWN_UNIT"
    if unit.level != row["level"]:
        return "unit", "UNIT_LEVEL"
    written = (row["action"], row["rank"], row["opinion_zh"], row["opinion_en"], row["by"])
    fault, at = find_form_fault(*written), parse_moment(row["at"], rules.zone)
    if fault and fault[0] == "action":
        return fault
    if at is None:
        return "at", "BAD_TIME"
    if fault:
        return fault
    return Acted(
        row["record"],
        unit.level,
        unit.unit,
        Act(row["action"]),
        at,
        rank=whole_number(row["rank"]) or 0,
        opinion_zh=row["opinion_zh"],
        opinion_en=row["opinion_en"],
        by=row["by"],
    )
