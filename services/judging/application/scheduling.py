"""Planning a judging day of a round: rooms, slots, and everybody who has to be there."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.judging.application.handing_out import entries_in
from services.judging.application.ports import JudgedSeason, Store
from services.judging.domain.schedule import Hearing, ImpossibleSchedule, Place, plan
from shared.errors import Invalid, InvalidState

MINUTE = 60_000_000
MOST = 600
"""Hearings of one day."""


@dataclass(frozen=True, slots=True)
class Day:
    """A planned day; times are microseconds UTC."""

    season: str
    round: str
    track: str
    begins: int
    minutes: int
    rooms: tuple[str, ...]
    places: tuple[Place, ...]

    def at(self, slot: int) -> int:
        """When a slot begins."""
        return self.begins + slot * self.minutes * MINUTE


class Days(Protocol):
    """Where plans are kept, one a round and track; a new one takes the place of the old."""

    async def save(self, day: Day) -> None: ...


async def plan_day(
    season: JudgedSeason,
    track: str,
    begins: int,
    minutes: int,
    slots: int,
    rooms: Sequence[str],
    store: Store,
    days: Days,
) -> Day:
    """Plan the hearings of one track in the round that is on; judges are those of the panels that were assigned.

    Raises:
        Invalid: rooms, slots or minutes are missing or not possible.
        InvalidState: there is nobody to hear, or no plan has room for everybody; who is needed too often is named.
    """
    named = list(dict.fromkeys(room.strip() for room in rooms if room.strip()))
    if not named or not 1 <= slots <= 200 or not 1 <= minutes <= 480 or len(named) > 100:
        raise Invalid("schedule-frame")
    round_ = season.shown
    entries = [entry for entry in await entries_in(season, round_, store) if entry.track == track]
    if not entries:
        raise InvalidState("schedule-nobody")
    if len(entries) > MOST:
        raise InvalidState("schedule-too-many", most=MOST)
    judges: dict[str, set[str]] = defaultdict(set)
    for judge, works in (await store.panels.all(season.id, round_.id)).items():
        for name in works:
            judges[name].add(judge)
    hearings = [
        Hearing(
            entry.entry,
            frozenset(judges[entry.entry])
            | {member.person for member in entry.members}
            | {reference.person for reference in entry.instructors},
        )
        for entry in entries
    ]
    try:
        places = plan(hearings, named, slots, 1)
    except ImpossibleSchedule as impossible:
        known = {judge for theirs in judges.values() for judge in theirs}
        causes = "; ".join(
            f"{who if who in known else '*' if who else '-'}: {count}" for who, count in impossible.causes[:8]
        )
        raise InvalidState("schedule-impossible", causes=causes) from None
    day = Day(season.id, round_.id, track, begins, minutes, tuple(named), tuple(places))
    await days.save(day)
    return day
