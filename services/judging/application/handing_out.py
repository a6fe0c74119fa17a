"""Handing out works: which judge gets which entries, told so that registration shows each judge these files and no others."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.application.rounds import present_in, stated_reason, takes_part
from services.judging.application.scoring import entries_to_score, in_round, tasks
from services.judging.domain.assignment import Cause, ImpossibleAssignment, assign
from services.judging.domain.facts import BallotStatus, Entry, Judge, JudgeRole, check_judge
from services.judging.domain.signatures import Signatory
from shared.errors import InvalidState, NotFound
from shared.season.rules import Round

DEFAULT_SEED = 1


async def hand_out(season: JudgedSeason, store: Store) -> dict[str, int]:
    """Give every judge all entries that they may score in the round that is on; how many each has.

    Doing it again adds what is new, and takes back what is no longer theirs because of a conflict or a withdrawal.
    """
    result: dict[str, int] = {}
    for judge in sorted((await store.facts.judges(season.id)).values(), key=lambda judge: judge.judge):
        entries = await entries_to_score(season, judge, store)
        await store.panels.assign(season.id, season.shown.id, judge.judge, entries)
        result[judge.judge] = len(entries)
    return result


def judges_needed(round_: Round, season: JudgedSeason) -> dict[str, int]:
    """How many judges an entry needs, by track: the largest panel of its components; tracks without panels are left out."""
    result: dict[str, int] = {}
    for track, scoring in round_.scoring.items():
        sizes = [season.rules.panels[part.panel].ballots for part in scoring.components if part.panel]
        if sizes:
            result[track] = max(sizes)
    return result


@dataclass(frozen=True, slots=True)
class HandedOut:
    """How many entries each judge has after an assignment, and how many changed hands."""

    loads: Mapping[str, int]
    moved: int


async def assign_panels(
    season: JudgedSeason,
    store: Store,
    *,
    seed: int = DEFAULT_SEED,
    absent: Collection[str] = (),
    reserves: Collection[str] = (),
    needed: Mapping[str, int] | None = None,
) -> HandedOut:
    """Give each entry of the round as many judges as its panel has, loads even, conflicts never.

    Doing it again moves nothing but what has to move: new entries get judges, the works of those who are `absent` go to
    others, `reserves` help. Submitted ballots stay with whoever wrote them.

    Raises:
        InvalidState: somewhere there are too few judges; the causes are named.
    """
    round_ = season.shown
    wanted = {**judges_needed(round_, season), **(needed or {})}
    judges = [
        await in_round(season, round_, judge, store)
        for judge in (await store.facts.judges(season.id)).values()
        if (judge.role == JudgeRole.SCORING or judge.judge in reserves) and judge.judge not in absent
    ]
    entries = [entry for entry in await entries_in(season, round_, store) if entry.track in wanted]
    held: dict[str, list[str]] = defaultdict(list)
    for judge_id, theirs in (await store.panels.all(season.id, round_.id)).items():
        for name in theirs:
            held[name].append(judge_id)
    finished = {
        (ballot.entry, ballot.judge)
        for ballot in await store.scores.of_round(season.id, round_.id)
        if ballot.status == BallotStatus.SUBMITTED
    }
    units, now = await store.facts.units(season.id), await store.clock.now()
    try:
        assignment = assign(entries, judges, wanted, units, now, seed, held=held, finished=finished)
    except ImpossibleAssignment as impossible:
        raise InvalidState(
            "judges-missing", causes="; ".join(_said(cause) for cause in impossible.causes[:8])
        ) from None
    by_judge: dict[str, list[str]] = {judge: [] for judge in {*(j for theirs in held.values() for j in theirs)}}
    by_judge |= {judge.judge: [] for judge in judges}
    for name, panel in sorted(assignment.panels.items()):
        for judge_id in panel:
            by_judge.setdefault(judge_id, []).append(name)
    for judge_id, theirs in sorted(by_judge.items()):
        await store.panels.assign(season.id, round_.id, judge_id, theirs)
    moved = sum(len(set(panel) - set(held.get(name, ()))) for name, panel in assignment.panels.items())
    return HandedOut({judge: len(theirs) for judge, theirs in sorted(by_judge.items())}, moved)


async def entries_in(season: JudgedSeason, round_: Round, store: Store) -> list[Entry]:
    """Every entry that is scored in the round; exhibition entries in all of them."""
    present = await present_in(season, round_, store)
    return [entry for entry in (await store.facts.entries(season.id)).values() if takes_part(entry, present)]


def _said(cause: Cause) -> str:
    return f"{cause.track} {cause.unit}: {cause.possible}/{cause.needed}"


async def recuse(season: JudgedSeason, judge: Judge, entry: str, reason: str, by: Signatory, store: Store) -> None:
    """A judge steps back from an entry: it is theirs no more, and waits for somebody else.

    The entry becomes a declared conflict of the judge. A ballot that was written already does not count any more.

    Raises:
        NotFound: it is not theirs to score.
        InvalidState: the round is closed, no reason is given, or an earlier account of the judge has submitted a ballot.
    """
    round_ = season.current
    if round_ is None:
        raise InvalidState("round-closed")
    why = stated_reason(reason)
    if entry not in {task.entry.entry for task in await tasks(season, judge, store)}:
        raise NotFound("no-such-task")
    if await store.scores.held_by_others(season.id, round_.id, entry, judge.judge, by.account):
        raise InvalidState("ballot-by-another")
    await record(
        "judge-recused", season, by, store, why, facts={"round": round_.id, "entry": entry, "judge": judge.judge}
    )
    values = {
        "type": "recusal",
        "judge": judge.judge,
        "entry": entry,
        "at": await store.clock.now(),
        "reason": why,
    }
    await store.facts.save_action(season.id, f"recusal-{judge.judge}-{entry}", values)
    await store.facts.add_conflict(season.id, judge.judge, entry)
    assigned = await store.panels.assigned(season.id, round_.id, judge.judge)
    if assigned and entry in assigned:
        await store.panels.assign(season.id, round_.id, judge.judge, [name for name in assigned if name != entry])
    await store.scores.void(season.id, round_.id, entry, judge.judge, why)


async def record_judge(season: JudgedSeason, judge: Judge, by: Signatory, store: Store) -> None:
    """Keep a judge of a live season, and take back works that a new employer, conflict or track forbids.

    Ballots that were submitted before stay: a conflict counts from when it is there.

    Raises:
        Invalid: the id has not its form, or there are no tracks, or one that the season has not.
        InvalidState: the season is kept in records.
    """
    if season.mode != "live":
        raise InvalidState("records-season")
    check_judge(judge, season.rules)
    named = {"judge": judge.judge, "as": judge.role, "tracks": list(judge.tracks), "conflicts": list(judge.conflicts)}
    await record("judge-recorded", season, by, store, facts=named)
    await store.facts.save_judges(season.id, [judge])
    round_ = season.shown
    assigned = await store.panels.assigned(season.id, round_.id, judge.judge)
    if assigned:
        allowed = set(await entries_to_score(season, judge, store))
        await store.panels.assign(season.id, round_.id, judge.judge, [name for name in assigned if name in allowed])
