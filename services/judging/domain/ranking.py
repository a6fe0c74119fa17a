"""Ranks 名次: by score, then the season's tie chain, then joint: 1-2-2-4 (season folder, section 7)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from services.judging.domain.facts import Ballot, Entry, Season
from services.judging.domain.rounding import kept
from services.judging.domain.scores import ballot_value, criterion_means, panel_value, round_score
from shared.season.rules import Round, Scoring

Key = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One entry in one round. Without a score it is absent; only competing, scored entries have a rank."""

    entry: Entry
    score: Fraction | None
    ties: Key = ()
    rank: int | None = None
    notes: tuple[str, ...] = ()
    components: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def strength(self) -> Key:
        """Higher is better."""
        return (self.score if self.score is not None else Fraction(-1), *self.ties)


def rank_group(standings: Iterable[Standing]) -> list[Standing]:
    """The standings of one group and heat with their ranks: ranked ones first, best first, then the others by id.

    The order of the input does not matter. Entries that have notes such as `disqualified` move nobody.
    """
    everything = list(standings)
    competing = [one for one in everything if one.score is not None and not one.notes]
    competing.sort(key=lambda one: one.entry.entry)
    competing.sort(key=lambda one: one.strength, reverse=True)
    ranked: list[Standing] = []
    for position, one in enumerate(competing, 1):
        joint = ranked and ranked[-1].strength == one.strength
        rank = ranked[-1].rank if joint else position
        ranked.append(Standing(one.entry, one.score, one.ties, rank, one.notes, one.components))
    others = sorted((one for one in everything if one not in competing), key=lambda one: one.entry.entry)
    return ranked + others


def score_round(season: Season, one: Round) -> dict[str, Standing]:
    """Score and tie keys of every entry that takes part in the (first) round; ranks come later."""
    ballots: dict[tuple[str, str], list[Ballot]] = defaultdict(list)
    for ballot in season.ballots:
        if ballot.round == one.id and ballot.status == "submitted":
            ballots[ballot.entry, ballot.component].append(ballot)
    return {
        entry.entry: _score(season, one.scoring[entry.track], entry, ballots)
        for entry in season.entries.values()
        if entry.in_first_round
    }


def _score(
    season: Season, scoring: Scoring, entry: Entry, ballots: Mapping[tuple[str, str], Sequence[Ballot]]
) -> Standing:
    rules = season.rules
    values: dict[str, Fraction] = {}
    for component in scoring.components:
        if component.panel is None or component.rubric is None:
            raise NotImplementedError(component.id)
        counted = ballots.get((entry.entry, component.id), [])
        if counted:
            rubric, panel = rules.rubrics[component.rubric], rules.panels[component.panel]
            values[component.id] = kept(panel_value([ballot_value(ballot, rubric) for ballot in counted], panel))
    notes = ("exhibition",) if entry.standing == "exhibition" else ()
    if len(values) < len(scoring.components):
        return Standing(entry, None, notes=(*notes, "absent"), components=values)
    score = round_score([(Fraction(component.weight), values[component.id]) for component in scoring.components])
    ties = tuple(part for key in scoring.ties for part in _tie(key, scoring, season, entry, values, ballots))
    return Standing(entry, score, ties, notes=notes, components=values)


def _tie(
    key: str,
    scoring: Scoring,
    season: Season,
    entry: Entry,
    values: Mapping[str, Fraction],
    ballots: Mapping[tuple[str, str], Sequence[Ballot]],
) -> Key:
    kind, _, name = key.partition(":")
    if kind == "criteria":
        component = next(one for one in scoring.components if one.id == name)
        rubric = season.rules.rubrics[component.rubric or ""]
        return criterion_means(ballots[entry.entry, name], rubric)
    if kind == "component":
        return (values[name],)
    if kind == "earliest-submission":
        return (-Fraction(entry.submitted_at or 0),)
    if kind == "previous-score":  # there is no round before the first
        return (Fraction(0),)
    raise NotImplementedError(key)
