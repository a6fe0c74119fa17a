"""Results as the organizer's page shows them: steps, groups with their cut lines and charts, one sentence for each award."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from services.judging.application.ports import JudgedSeason
from services.judging.domain.awards import Cut, cuts
from services.judging.domain.ranking import RankedEntry
from services.judging.domain.results import GroupResult, Results, RoundResult
from services.judging.domain.seats import Seating
from services.judging.domain.stages import PUBLIC, STATED_FINAL
from services.judging.entrypoints.explaining import explain_cut, why
from shared.season.rules import SeasonRules, Tier
from shared.states import StepState
from shared.web.translation import Translator

MOST_SHOWN = 8
"""With more groups than this the page shows an overview until one is chosen."""
HEIGHT = 110
WHOLE = 1_000_000
"""A score of 100, kept."""


@dataclass(frozen=True, slots=True)
class Row:
    standing: RankedEntry
    tier: str
    why: str
    seat: str
    revoked: bool
    cut: bool
    """Whether the next entry has another tier."""
    lines: tuple[str, ...]
    """Of the tiers whose line lies behind this entry: a sentence each."""
    tied: bool
    """Whether it is one of several on both sides of a line."""


def steps(season: JudgedSeason) -> list[dict[str, Any]]:
    """What has to be done from the first closing to the final results, and how far it is."""
    reached = (season.stage in PUBLIC) + (season.stage in STATED_FINAL)
    documents: list[dict[str, Any]] = [
        {
            "name": "closing",
            "round": round_ if len(season.rules.rounds) > 1 else None,
            "at": season.closings.get(round_.id),
            "state": StepState.DONE
            if round_.id in season.closings
            else StepState.NOW
            if round_ is season.current
            else StepState.TODO,
        }
        for round_ in season.rules.rounds
    ]
    for number, (name, at) in enumerate((("announcement", season.announced_at), ("finalization", season.finalized_at))):
        is_next = number == reached and season.current is None
        state = StepState.DONE if number < reached else StepState.NOW if is_next else StepState.TODO
        documents.append({"name": name, "round": None, "at": at, "state": state})
    return documents


def label_of(t: Translator, rules: SeasonRules, group: GroupResult, heat: str = "") -> str:
    """A group as people call it, with its heat where there are several."""
    parts = [rules.track(group.track).title.best(t.language), rules.division(group.division).title.best(t.language)]
    return " · ".join([*parts, *([heat] if heat else [])])


def key_of(group: GroupResult) -> str:
    return "/".join(part for part in (group.group, group.heat) if part)


def overview(t: Translator, rules: SeasonRules, round_result: RoundResult) -> list[dict[str, Any]]:
    """A line for each group: its base, how many got which tier, how many go on."""
    on = round_result.seating.present if round_result.seating else frozenset()
    return [
        {
            "key": key_of(group),
            "label": label_of(t, rules, group, group.heat),
            "base": group.base,
            "counts": Counter(given.tier for given in group.given.values()),
            "on": sum(1 for standing in group.standings if standing.entry.entry in on),
        }
        for group in round_result.groups
    ]


def cell(
    t: Translator,
    rules: SeasonRules,
    results: Results,
    round_result: RoundResult,
    group: GroupResult,
    tiers: Sequence[Tier],
) -> dict[str, Any]:
    """One group with its rows and its chart."""
    standings = group.standings
    lines = _cuts(rules, group)
    behind = _sentences(t, rules, group, lines)
    across = {cut.across[0] for cut in lines if cut.across}
    rows = [
        _row(t, rules, results, round_result.seating, group, standing, following, behind, across)
        for standing, following in pairwise([*standings, None])
        if standing is not None
    ]
    bars, ends = _chart(t, group, tiers)
    label = label_of(t, rules, group, group.heat)
    return {
        "group": group,
        "label": label,
        "rows": rows,
        "bars": bars,
        "cuts": ends,
        "before": behind.get("", ()),
        "counts": Counter(given.tier for given in group.given.values()),
        "scored": sum(standing.rank is not None for standing in standings),
    }


def _cuts(rules: SeasonRules, group: GroupResult) -> list[Cut]:
    awards = rules.round(group.round).awards
    return cuts(awards, group.standings, group.base, group.given) if awards else []


def _sentences(
    t: Translator, rules: SeasonRules, group: GroupResult, lines: Sequence[Cut]
) -> dict[str, tuple[str, ...]]:
    """What is said of each line, by the entry behind which it lies; by nothing where it lies before all of them."""
    awards = rules.round(group.round).awards
    if awards is None:
        return {}
    titles = {tier.id: tier.title.best(t.language) for tier in awards.tiers}
    if awards.otherwise:
        titles[awards.otherwise.id] = awards.otherwise.title.best(t.language)
    said: dict[str, tuple[str, ...]] = {}
    for cut in lines:
        within = [item.entry.entry for item in group.standings if item.rank and item.rank <= cut.end]
        last = within[-1] if within else ""
        sentence = explain_cut(t, cut, group.base, awards.ties_across_line, titles)
        said[last] = (*said.get(last, ()), sentence)
    return said


def _row(
    t: Translator,
    rules: SeasonRules,
    results: Results,
    seating: Seating | None,
    group: GroupResult,
    standing: RankedEntry,
    following: RankedEntry | None,
    behind: Mapping[str, tuple[str, ...]],
    across: Collection[int],
) -> Row:
    entry, tier = standing.entry.entry, group.tier(standing.entry.entry)
    seat = ""
    if seating and entry in seating.via:
        seat = "withdrawn" if entry in seating.left else seating.via[entry]
    return Row(
        standing,
        rules.tier_title(group.round, tier).best(t.language) if tier else "",
        why(t, rules, group, standing),
        seat,
        (group.round, entry) in results.revoked,
        bool(standing.rank and following and group.tier(following.entry.entry) != tier),
        behind.get(entry, ()),
        standing.rank in across,
    )


def _chart(
    t: Translator, group: GroupResult, tiers: Sequence[Tier]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Bars of the ranked scores, best first, and a line behind the last of each tier."""
    ranked = [standing for standing in group.standings if standing.rank]
    if len(ranked) < 2:
        return [], []
    step = 100 / len(ranked)
    shades = {tier.id: " hot" if number == 0 else "" for number, tier in enumerate(tiers)}
    bars = [
        {
            "x": round(number * step + step * 0.1, 2),
            "width": round(step * 0.8, 2),
            "height": round(HEIGHT * (standing.score or 0) / WHOLE, 1),
            "shade": shades.get(group.tier(standing.entry.entry), " soft"),
        }
        for number, standing in enumerate(ranked)
    ]
    held = Counter(group.tier(standing.entry.entry) for standing in ranked)
    ends: list[dict[str, Any]] = []
    last = 0
    for tier in tiers:
        last += held[tier.id]
        if held[tier.id]:
            x = round(last * step, 2)
            anchor = "end" if x > 80 else "start" if x < 10 else "middle"
            ends.append({"x": x, "label": tier.title.best(t.language), "anchor": anchor})
    return bars, ends
