"""Taking in judges, scores and decisions of a season kept in records."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from services.judging.application.objecting import check_decidable
from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.rounds import present_in, takes_part
from services.judging.application.scoring import read_new_scores, rubric_of
from services.judging.domain.facts import DECIDED, Entry, Outcome
from services.judging.domain.self_assessment import PREVIOUS_COLUMNS, check_previous
from services.judging.domain.sheets import (
    COLUMNS,
    JUDGE_COLUMNS,
    OPTIONAL,
    Known,
    check_ballots,
    check_judges,
    check_runs,
    check_tests,
)
from shared.errors import Invalid, InvalidState, NotFound
from shared.season.csv_rows import Report
from shared.season.rules import Criterion, Round
from shared.season.time import parse_moment
from shared.sheets.reading import asked, read_sheet

ScoreFile = Literal["ballots", "runs", "tests"]
TYPES = ("objection", "appeal", "revocation", "judge_employer")


async def import_judges(season: JudgedSeason, content: bytes, store: Store) -> Report:
    """Take in `judges.csv`. The same file again changes nothing."""
    sheet = await read_sheet("judges.csv", content, asked(JUDGE_COLUMNS, ("languages",)), season.id)
    judges, rejected = check_judges(sheet, season.rules)
    changed = await store.facts.save_judges(season.id, judges)
    return Report("judges.csv", len(judges), changed, sheet.every(rejected))


async def import_previous(season: JudgedSeason, content: bytes, store: Store) -> Report:
    """Take in `previous.csv`: the tiers that units had last year. The same file again changes nothing.

    Raises:
        InvalidState: the season has no self-assessment.
    """
    if season.rules.self_assessment is None:
        raise InvalidState("no-self-assessment")
    sheet = await read_sheet("previous.csv", content, PREVIOUS_COLUMNS, season.id)
    tiers, rejected = check_previous(sheet, await store.facts.units(season.id))
    changed = await store.facts.save_previous(season.id, tiers)
    return Report("previous.csv", len(tiers), changed, sheet.every(rejected))


async def import_scores(season: JudgedSeason, kind: ScoreFile, round_id: str, content: bytes, store: Store) -> Report:
    """Take in the rows of one round of `ballots.csv`, `runs.csv` or `tests.csv`. The same file again changes nothing.

    Rows that name no round of the season fall with those of the first.

    Raises:
        InvalidState: the round is closed and the file holds something new, or the round before is still open.
    """
    sheet = await read_sheet(f"{kind}.csv", content, asked(COLUMNS[kind], OPTIONAL[kind]), season.id)
    round_ = season.round(round_id)
    if round_ is not season.current and round_.id not in season.closings:
        raise InvalidState("round-before-open")
    known = await known_for(season, round_, store)
    open_ = round_.id not in season.closings
    if kind == "ballots":
        ballots, rejected = check_ballots(sheet, known)
        changed, count = await store.scores.save_ballots(season.id, ballots, may_add=open_), len(ballots)
    elif kind == "runs":
        runs, rejected = check_runs(sheet, known)
        changed, count = await store.scores.save_runs(season.id, runs, may_add=open_), len(runs)
    else:
        tests, rejected = check_tests(sheet, known)
        changed, count = await store.scores.save_tests(season.id, tests, may_add=open_), len(tests)
    return Report(f"{kind}.csv", count, changed, sheet.every(rejected))


async def known_for(season: JudgedSeason, round_: Round, store: Store) -> Known:
    """What the scores of a round are checked against."""
    entries, seated = await store.facts.entries(season.id), await present_in(season, round_, store)
    return Known(
        season.rules,
        round_,
        await store.facts.units(season.id),
        entries,
        await store.facts.judges(season.id),
        frozenset(entry.entry for entry in entries.values() if takes_part(entry, seated)),
    )


async def apply_action(season: JudgedSeason, action_id: str, action: Mapping[str, Any], store: Store) -> bool:
    """Keep a dated decision. The same one again changes nothing; False then.

    Once results are final it acts by the next revision.

    Raises:
        Invalid: a field is missing or not understood.
        NotFound: there is no such entry, judge, round or component.
        InvalidState: the provisional or final results are being stated at this moment.
    """
    kind = action.get("type")
    if kind not in TYPES:
        raise InvalidState("action-unsupported", type=str(kind))
    at = parse_moment(str(action.get("at", "")), season.rules.zone)
    if at is None:
        raise Invalid("action-field", field="at")
    read = {
        "objection": _objection,
        "appeal": _appeal,
        "revocation": _revocation,
        "judge_employer": _employer,
    }[str(kind)]
    values: dict[str, object] = {
        **await read(season, action, store),
        "type": kind,
        "at": at,
        "reason": str(action.get("reason", "")),
    }
    check_decidable(season)
    return await store.facts.save_action(season.id, action_id, values)


async def _entry(season: JudgedSeason, action: Mapping[str, Any], store: Store) -> Entry:
    entry = await store.facts.entry(season.id, str(action.get("entry", "")))
    if entry is None or not entry.in_first_round:
        raise NotFound("no-such-entry")
    return entry


def _outcome(action: Mapping[str, Any]) -> bool:
    outcome = next((outcome for outcome in DECIDED if outcome == action.get("outcome")), None)
    if outcome is None:
        raise Invalid("action-field", field="outcome")
    return outcome == Outcome.UPHELD


async def _objection(season: JudgedSeason, action: Mapping[str, Any], store: Store) -> dict[str, object]:
    entry, round_ = await _entry(season, action, store), season.round(str(action.get("round", "")))
    return {"entry": entry.entry, "round": round_.id, "upheld": _outcome(action)}


async def _appeal(season: JudgedSeason, action: Mapping[str, Any], store: Store) -> dict[str, object]:
    entry, round_ = await _entry(season, action, store), season.round(str(action.get("round", "")))
    upheld = _outcome(action)
    components = {component.id: component for component in round_.scoring[entry.track].components}
    component = components.get(str(action.get("component", "")))
    if component is None:
        raise Invalid("action-field", field="component")
    values: dict[str, object] = {"entry": entry.entry, "round": round_.id, "component": component.id, "upheld": upheld}
    if not upheld:
        return values
    judges = await store.facts.judges(season.id)
    rubric = rubric_of(season, component) if component.rubric else ()
    given = {} if component.test else _given_scores(rubric, action.get("ballots"))
    try:
        return values | read_new_scores(season, component, judges, given, str(action.get("score", "")))
    except Invalid as error:
        if error.code != "fields-invalid":
            raise
        raise Invalid("action-field", field="score" if component.test else "ballots") from error


def _given_scores(rubric: Sequence[Criterion], listed: object) -> dict[str, dict[str, str]]:
    """The ballots that an action lists, as scores by judge and criterion.

    Raises:
        Invalid: it is no list of ballots, or one has more or fewer scores than the rubric.
    """
    result: dict[str, dict[str, str]] = {}
    for item in listed if isinstance(listed, list) else ():
        scores = item.get("scores") if isinstance(item, dict) else None
        if not isinstance(scores, list) or len(scores) != len(rubric):
            raise Invalid("action-field", field="ballots")
        result[str(item.get("judge"))] = {
            criterion.id: _cell(score) for criterion, score in zip(rubric, scores, strict=True)
        }
    return result


def _cell(score: Any) -> str:
    """A score as it came in JSON or as text."""
    return f"{Decimal(str(score)).normalize():f}" if isinstance(score, int | float) else str(score)


async def _revocation(season: JudgedSeason, action: Mapping[str, Any], store: Store) -> dict[str, object]:
    entry, listed = await _entry(season, action, store), action.get("rounds")
    if not isinstance(listed, list) or not listed:
        raise Invalid("action-field", field="rounds")
    return {"entry": entry.entry, "rounds": [season.round(str(name)).id for name in listed]}


async def _employer(season: JudgedSeason, action: Mapping[str, Any], store: Store) -> dict[str, object]:
    judge = await store.facts.judge(season.id, str(action.get("judge", "")))
    if judge is None:
        raise NotFound("no-such-judge")
    return {"judge": judge.judge, "employer": str(action.get("employer", ""))}
