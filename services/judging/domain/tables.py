"""Results as tables: the columns and orders that organizers compare (season folder, section 15)."""

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NotRequired, TypedDict

from services.judging.domain.facts import Season
from services.judging.domain.results import Results, award_tiers, awards_by_tier
from services.judging.domain.rounding import format_fixed, format_kept
from services.judging.domain.unit_awards import UnitStatus
from shared.states import EntryStatus

HEADERS = {
    "advancement": ("round", "group", "heat", "entry", "score", "rank", "advanced", "via", "note"),
    "awards": ("round", "group", "heat", "entry", "tier", "rank", "score", "status"),
    "special-awards": ("round", "award", "group", "entry", "place", "of", "measure", "status"),
    "units": (
        "level",
        "unit",
        "entries",
        "tracks",
        "points",
        "summary",
        "value",
        "rank_in_parent",
        "rank",
        "status",
        "reasons",
        "flag",
    ),
    "credits": ("person", "unit", "grade", "track", "entry", "source", "credit", "total"),
    "eligibility": ("entry", "standing"),
}

Rows = list[tuple[str, ...]]


def tables(season: Season, results: Results) -> dict[str, Rows]:
    """All tables that judging states. The instructors' names are registration's to join."""
    return {
        "advancement": _advancement(results),
        "awards": _awards(results),
        **({"special-awards": _specials(results)} if results.specials else {}),
        "units": _units(results),
        "credits": _credits(results),
        "eligibility": _eligibility(season, results),
    }


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _advancement(results: Results) -> Rows:
    rows: Rows = []
    for round_ in results.rounds:
        advanced = _advanced(round_.seating.via, round_.seating.left) if round_.seating else lambda _: ("", "")
        for group in round_.groups:
            rows += [
                (
                    round_.round,
                    group.group,
                    group.heat,
                    standing.entry.entry,
                    format_kept(standing.score),
                    _text(standing.rank),
                    *(
                        ("", "")
                        if standing.entry.standing == EntryStatus.EXHIBITION
                        else advanced(standing.entry.entry)
                    ),
                    ";".join(standing.notes),
                )
                for standing in group.standings
            ]
    return rows


def _advanced(via: Mapping[str, str], left: frozenset[str]) -> Callable[[str], tuple[str, str]]:
    def cells(entry: str) -> tuple[str, str]:
        if entry not in via:
            return "no", ""
        return "withdrawn" if entry in left else "yes", via[entry]

    return cells


def _awards(results: Results) -> Rows:
    return [
        (
            group.round,
            group.group,
            group.heat,
            standing.entry.entry,
            tier,
            _text(standing.rank),
            format_kept(standing.score),
            "revoked" if (group.round, standing.entry.entry) in results.revoked else "awarded",
        )
        for group in results.groups
        for standing in group.standings
        if (tier := group.tier(standing.entry.entry))
    ]


def _specials(results: Results) -> Rows:
    return [
        (
            special.round,
            special.award.id,
            f"{special.standing.entry.track}-{special.standing.entry.division}",
            special.standing.entry.entry,
            str(special.first),
            str(special.counted),
            special.award.by,
            "revoked" if (special.round, special.standing.entry.entry) in results.revoked else "awarded",
        )
        for special in results.specials
    ]


def _units(results: Results) -> Rows:
    def two(value: Fraction | None) -> str:
        return "" if value is None else format_fixed(value, 2)

    return [
        (
            line.level,
            line.unit,
            _text(line.entries),
            _text(line.tracks),
            two(line.points),
            two(line.summary),
            format_kept(line.value),
            _text(line.rank_in_parent),
            _text(line.rank),
            line.status,
            ";".join(line.reasons),
            line.flag,
        )
        for line in results.units
    ]


def _credits(results: Results) -> Rows:
    return [
        (
            line.label,
            line.unit,
            str(line.grade),
            line.track,
            line.entry,
            line.source,
            f"{line.credit:.2f}",
            f"{line.total:.2f}",
        )
        for line in results.credits
    ]


def _eligibility(season: Season, results: Results) -> Rows:
    return [
        (entry.entry, "disqualified" if entry.entry in results.disqualified else entry.standing)
        for entry in sorted(season.entries.values(), key=lambda entry: entry.entry)
        if entry.standing != EntryStatus.VALID or entry.entry in results.disqualified
    ]


class RoundTotals(TypedDict):
    """The counts of one round."""

    entrants: int
    scored: int
    awards: Mapping[str, int]
    places_by_rule: Mapping[str, int]
    revoked: NotRequired[Mapping[str, int]]


class Totals(TypedDict):
    """The counts of one stage."""

    entries_by_standing: Mapping[str, int]
    students: int
    seats: int
    instructors: int
    rounds: Mapping[str, RoundTotals]
    instructors_awarded: int
    units_named: Mapping[str, int]
    credits: str
    disqualified: NotRequired[int]


def totals(season: Season, results: Results) -> Totals:
    """The counts of one stage, as `totals.json` states them."""
    valid = [entry for entry in season.entries.values() if entry.standing == EntryStatus.VALID]
    counted = [entry for entry in valid if entry.entry not in results.disqualified]
    seats = [member.person for entry in counted for member in entry.members]
    totals_of_credits = {line.person: line.total for line in results.credits}
    stored_totals: Totals = {
        "entries_by_standing": dict(sorted(Counter(entry.standing for entry in season.entries.values()).items())),
        "students": len(set(seats)),
        "seats": len(seats),
        "instructors": len({reference.instructor for entry in valid for reference in entry.instructors}),
        "rounds": {
            round_result.round: _round(season, results, position)
            for position, round_result in enumerate(results.rounds)
        },
        "instructors_awarded": sum(1 for line in results.instructors if line.awarded),
        "units_named": dict(Counter(line.level for line in results.units if line.status == UnitStatus.NAMED)),
        "credits": f"{sum(totals_of_credits.values(), Decimal(0)):.2f}",
    }
    if results.disqualified:
        stored_totals["disqualified"] = len(results.disqualified)
    return stored_totals


def _round(season: Season, results: Results, position: int) -> RoundTotals:
    round_result = results.rounds[position]
    given, revoked = awards_by_tier(round_result, results.revoked)
    round_totals: RoundTotals = {
        "entrants": round_result.entrants,
        "scored": round_result.scored,
        "awards": given,
        "places_by_rule": {
            tier: sum(group.places[number] for group in round_result.groups if group.places)
            for number, tier in enumerate(award_tiers(season.rules, round_result.round))
        },
    }
    if revoked:
        round_totals["revoked"] = revoked
    return round_totals
