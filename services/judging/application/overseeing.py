"""What the chief judge sees of a round: progress, agreement, who stands out, what calibration would change, what is open."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np

from services.judging.application.gathering import load_facts
from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.scoring import entries_to_score
from services.judging.domain.agreement import Intraclass, intraclass, krippendorff, largest_complete, table
from services.judging.domain.calibration import severities
from services.judging.domain.columns import Columns
from services.judging.domain.facts import HANDED_IN, BallotStatus, JudgeRole, Season
from services.judging.domain.results import RoundResult, compute_rounds, going_on, result_of_round, scores_of
from services.judging.domain.scores import ballot_values
from services.judging.domain.seats import OpenDecision
from shared.season.rules import Panel, Round

STANDS_OUT = 3.0
"""Points of severity from which a judge is pointed out."""
FEW = 5
"""Below so many ballots nothing is said of a judge."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a judge is."""

    judge: str
    assigned: int
    submitted: int
    drafts: int


@dataclass(frozen=True, slots=True)
class JudgeSeverity:
    """How a judge scores one component: points above the others on the same works, spread, and pace."""

    judge: str
    count: int
    severity: float
    deviation: float
    seconds: float | None
    """Between two submissions, the median."""
    stands_out: bool


@dataclass(frozen=True, slots=True)
class PanelReliability:
    """One component of one track."""

    track: str
    component: str
    intraclass: Intraclass | None
    alpha: float | None
    connected: bool
    """Whether all judges are linked by common works, so that they can be compared."""
    marks: tuple[JudgeSeverity, ...]


@dataclass(frozen=True, slots=True)
class Divergence:
    """An entry whose ballots lie further apart than the season allows."""

    entry: str
    component: str
    values: tuple[float, ...]
    limit: float


@dataclass(frozen=True, slots=True)
class TierChange:
    """An entry that would have another tier with another way of making one value of the ballots."""

    entry: str
    group: str
    now: str
    other: str


@dataclass(frozen=True, slots=True)
class Overview:
    """One round as it stands."""

    round: Round
    expected: int
    submitted: int
    progress: tuple[Progress, ...]
    qualities: tuple[PanelReliability, ...]
    apart: tuple[Divergence, ...]
    open: tuple[OpenDecision, ...]
    raw: tuple[TierChange, ...]
    """What would change with plain means instead of the season's panels."""
    calibrated: tuple[TierChange, ...]
    """What would change with severities taken out."""


async def progress(season: JudgedSeason, round_: Round, store: Store) -> tuple[Progress, ...]:
    """Every judge with works to score in the round."""
    held = await store.panels.all(season.id, round_.id)
    counts = await store.scores.tally(season.id, round_.id)
    progresses = []
    for judge in sorted((await store.facts.judges(season.id)).values(), key=lambda judge: judge.judge):
        works = held.get(judge.judge)
        if works is None and not held and judge.role == JudgeRole.SCORING and season.mode == "live":
            works = await entries_to_score(season, judge, store)
        submitted = sum(counts.get((judge.judge, status), 0) for status in HANDED_IN)
        drafts = counts.get((judge.judge, BallotStatus.DRAFT), 0)
        count = len(works) if works is not None else submitted
        progresses.append(Progress(judge.judge, count, submitted, drafts))
    return tuple(progress for progress in progresses if progress.assigned or progress.submitted)


async def oversee(season: JudgedSeason, round_: Round, store: Store) -> Overview:
    """The whole picture of a round."""
    facts = await load_facts(season, store)
    done = await progress(season, round_, store)
    ballots = await store.scores.of_round(season.id, round_.id)
    times: dict[tuple[str, str], list[int]] = defaultdict(list)
    for ballot in ballots:
        if ballot.status == BallotStatus.SUBMITTED and ballot.submitted_at is not None:
            times[ballot.component, ballot.judge].append(ballot.submitted_at)
    rounds = compute_rounds(facts, facts.decisions, round_.id)
    result = rounds[-1]
    return Overview(
        round=round_,
        expected=sum(judge.assigned for judge in done),
        submitted=sum(judge.submitted for judge in done),
        progress=done,
        qualities=tuple(_qualities(facts, round_, times)),
        apart=tuple(_apart(facts, round_)),
        open=result.seating.open if result.seating else (),
        raw=tuple(compare_tiers(facts, rounds, without_severity=False)),
        calibrated=tuple(compare_tiers(facts, rounds, without_severity=True)),
    )


def _qualities(facts: Season, round_: Round, times: Mapping[tuple[str, str], list[int]]) -> Sequence[PanelReliability]:
    panel_reliabilities = []
    for track, scoring in round_.scoring.items():
        for component in scoring.components:
            columns = facts.ballots.get((round_.id, component.id, track))
            if columns is None or component.rubric is None:
                continue
            tops, unit = ballot_values(columns.scores, facts.rules.rubrics[component.rubric])
            values = tops / unit
            severity = severities(columns, values)
            ratings = table(columns, values)
            marks = tuple(
                _mark(columns, values, position, float(severity.severity[position]), times[component.id, judge])
                for position, judge in enumerate(columns.judges)
            )
            whole = intraclass(largest_complete(ratings)) if ratings.size else None
            panel_reliabilities.append(
                PanelReliability(track, component.id, whole, krippendorff(ratings), severity.connected, marks)
            )
    return panel_reliabilities


def _mark(columns: Columns, values: np.ndarray, position: int, severity: float, times: Sequence[int]) -> JudgeSeverity:
    own = values[columns.judge == position]
    gaps = [(b - a) / 1e6 for a, b in pairwise(sorted(times))]
    return JudgeSeverity(
        columns.judges[position],
        int(own.size),
        severity,
        float(own.std()),
        median(gaps) if gaps else None,
        bool(own.size >= FEW and abs(severity) > STANDS_OUT),
    )


def _apart(facts: Season, round_: Round) -> Sequence[Divergence]:
    divergences = []
    for (round_id, component_id, track), columns in facts.ballots.items():
        component = next((c for c in round_.scoring[track].components if c.id == component_id), None)
        if round_id != round_.id or component is None or component.panel is None or component.rubric is None:
            continue
        limit = facts.rules.panels[component.panel].spread_review
        if limit is None:
            continue
        tops, unit = ballot_values(columns.scores, facts.rules.rubrics[component.rubric])
        for position, entry in enumerate(columns.entries):
            own = sorted((tops[columns.entry == position] / unit).tolist())
            if own[-1] - own[0] > float(limit):
                divergences.append(Divergence(entry, component_id, tuple(own), float(limit)))
    return sorted(divergences, key=lambda divergence: divergence.values[0] - divergence.values[-1])


def compare_tiers(facts: Season, rounds: Sequence[RoundResult], *, without_severity: bool) -> Sequence[TierChange]:
    """Which tiers of the last of these rounds would be others with plain means, severities in them or taken out."""
    panels = {name: _plain(panel, without_severity) for name, panel in facts.rules.panels.items()}
    if panels == facts.rules.panels:
        return ()
    *before, now = rounds
    other = replace(facts, rules=facts.rules.model_copy(update={"panels": panels}))
    present = [entry for entry in facts.entries.values() if entry.in_first_round]
    for round_result in before:
        present = going_on(present, round_result.seating) if round_result.seating else present
    previous = scores_of(before[-1].groups) if before else {}
    alternative, _ = result_of_round(other, len(before), present, previous, facts.decisions)
    tiers = {name: given.tier for group in alternative.groups for name, given in group.given.items()}
    return [
        TierChange(
            standing.entry.entry, group.group, group.tier(standing.entry.entry), tiers.get(standing.entry.entry, "")
        )
        for group in now.groups
        for standing in group.standings
        if group.tier(standing.entry.entry) != tiers.get(standing.entry.entry, "")
    ]


def _plain(panel: Panel, without_severity: bool) -> Panel:
    return panel.model_copy(update={"method": "mean", "spread_review": None, "without_severity": without_severity})
