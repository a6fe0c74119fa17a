"""The results of a season at one stage: ranks, awards, instructors, units, and what was counted.

Pure and reproducible: the same facts give the same results, in whatever order they come.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.judging.domain.awards import lines, tiers
from services.judging.domain.facts import Entry, Objection, Season, above
from services.judging.domain.instructors import RankedInstructor, Won, rank_instructors
from services.judging.domain.ranking import Standing, rank_group, score_round
from services.judging.domain.support import unsupported
from services.judging.domain.unit_awards import RankedUnit, rank_units
from shared.season.records import micros
from shared.season.rules import Round

ALGORITHM = "laurel-results/1"
"""Part of every result hash: a change of the computation is a new version."""

Stage = Literal["provisional", "final"]


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One group 赛项组别 of one round and heat."""

    round: str
    track: str
    division: str
    standings: tuple[Standing, ...]
    tiers: dict[str, str]
    base: int
    places: tuple[int, ...]
    """How many places each tier has by rule, before ties and minimum scores."""


@dataclass(frozen=True, slots=True)
class Results:
    """Everything a stage states."""

    stage: Stage
    groups: tuple[GroupResult, ...]
    instructors: tuple[RankedInstructor, ...]
    units: tuple[RankedUnit, ...]
    disqualified: frozenset[str]
    entrants: int
    scored: int


def compute(season: Season, stage: Stage) -> Results:
    """The results of the season's round.

    `provisional` uses the decisions dated before the public notice opens, `final` all of them.

    Raises:
        NotImplementedError: the season uses a rule that is not computed yet.
    """
    missing = unsupported(season.rules)
    if missing:
        raise NotImplementedError(", ".join(missing))
    one = season.rules.rounds[0]
    disqualified = frozenset(objection.entry for objection in _counting(season, stage) if objection.upheld)
    scored = score_round(season, one)
    groups = tuple(
        _group(one, track.id, division, scored, disqualified)
        for track in season.rules.tracks
        for division in _in_order(season, track.divisions)
        if any(_in_group(standing.entry, track.id, division) for standing in scored.values())
    )
    won = _won(groups, one)
    counted = [
        entry for entry in season.entries.values() if entry.standing == "valid" and entry.entry not in disqualified
    ]
    violations = frozenset(unit for entry in disqualified for unit in above(season.entries[entry].unit, season.units))
    instructor_rule, unit_rule = season.rules.instructor_award, season.rules.unit_award
    tier_order = [tier.id for tier in one.awards.tiers] if one.awards else []
    competing = [entry for entry in scored.values() if entry.entry.standing == "valid"]
    return Results(
        stage=stage,
        groups=groups,
        instructors=tuple(rank_instructors(instructor_rule, tier_order, won)) if instructor_rule else (),
        units=tuple(rank_units(unit_rule, season, counted, won, violations)) if unit_rule else (),
        disqualified=disqualified,
        entrants=len(competing),
        scored=sum(1 for standing in competing if standing.score is not None),
    )


def _counting(season: Season, stage: Stage) -> Sequence[Objection]:
    opens = micros(season.rules.window("results_notice").opens)
    return [one for one in season.objections if stage == "final" or one.at < opens]


def _in_order(season: Season, divisions: Sequence[str]) -> list[str]:
    return [division.id for division in season.rules.divisions if division.id in divisions]


def _in_group(entry: Entry, track: str, division: str) -> bool:
    return entry.track == track and entry.division == division


def _group(
    one: Round, track: str, division: str, scored: dict[str, Standing], disqualified: frozenset[str]
) -> GroupResult:
    members = [standing for standing in scored.values() if _in_group(standing.entry, track, division)]
    competing = [standing for standing in members if standing.entry.standing == "valid"]
    ranked = rank_group(
        replace(standing, notes=(*standing.notes, "disqualified")) if standing.entry.entry in disqualified else standing
        for standing in members
    )
    if one.awards is None:
        return GroupResult(one.id, track, division, tuple(ranked), {}, 0, ())
    # N is what had a score when judging closed; a later removal does not change it.
    everyone = one.awards.base == "valid"
    base = sum(1 for standing in competing if everyone or standing.score is not None)
    ends = lines(one.awards, base)
    places = tuple(end - start for start, end in zip([0, *ends], ends, strict=False))
    return GroupResult(one.id, track, division, tuple(ranked), tiers(one.awards, ranked, base), base, places)


def _won(groups: Sequence[GroupResult], one: Round) -> list[Won]:
    awarded = {tier.id for tier in one.awards.tiers} if one.awards else set()
    return [
        Won(standing.entry, group.tiers[standing.entry.entry], standing.rank or 0, standing.score)
        for group in groups
        for standing in group.standings
        if group.tiers.get(standing.entry.entry) in awarded and standing.score is not None
    ]


def awards_by_tier(results: Results) -> dict[str, int]:
    """How many entries each tier got."""
    return dict(Counter(tier for group in results.groups for tier in group.tiers.values()))
