"""The results of a season at one stage: ranks, seats, awards, instructors, units, credits, and what was counted.

Pure and reproducible: the same facts give the same results, in whatever order they come.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.judging.domain.awards import TierAssignment, tiers
from services.judging.domain.credit_lines import CreditLine, credit_lines
from services.judging.domain.facts import Decisions, Entry, Season, above, at_level
from services.judging.domain.instructors import RankedInstructor, Won, rank_instructors, taken_back
from services.judging.domain.ranking import RankedEntry, rank_group, score_round
from services.judging.domain.seats import Seating, seat
from services.judging.domain.special_awards import Special, specials
from services.judging.domain.unit_awards import RankedUnit, flag_revoked, rank_units
from shared.season.award_lines import tier_cutoffs
from shared.season.rules import Round, SeasonRules
from shared.season.time import to_unix_micros
from shared.states import EntryStatus, ResultStage

ALGORITHM = "laurel-results/4"
"""Part of every result hash: a change of the computation is a new version."""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One group 赛项组别 of one round and heat; `heat` is empty when there is one heat for all."""

    round: str
    track: str
    division: str
    heat: str
    standings: tuple[RankedEntry, ...]
    given: Mapping[str, TierAssignment]
    base: int
    places: tuple[int, ...]
    """How many places each tier has by rule, before ties and minimum scores."""

    @property
    def group(self) -> str:
        return f"{self.track}-{self.division}"

    def tier(self, entry: str) -> str:
        """The tier of an entry; empty for none."""
        given = self.given.get(entry)
        return given.tier if given else ""


@dataclass(frozen=True, slots=True)
class RoundResult:
    """One round: its groups, and who goes on from it (nobody from the last)."""

    round: str
    groups: tuple[GroupResult, ...]
    entrants: int
    scored: int
    seating: Seating | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Everything a stage states."""

    stage: ResultStage
    rounds: tuple[RoundResult, ...]
    specials: tuple[Special, ...]
    instructors: tuple[RankedInstructor, ...]
    units: tuple[RankedUnit, ...]
    credits: tuple[CreditLine, ...]
    disqualified: frozenset[str]
    revoked: frozenset[tuple[str, str]]
    """Awards that were taken back, by round and entry."""

    @property
    def groups(self) -> list[GroupResult]:
        return [group for round_ in self.rounds for group in round_.groups]


def compute(season: Season, stage: ResultStage) -> Results:
    """The results of all rounds.

    `provisional` uses the decisions dated before the public notice opens, `final` all of them.
    """
    opens = to_unix_micros(season.rules.window("results_notice").opens)
    decisions = season.decisions if stage == ResultStage.FINAL else season.decisions.before(opens)
    rounds = compute_rounds(season, decisions)
    out_from = _disqualified(season.rules, decisions)
    disqualified = frozenset(out_from)
    revocations = {
        (round_id, revocation.entry) for revocation in decisions.revocations for round_id in revocation.rounds
    }
    won = {round_.round: _won(season.rules, round_, disqualified) for round_ in rounds}
    held = {(round_.round, entry.entry.entry) for round_ in rounds for entry in won[round_.round]}
    by_objection = {
        (round_result.round, entry)
        for position, round_result in enumerate(rounds)
        for group in round_result.groups
        for entry in group.given
        if entry in out_from and position < out_from[entry]
    }
    revoked = frozenset((revocations & held) | by_objection)
    return Results(
        stage=stage,
        rounds=tuple(rounds),
        specials=tuple(special for round_ in rounds for special in _specials(season.rules, round_)),
        instructors=tuple(_instructors(season.rules, won, revocations)),
        units=tuple(_units(season, won, disqualified, frozenset(entry for _, entry in revocations & held))),
        credits=tuple(_credits(season, rounds, revoked, disqualified)),
        disqualified=disqualified,
        revoked=revoked,
    )


def compute_rounds(season: Season, decisions: Decisions, until: str | None = None) -> list[RoundResult]:
    """Round after round, each among those whom the one before it sends on, up to the round `until`, or to the last."""
    round_results: list[RoundResult] = []
    present = [entry for entry in season.entries.values() if entry.in_first_round]
    previous: dict[str, int] = {}
    for position, round_ in enumerate(season.rules.rounds):
        result, previous = result_of_round(season, position, present, previous, decisions)
        following = season.rules.rounds[position + 1] if round_.advance else None
        if round_.advance and following:
            opens = to_unix_micros(following.judging.opens)
            then = decisions.before(opens)
            same = (then.appeals, then.objections) == (decisions.appeals, decisions.objections)
            basis = result if same else result_of_round(season, position, present, _before(round_results), then)[0]
            groups: dict[tuple[str, str], list[RankedEntry]] = defaultdict(list)
            for group in basis.groups:
                groups[group.track, group.division] += group.standings
            entrants = [entry for entry in present if entry.standing == EntryStatus.VALID]
            seating = seat(
                round_.advance,
                round_.id,
                groups,
                entrants,
                season.units,
                decisions.withdrawals,
                opens,
                decisions.preferences,
            )
            result = replace(result, seating=seating)
            present = going_on(present, seating)
        round_results.append(result)
        if round_.id == until:
            break
    return round_results


def going_on(present: Sequence[Entry], seating: Seating) -> list[Entry]:
    """Who of these is scored in the next round: those with a seat, and exhibition entries."""
    on = seating.present
    return [entry for entry in present if entry.entry in on or entry.standing == EntryStatus.EXHIBITION]


def _before(round_results: Sequence[RoundResult]) -> dict[str, int]:
    return scores_of(round_results[-1].groups) if round_results else {}


def scores_of(groups: Sequence[GroupResult]) -> dict[str, int]:
    """The kept scores of a round, by entry."""
    return {
        standing.entry.entry: standing.score
        for group in groups
        for standing in group.standings
        if standing.score is not None
    }


def _disqualified(rules: SeasonRules, decisions: Decisions) -> dict[str, int]:
    """The number of the round from which each entry with an upheld objection is out."""
    numbers = {round_.id: number for number, round_ in enumerate(rules.rounds)}
    result: dict[str, int] = {}
    for objection in decisions.objections:
        if objection.upheld:
            number = numbers[objection.round]
            result[objection.entry] = min(number, result.get(objection.entry, number))
    return result


def result_of_round(
    season: Season, position: int, present: Sequence[Entry], previous: Mapping[str, int], decisions: Decisions
) -> tuple[RoundResult, dict[str, int]]:
    """One round among those present, without its seats; and the scores, for the round that follows.

    `previous` are the scores of the round before.
    """
    round_ = season.rules.rounds[position]
    scored = score_round(season, round_, present, previous)
    had_score = {standing.entry.entry for standing in scored if standing.score is not None}
    appeals = [appeal for appeal in decisions.appeals if appeal.round == round_.id]
    if appeals:
        scored = score_round(season, round_, present, previous, appeals)
    out = {entry for entry, number in _disqualified(season.rules, decisions).items() if number <= position}
    heats: dict[tuple[str, str, str], list[RankedEntry]] = defaultdict(list)
    heat_of = {unit: at_level(unit, round_.heats, season.units) if round_.heats else "" for unit in season.units}
    for standing in scored:
        entry = standing.entry
        noted = replace(standing, notes=(*standing.notes, "disqualified")) if entry.entry in out else standing
        heats[entry.track, entry.division, heat_of.get(entry.unit, "")].append(noted)
    groups = tuple(_group(round_, key, heats[key], had_score) for key in sorted(heats, key=_order(season)))
    competing = [standing for standing in scored if standing.entry.standing == EntryStatus.VALID]
    result = RoundResult(
        round_.id, groups, len(competing), sum(1 for standing in competing if standing.entry.entry in had_score)
    )
    return result, {standing.entry.entry: standing.score for standing in scored if standing.score is not None}


def _order(season: Season) -> Callable[[tuple[str, str, str]], tuple[int, int, int]]:
    """Groups by track, division, heat in the order in which the season names them."""
    tracks = {track.id: number for number, track in enumerate(season.rules.tracks)}
    divisions = {division.id: number for number, division in enumerate(season.rules.divisions)}

    def place(key: tuple[str, str, str]) -> tuple[int, int, int]:
        track, division, heat = key
        return tracks[track], divisions[division], season.units[heat].ordinal if heat in season.units else -1

    return place


def _group(
    round_: Round, key: tuple[str, str, str], members: Sequence[RankedEntry], had_score: set[str]
) -> GroupResult:
    ranked = tuple(rank_group(members))
    if round_.awards is None:
        return GroupResult(round_.id, *key, ranked, {}, 0, ())
    competing = [standing for standing in members if standing.entry.standing == EntryStatus.VALID]
    # N is what had a score when judging closed; a later removal does not change it.
    everyone = round_.awards.base == "valid"
    base = sum(1 for standing in competing if everyone or standing.entry.entry in had_score)
    ends = tier_cutoffs(round_.awards, base)
    places = tuple(end - start for start, end in zip([0, *ends], ends, strict=False))
    return GroupResult(round_.id, *key, ranked, tiers(round_.awards, ranked, base), base, places)


def award_tiers(rules: SeasonRules, round_id: str) -> list[str]:
    """The tiers of a round that are awards, best first."""
    awards = rules.round(round_id).awards
    return [tier.id for tier in awards.tiers] if awards else []


def _won(rules: SeasonRules, round_result: RoundResult, disqualified: frozenset[str]) -> list[Won]:
    awarded = set(award_tiers(rules, round_result.round))
    return [
        Won(standing.entry, tier, standing.rank or 0, standing.score or 0)
        for group in round_result.groups
        for standing in group.standings
        if (tier := group.tier(standing.entry.entry)) in awarded and standing.entry.entry not in disqualified
    ]


def _specials(rules: SeasonRules, round_result: RoundResult) -> list[Special]:
    held = {entry: given.tier for group in round_result.groups for entry, given in group.given.items()}
    ranked = [standing for group in round_result.groups for standing in group.standings if standing.rank]
    return specials(rules.round(round_result.round), ranked, held)


def _instructors(
    rules: SeasonRules, won: Mapping[str, Sequence[Won]], revocations: set[tuple[str, str]]
) -> list[RankedInstructor]:
    rule = rules.instructor_award
    if rule is None:
        return []
    back = frozenset(entry for round_id, entry in revocations if round_id == rule.round)
    return rank_instructors(rule, award_tiers(rules, rule.round), taken_back(won[rule.round], back))


def _units(
    season: Season, won: Mapping[str, Sequence[Won]], disqualified: frozenset[str], revoked: frozenset[str]
) -> list[RankedUnit]:
    rule = season.rules.unit_award
    if rule is None:
        return []
    counted = [
        entry
        for entry in season.entries.values()
        if entry.standing == EntryStatus.VALID and entry.entry not in disqualified
    ]
    violations = frozenset(unit for entry in disqualified for unit in above(season.entries[entry].unit, season.units))
    ranked = rank_units(rule, season, counted, won[rule.round], violations)
    return flag_revoked(ranked, season, revoked, rule.level)


def _credits(
    season: Season,
    rounds: Sequence[RoundResult],
    revoked: frozenset[tuple[str, str]],
    disqualified: frozenset[str],
) -> list[CreditLine]:
    if season.rules.credits is None:
        return []
    standing = {
        (round_.round, entry): given.tier
        for round_ in rounds
        for group in round_.groups
        for entry, given in group.given.items()
        if (round_.round, entry) not in revoked
    }
    return credit_lines(season.rules.credits, season, standing, disqualified)


def awards_by_tier(
    round_result: RoundResult, revoked: frozenset[tuple[str, str]]
) -> tuple[dict[str, int], dict[str, int]]:
    """How many entries were given each tier of a round, and from how many of them it was taken back."""
    given, back = Counter[str](), Counter[str]()
    for group in round_result.groups:
        for entry, award in group.given.items():
            given[award.tier] += 1
            if (round_result.round, entry) in revoked:
                back[award.tier] += 1
    return dict(given), dict(back)
