"""A judge at work in a live season: which entries, and their ballots."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from services.judging.application.ports import JudgedSeason, Store
from services.judging.domain.facts import Ballot, Entry, Judge, Unit, must_recuse
from services.judging.domain.rounding import fixed
from services.judging.domain.scores import ballot_value
from shared.errors import Invalid, NotFound, Refused
from shared.season.records import micros, parse_score
from shared.season.rules import Component, Criterion, Round


@dataclass(frozen=True, slots=True)
class Task:
    """One entry and component that the judge is to score; the ballot as it is, if begun."""

    entry: Entry
    component: Component
    ballot: Ballot | None


def _round(season: JudgedSeason) -> Round:
    return season.rules.rounds[0]


async def judge_of(season: JudgedSeason, ref: str, store: Store) -> Judge:
    """The judge behind a grant. Raises NotFound when the season does not know them."""
    judge = await store.facts.judge(season.id, ref)
    if judge is None:
        raise NotFound("no-such-judge")
    return judge


async def tasks(season: JudgedSeason, judge: Judge, store: Store) -> list[Task]:
    """What the judge is to score: entries of their tracks without a conflict, in the order of their numbers."""
    units = await store.facts.units(season.id)
    ballots = {(one.entry, one.component): one for one in await store.ballots.by_judge(season.id, judge.judge)}
    return [
        Task(entry, component, ballots.get((entry.entry, component.id)))
        for entry in await store.facts.entries_of(season.id, judge.tracks)
        for component in _to_score(season, judge, entry, units)
    ]


def _to_score(season: JudgedSeason, judge: Judge, entry: Entry, units: Mapping[str, Unit]) -> list[Component]:
    """The components of an entry of the judge's tracks that are theirs to score; none where they have a conflict."""
    if not entry.in_first_round or must_recuse(judge, entry, units):
        return []
    return [component for component in _round(season).scoring[entry.track].components if component.panel]


async def task(season: JudgedSeason, judge: Judge, entry: str, component: str, store: Store) -> Task:
    """One of the judge's tasks. Raises NotFound for an entry that is not theirs to score, whether it exists or not."""
    found = await store.facts.entry(season.id, entry)
    if found is None or found.track not in judge.tracks:
        raise NotFound("no-such-task")
    units = await store.facts.units(season.id)
    part = next((one for one in _to_score(season, judge, found, units) if one.id == component), None)
    if part is None:
        raise NotFound("no-such-task")
    return Task(found, part, await store.ballots.one(season.id, _round(season).id, component, entry, judge.judge))


def rubric_of(season: JudgedSeason, component: Component) -> tuple[Criterion, ...]:
    return season.rules.rubrics[component.rubric or ""]


def read_scores(rubric: tuple[Criterion, ...], given: Mapping[str, str], *, whole: bool) -> tuple[Decimal | None, ...]:
    """The scores by criterion id; `whole` asks for every one.

    Raises:
        Invalid: naming each criterion whose score is missing, malformed, or above its maximum.
    """
    scores: list[Decimal | None] = []
    errors: list[dict[str, str]] = []
    for criterion in rubric:
        cell = given.get(criterion.id, "").strip()
        score = parse_score(cell)
        scores.append(score)
        if not cell and not whole:
            continue
        code = "score-missing" if not cell else "score-form" if score is None else ""
        if score is not None and score > criterion.full:
            code = "score-range"
        if code:
            errors.append({"pointer": f"/scores/{criterion.id}", "field": criterion.id, "code": code})
    unknown = sorted(set(given) - {criterion.id for criterion in rubric})
    errors += [{"pointer": f"/scores/{name}", "field": name, "code": "score-unknown"} for name in unknown]
    if errors:
        raise Invalid("scores-invalid", errors=[dict(error) for error in errors])
    return tuple(scores)


async def write_ballot(
    season: JudgedSeason,
    judge: Judge,
    entry: str,
    component: str,
    given: Mapping[str, str],
    *,
    submit: bool,
    comment: str,
    note: str,
    store: Store,
) -> Ballot:
    """Save a draft or submit a ballot; until the round closes it can be scored again. Older versions are kept.

    Raises:
        Invalid: a score is missing or not possible.
        NotFound: it is not the judge's task.
        Refused: judging is not open, by the database's clock.
    """
    if season.mode != "live":
        raise Refused("records-season")
    if season.stage != "open":
        raise Refused("round-closed")
    one = await task(season, judge, entry, component, store)
    scores = read_scores(rubric_of(season, one.component), given, whole=submit)
    window = _round(season).judging
    written = Ballot(
        _round(season).id,
        component,
        entry,
        judge.judge,
        "submitted" if submit else "draft",
        None,
        tuple(score if score is not None else Decimal(-1) for score in scores),
    )
    _, at = await store.ballots.write(
        season.id, written, opens=micros(window.opens), closes=micros(window.closes), comment=comment, note=note
    )
    now = await store.seasons.find(season.id)
    in_time = now and (now.stage == "open" or (now.stage == "closed" and at <= (now.closed_at or 0)))
    if not in_time:  # what came by the time of closing counts, and nothing else
        raise Refused("round-closed")
    return Ballot(written.round, component, entry, judge.judge, written.status, at, written.scores)


def value_of(season: JudgedSeason, component: Component, ballot: Ballot) -> str | None:
    """The ballot's value of 100 with two decimals; None while a score is missing."""
    if len(ballot.scores) != len(rubric_of(season, component)) or any(score < 0 for score in ballot.scores):
        return None
    return fixed(Fraction(ballot_value(ballot, rubric_of(season, component))), 2)
