"""Results as tables: the columns and orders that organizers compare (season folder, section 15)."""

from collections import Counter
from typing import Any

from services.judging.domain.facts import Season
from services.judging.domain.results import Results, awards_by_tier
from services.judging.domain.rounding import fixed

HEADERS = {
    "advancement": ("round", "group", "heat", "entry", "score", "rank", "advanced", "via", "note"),
    "awards": ("round", "group", "heat", "entry", "tier", "rank", "score", "status"),
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
        "units": _units(results),
        "credits": [],
        "eligibility": _eligibility(season, results),
    }


def _advancement(results: Results) -> Rows:
    return [
        (
            group.round,
            f"{group.track}-{group.division}",
            "",
            standing.entry.entry,
            "" if standing.score is None else fixed(standing.score, 4),
            "" if standing.rank is None else str(standing.rank),
            "",
            "",
            ";".join(standing.notes),
        )
        for group in results.groups
        for standing in group.standings
    ]


def _awards(results: Results) -> Rows:
    rows: Rows = []
    for group in results.groups:
        for standing in group.standings:
            tier = group.tiers.get(standing.entry.entry)
            if tier and standing.score is not None:
                rows.append(
                    (
                        group.round,
                        f"{group.track}-{group.division}",
                        "",
                        standing.entry.entry,
                        tier,
                        str(standing.rank),
                        fixed(standing.score, 4),
                        "awarded",
                    )
                )
    return rows


def _units(results: Results) -> Rows:
    return [
        (
            line.level,
            line.unit,
            str(line.entries),
            str(line.tracks),
            fixed(line.points, 2),
            fixed(line.summary, 2),
            fixed(line.value, 4),
            "",
            "" if line.rank is None else str(line.rank),
            line.status,
            ";".join(line.reasons),
            "",
        )
        for line in results.units
    ]


def _eligibility(season: Season, results: Results) -> Rows:
    return [
        (entry.entry, "disqualified" if entry.entry in results.disqualified else entry.standing)
        for entry in sorted(season.entries.values(), key=lambda entry: entry.entry)
        if entry.standing != "valid" or entry.entry in results.disqualified
    ]


def totals(season: Season, results: Results) -> dict[str, Any]:
    """The counts of one stage, as `totals.json` states them."""
    one = season.rules.rounds[0]
    valid = [entry for entry in season.entries.values() if entry.standing == "valid"]
    counted = [entry for entry in valid if entry.entry not in results.disqualified]
    seats = [member.person for entry in counted for member in entry.members]
    tiers = [tier.id for tier in one.awards.tiers] if one.awards else []
    found: dict[str, Any] = {
        "entries_by_standing": dict(sorted(Counter(entry.standing for entry in season.entries.values()).items())),
        "students": len(set(seats)),
        "seats": len(seats),
        "instructors": len({reference.instructor for entry in valid for reference in entry.instructors}),
        "rounds": {
            one.id: {
                "entrants": results.entrants,
                "scored": results.scored,
                "awards": awards_by_tier(results),
                "places_by_rule": {
                    tier: sum(group.places[position] for group in results.groups if group.places)
                    for position, tier in enumerate(tiers)
                },
            }
        },
        "instructors_awarded": sum(1 for line in results.instructors if line.awarded),
        "units_named": dict(Counter(line.level for line in results.units if line.status == "named")),
        "credits": "0.00",
    }
    if results.disqualified:
        found["disqualified"] = len(results.disqualified)
    return found
