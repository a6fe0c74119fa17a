"""A judge at work in a live season: which entries, and their ballots."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.rounds import present_in, takes_part
from services.judging.domain.facts import HANDED_IN, Ballot, BallotStatus, Entry, Judge, JudgeRole, Unit, must_recuse
from services.judging.domain.rounding import format_fixed
from services.judging.domain.scores import ballot_value
from shared.errors import Invalid, InvalidState, NotFound, error_at
from shared.season.csv_rows import parse_score
from shared.season.rules import Component, Criterion, Round
from shared.season.time import to_unix_micros


@dataclass(frozen=True, slots=True)
class Task:
    """One entry and component that the judge is to score in a round; the ballot as it is, if begun, or its test's score."""

    round: str
    entry: Entry
    component: Component
    ballot: Ballot | None
    score: Decimal | None = None
    """What was handed in, where the component is a test."""

    @property
    def status(self) -> str:
        """That of the ballot, or `open` while nothing is written."""
        if self.score is not None:
            return BallotStatus.SUBMITTED
        return self.ballot.status if self.ballot and self.ballot.scores else "open"

    @property
    def done(self) -> bool:
        """Whether nothing is left to do for the judge."""
        return self.status in HANDED_IN


async def in_round(season: JudgedSeason, round_: Round, judge: Judge, store: Store) -> Judge:
    """The judge as this round knows them: where it wants new judges, what they scored in earlier rounds is a conflict."""
    return _in_round(
        season, round_, judge, await store.scores.by_judge(season.id, judge.judge) if round_.new_judges else ()
    )


def _in_round(season: JudgedSeason, round_: Round, judge: Judge, ballots: Sequence[Ballot]) -> Judge:
    if not round_.new_judges:
        return judge
    earlier = {other.id for other in season.rules.rounds[: season.rules.rounds.index(round_)]}
    scored = {ballot.entry for ballot in ballots if ballot.round in earlier and ballot.status == BallotStatus.SUBMITTED}
    return replace(judge, conflicts=(*judge.conflicts, *sorted(scored)))


async def tasks(season: JudgedSeason, judge: Judge, store: Store) -> list[Task]:
    """What the judge is to score in the round that is on: entries of their tracks without a conflict, by number.

    Once works were assigned in this round, only those that were assigned to the judge.
    """
    round_ = season.shown
    units, now = await store.facts.units(season.id), await store.clock.now()
    theirs = await store.scores.by_judge(season.id, judge.judge)
    judge = _in_round(season, round_, judge, theirs)
    ballots = {(ballot.entry, ballot.component): ballot for ballot in theirs if ballot.round == round_.id}
    assigned = await store.panels.assigned(season.id, round_.id, judge.judge)
    present = await present_in(season, round_, store)
    scores = await _scores_of_tests(season, round_, judge, store)
    if assigned is None:
        entries = await store.facts.entries_of(season.id, judge.tracks)
    else:
        entries = await store.facts.entries_named(season.id, assigned)
    return [
        Task(
            round_.id,
            entry,
            component,
            ballots.get((entry.entry, component.id)),
            scores.get((entry.entry, component.id)),
        )
        for entry in entries
        for component in _to_score(round_, judge, entry, units, present, now)
    ]


async def _scores_of_tests(
    season: JudgedSeason, round_: Round, judge: Judge, store: Store
) -> dict[tuple[str, str], Decimal]:
    """What was handed in for tests of the round, by entry and component; only an automatic judge asks."""
    if judge.role != JudgeRole.AUTOMATIC:
        return {}
    tests = await store.scores.tests(season.id)
    return {(test.entry, test.component): test.score for test in tests if test.round == round_.id}


def _to_score(
    round_: Round,
    judge: Judge,
    entry: Entry,
    units: Mapping[str, Unit],
    present: frozenset[str] | None,
    now: int,
) -> list[Component]:
    """The components of an entry that are the judge's to score; none where they have a conflict or it is not in the round."""
    if not takes_part(entry, present) or entry.track not in judge.tracks or not judge.reads(entry.language):
        return []
    if must_recuse(judge, entry, units, now):
        return []
    automatic = judge.role == JudgeRole.AUTOMATIC
    return [part for part in round_.scoring[entry.track].components if (part.test if automatic else part.panel)]


async def entries_to_score(season: JudgedSeason, judge: Judge, store: Store) -> list[str]:
    """Every entry that the judge may score in the round that is on, assigned or not."""
    round_ = season.shown
    judge = await in_round(season, round_, judge, store)
    units, now = await store.facts.units(season.id), await store.clock.now()
    present = await present_in(season, round_, store)
    return [
        entry.entry
        for entry in await store.facts.entries_of(season.id, judge.tracks)
        if _to_score(round_, judge, entry, units, present, now)
    ]


async def task(season: JudgedSeason, judge: Judge, entry: str, component: str, store: Store) -> Task:
    """One of the judge's tasks. Raises NotFound for an entry that is not theirs to score, whether it exists or not."""
    round_, stored_entry = season.shown, await store.facts.entry(season.id, entry)
    assigned = await store.panels.assigned(season.id, round_.id, judge.judge)
    if stored_entry is None or (assigned is not None and entry not in assigned):
        raise NotFound("no-such-task")
    judge = await in_round(season, round_, judge, store)
    units, now = await store.facts.units(season.id), await store.clock.now()
    listed = _to_score(round_, judge, stored_entry, units, await present_in(season, round_, store), now)
    part = next((each_component for each_component in listed if each_component.id == component), None)
    if part is None:
        raise NotFound("no-such-task")
    ballot = await store.scores.ballot(season.id, round_.id, component, entry, judge.judge)
    scores = await _scores_of_tests(season, round_, judge, store)
    return Task(round_.id, stored_entry, part, ballot, scores.get((entry, component)))


def next_task(listed: Sequence[Task], entry: str, component: str) -> Task | None:
    """The next of the judge's tasks that is not done, after this one and then from the beginning; None when all are."""
    position = next(
        (
            number
            for number, task in enumerate(listed, 1)
            if (task.entry.entry, task.component.id) == (entry, component)
        ),
        0,
    )
    in_turn = [*listed[position:], *listed[:position]]
    return next((task for task in in_turn if not task.done), None)


def rubric_of(season: JudgedSeason, component: Component) -> tuple[Criterion, ...]:
    """The criteria of a component; none where a test gives its score."""
    return season.rules.rubrics[component.rubric] if component.rubric else ()


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


def read_new_scores(
    season: JudgedSeason,
    component: Component,
    judges: Container[str],
    scores: Mapping[str, Mapping[str, str]],
    test_score: str,
) -> dict[str, Any]:
    """What an upheld appeal puts in place of the scores of a component: ballots by judge, or the score of its test.

    Raises:
        Invalid: no judge of the season is given, or a score is missing or not possible.
    """
    if component.test:
        score = parse_score(test_score.strip())
        if score is None or score > component.test.max:
            raise Invalid("fields-invalid", errors=[error_at("score", "score-range")])
        return {"score": str(score)}
    if not component.rubric or not scores or any(judge not in judges for judge in scores):
        raise Invalid("fields-invalid", errors=[error_at("scores", "objection-scores")])
    rubric = rubric_of(season, component)
    read = {judge: read_scores(rubric, cells, whole=True) for judge, cells in scores.items()}
    return {"ballots": {judge: [str(score) for score in row] for judge, row in read.items()}}


async def write_ballot(
    season: JudgedSeason,
    judge: Judge,
    entry: str,
    component: str,
    given: Mapping[str, str],
    *,
    round_id: str,
    account: str,
    submit: bool,
    comment: str,
    note: str,
    store: Store,
    seen: int | None = None,
) -> tuple[Ballot, int]:
    """Save a draft or submit a ballot; until the round closes it can be scored again. Older versions are kept.

    It counts in the round it was written for and in no other. Each version holds the account that wrote it, which is the
    judge's. With `seen`, the version that was written on, nothing that was written elsewhere since is written over. Returns
    the ballot and its version.

    Raises:
        Invalid: a score is missing or not possible.
        NotFound: it is not the judge's task, or the season has no such round.
        InvalidState: judging is not open, by the database's clock, another account submitted the ballot, it was written on
            since it was seen, or the score is that of a test, which comes by sheet.
    """
    if season.mode != "live":
        raise InvalidState("records-season")
    round_ = season.round(round_id)
    if round_.id in season.closings:
        raise InvalidState("round-closed")
    if round_ is not season.current:
        raise InvalidState("judging-not-open")
    each_task = await task(season, judge, entry, component, store)
    if each_task.component.test:
        raise InvalidState("test-by-sheet")
    scores = read_scores(rubric_of(season, each_task.component), given, whole=submit)
    shadow = judge.role == JudgeRole.SHADOW
    written = Ballot(
        round_.id,
        component,
        entry,
        judge.judge,
        BallotStatus.DRAFT if not submit else BallotStatus.SHADOW if shadow else BallotStatus.SUBMITTED,
        None,
        tuple(score if score is not None else Decimal(-1) for score in scores),
    )
    window = round_.judging
    version, at = await store.scores.write(
        season.id,
        written,
        account=account,
        opens=to_unix_micros(window.opens),
        closes=to_unix_micros(window.closes),
        comment=comment,
        note=note,
        seen=seen,
    )
    now = await store.seasons.find(season.id)
    closed_at = now.closings.get(round_.id) if now else None
    if closed_at is not None and at > closed_at:  # what came by the time of closing counts, and nothing else
        raise InvalidState("round-closed")
    return Ballot(written.round, component, entry, judge.judge, written.status, at, written.scores), version


def task_value(season: JudgedSeason, task: Task) -> str | None:
    """What the judge gave, of 100 with two decimals; None while a score is missing."""
    test = task.component.test
    if test and task.score is not None:
        return format_fixed(Fraction(100 * task.score) / Fraction(test.max), 2)
    return value_of(season, task.component, task.ballot) if task.ballot and task.ballot.scores else None


def value_of(season: JudgedSeason, component: Component, ballot: Ballot) -> str | None:
    """The ballot's value of 100 with two decimals; None while a score is missing."""
    if len(ballot.scores) != len(rubric_of(season, component)) or any(score < 0 for score in ballot.scores):
        return None
    return format_fixed(ballot_value(ballot.scores, rubric_of(season, component)), 2)
