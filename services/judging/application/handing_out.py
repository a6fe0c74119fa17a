"""Handing out works: which judge gets which entries, told so that registration shows each judge these files and no others."""

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.scoring import entries_to_score


async def hand_out(season: JudgedSeason, store: Store) -> dict[str, int]:
    """Give every judge all entries that they may score in the round that is on; how many each has.

    Doing it again adds what is new, and takes back what is no longer theirs because of a conflict or a withdrawal.
    """
    found: dict[str, int] = {}
    for judge in sorted((await store.facts.judges(season.id)).values(), key=lambda one: one.judge):
        entries = await entries_to_score(season, judge, store)
        await store.panels.assign(season.id, season.shown.id, judge.judge, entries)
        found[judge.judge] = len(entries)
    return found
