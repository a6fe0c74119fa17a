"""What judges have yet to score, counted now and then and told, so that registration can remind them."""

from dataclasses import dataclass
from typing import Protocol

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.scoring import tasks
from services.judging.domain.facts import JudgeRole
from shared.season.time import to_unix_micros

ASKED = frozenset({JudgeRole.SCORING, JudgeRole.CHIEF, JudgeRole.RESERVE})
"""Judges who are people and whose ballots count."""


@dataclass(frozen=True, slots=True)
class TaskCount:
    """How many works of a round a judge has yet to score, of how many."""

    round: str = ""
    left: int = 0
    works: int = 0


class TasksLeft(Protocol):
    """What was told last, by judge."""

    async def of(self, season: str) -> dict[str, TaskCount]: ...
    async def tell(self, season: str, judge: str, count: TaskCount, at: int) -> None: ...


async def tell_tasks_left(seasons: list[JudgedSeason], told: TasksLeft, store: Store) -> int:
    """The sweeper: tell every count that is another than was told. Returns how many.

    Nothing is left to a judge while no ballot can be written: before a round opens, after it closes.
    """
    now, changed = await store.clock.now(), 0
    for season in seasons:
        if season.mode != "live":
            continue
        before = await told.of(season.id)
        left = await _left(season, now, store)
        for judge in sorted({*before, *left}):
            count = left.get(judge, TaskCount(season.shown.id))
            former = before.get(judge, TaskCount())
            if count == former or (not count.works and not former.works and not former.left):
                continue
            await told.tell(season.id, judge, count, now)
            changed += 1
    return changed


async def _left(season: JudgedSeason, now: int, store: Store) -> dict[str, TaskCount]:
    round_ = season.current
    if round_ is None or not to_unix_micros(round_.judging.opens) <= now <= to_unix_micros(round_.judging.closes):
        return {}
    held = await store.panels.all(season.id, round_.id)
    asked = [
        judge
        for judge in (await store.facts.judges(season.id)).values()
        if judge.role in ASKED and (judge.judge in held or (not held and judge.role == JudgeRole.SCORING))
    ]
    listed = {judge.judge: await tasks(season, judge, store) for judge in asked}
    return {
        judge: TaskCount(round_.id, sum(not task.done for task in works), len(works)) for judge, works in listed.items()
    }
