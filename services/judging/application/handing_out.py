"""Handing out works: which judge gets which entries, told so that registration shows each judge these files and no others."""

from collections.abc import Sequence
from typing import Protocol

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.scoring import tasks


class Panels(Protocol):
    async def assign(self, season: str, round_id: str, judge: str, entries: Sequence[str]) -> bool: ...


async def hand_out(season: JudgedSeason, store: Store, panels: Panels) -> dict[str, int]:
    """Give every judge the entries that are theirs to score now; how many each has. Doing it again adds what is new.

    An entry that is no longer theirs, because of a conflict or a withdrawal, is taken back.
    """
    round_id, found = season.rules.rounds[0].id, {}
    for judge in sorted((await store.facts.judges(season.id)).values(), key=lambda one: one.judge):
        entries = list(dict.fromkeys(one.entry.entry for one in await tasks(season, judge, store)))
        await panels.assign(season.id, round_id, judge.judge, entries)
        found[judge.judge] = len(entries)
    return found
