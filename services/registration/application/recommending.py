"""Recommendation 推荐: what units did with entries, kept with each entry, and the lists that follow from it."""

from collections.abc import Mapping
from dataclasses import replace

from services.registration.application.entry_events import entry_event
from services.registration.application.ports import Season, SlotTaken, Store, StoredEntry
from services.registration.domain.entries import is_to_be_recommended, status_of
from services.registration.domain.recommending import (
    Acts,
    Candidate,
    position_of,
    standing_forwards,
    units_above,
)
from shared.errors import NotFound, Unavailable
from shared.season.rules import Recommendation
from shared.states import EntryStatus

COLUMNS = ("level", "unit", "track", "place", "rank", "entry", "state")
OUTCOME_COLUMNS = ("entry", "state", "forwarded", "returned")
TAKES_PART = frozenset({EntryStatus.VALID, EntryStatus.NOT_RECOMMENDED})


def recommendation_of(season: Season) -> Recommendation:
    """Who recommends in the season.

    Raises:
        NotFound: nobody does.
    """
    if season.rules.recommendation is None:
        raise NotFound("no-recommendation")
    return season.rules.recommendation


def candidate_of(season: Season, stored: StoredEntry) -> Candidate:
    """An entry as recommending sees it."""
    takes_part = stored.standing in TAKES_PART and is_to_be_recommended(season.rules, stored.entry.track)
    return Candidate(stored.entry.entry, stored.entry.track, stored.entry.unit, takes_part, stored.later.acts)


async def keep_acts(season: Season, entries: Mapping[str, StoredEntry], acts: Mapping[str, Acts], store: Store) -> int:
    """Keep what was done with each of these entries as a whole; judging is told of each that stands otherwise now.

    Returns how many changed. Those that give up a rank or a place come first.

    Raises:
        Unavailable: somebody else took one of the places at this moment.
    """
    changed = [stored for stored in entries.values() if acts.get(stored.entry.entry, ()) != stored.later.acts]
    for stored in sorted(changed, key=lambda stored: len(stored.later.acts), reverse=True):
        later = replace(stored.later, acts=acts.get(stored.entry.entry, ()))
        standing = status_of(stored.entry, season.rules, later)
        after = replace(stored, version=stored.version + 1, later=later, standing=standing)
        events = [entry_event(after)] if standing != stored.standing else []
        note = {"what": "recommendation", "at": max((acted.at for acted in later.acts), default=0)}
        try:
            await store.entries.save(after, events, note)
        except SlotTaken as error:
            raise Unavailable("try-again") from error
    return len(changed)


async def recommendation_rows(season: Season, store: Store) -> list[tuple[str, ...]]:
    """Every forward that stands: level by level, unit by unit, track by track, in the order of the unit's ranks."""
    rules, units = recommendation_of(season), await store.units.of(season.id)
    entries = await store.entries.of(season.id)
    tracks = [track.id for track in season.rules.tracks]
    order = list(units)
    lines = sorted(
        (
            rules.levels.index(acted.level),
            order.index(acted.unit),
            tracks.index(stored.entry.track),
            acted.rank,
            stored.entry.entry,
        )
        for stored in entries.values()
        for acted in standing_forwards(stored.later.acts)
    )
    rows: list[tuple[str, ...]] = []
    place, group = 0, None
    for level, unit, track, rank, entry in lines:
        place = place + 1 if group == (level, unit, track) else 1
        group = (level, unit, track)
        state = position_of(rules, units_above(units, entries[entry].entry.unit), entries[entry].later.acts).state
        rows.append((rules.levels[level], order[unit], tracks[track], str(place), str(rank), entry, state))
    return rows


async def outcome_rows(season: Season, store: Store) -> list[tuple[str, ...]]:
    """Where every entry that takes part is, and how often it was forwarded and returned; by entry."""
    rules, units = recommendation_of(season), await store.units.of(season.id)
    entries = await store.entries.of(season.id)
    return [
        (entry, position.state, str(position.forwarded), str(position.returned))
        for entry, stored in sorted(entries.items())
        if candidate_of(season, stored).takes_part
        for position in (position_of(rules, units_above(units, stored.entry.unit), stored.later.acts),)
    ]
