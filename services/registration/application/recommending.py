"""Recommendation 推荐: what units did with entries, kept with each entry, and the lists that follow from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

from services.registration.application.entry_events import entry_event
from services.registration.application.ports import Season, SlotTaken, Store, StoredEntry
from services.registration.domain.entries import is_to_be_recommended, status_of
from services.registration.domain.recommending import (
    MOST_BY,
    MOST_OPINION,
    Act,
    Acted,
    Acts,
    Candidate,
    Desk,
    Position,
    acts_until,
    find_conflict,
    find_form_fault,
    find_obstacle,
    is_open,
    position_of,
    standing_forwards,
)
from services.registration.domain.reviewing import units_above
from services.registration.domain.units import Unit
from shared.errors import Invalid, InvalidState, NotFound, Unavailable, error_at
from shared.season.rules import Recommendation
from shared.states import EntryStatus

COLUMNS = ("level", "unit", "track", "place", "rank", "entry", "state")
OUTCOME_COLUMNS = ("entry", "state", "forwarded", "returned")
MOST_TRIES = 20
FIELD_CODES: Mapping[str, str] = {
    "BAD_VALUE": "field-act",
    "BAD_RANK": "field-rank",
    "OPINION_MISSING": "field-opinion",
    "TOO_LONG": "field-opinion-long",
}
PROBLEMS: Mapping[str, str] = {
    "ENTRY_NOT_VALID": "recommend-not-valid",
    "NOT_IN_CHAIN": "recommend-other-unit",
    "WRONG_STEP": "recommend-wrong-step",
    "OUTSIDE_WINDOW": "recommend-not-now",
    "RANK_TAKEN": "recommend-rank-taken",
    "QUOTA_FULL": "recommend-quota-full",
}
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a unit is to do with an entry, as somebody writes it."""

    act: str
    rank: str = ""
    opinion_zh: str = ""
    opinion_en: str = ""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts: a unit of a level, and the account and the name of whoever does it."""

    unit: str
    level: str
    account: str
    name: str = ""


async def act_on(
    season: Season, entry: str, wanted: Wanted, by: Acting, units: Mapping[str, Unit], now: int, store: Store
) -> StoredEntry:
    """Forward an entry, return it to the level below, or reject it. Rank and place are taken in the write of the entry, so
    that of two who want the last one gets it.

    Raises:
        NotFound: nobody recommends in the season, or there is no such entry.
        Invalid: the act, the rank or the opinion will not do, named at its field.
        InvalidState: the entry does not take part, is not at this level or not now; the rank or the quota is used.
        Unavailable: others kept acting at the same moment, or somebody changed the entry.
    """
    rules = recommendation_of(season)
    wanted = replace(wanted, opinion_zh=wanted.opinion_zh.strip(), opinion_en=wanted.opinion_en.strip())
    if fault := find_form_fault(wanted.act, wanted.rank, wanted.opinion_zh, wanted.opinion_en, by.name):
        most = MOST_BY if fault[0] == "by" else MOST_OPINION
        raise Invalid("fields-invalid", errors=[error_at(fault[0], FIELD_CODES[fault[1]], most=str(most))])
    for _ in range(MOST_TRIES):
        stored = await store.entries.find(season.id, entry)
        if stored is None:
            raise NotFound("no-such-entry")
        candidate = candidate_of(season, stored)
        acted = Acted(
            uuid4().hex,
            by.level,
            by.unit,
            Act(wanted.act),
            now,
            rank=int(wanted.rank or 0),
            opinion_zh=wanted.opinion_zh,
            opinion_en=wanted.opinion_en,
            by=by.name,
        )
        chain = units_above(units, stored.entry.unit)
        if fault := find_obstacle(season.rules, rules, chain, candidate, acted):
            raise InvalidState(PROBLEMS[fault[1]])
        until = acts_until(season.rules, rules, position_of(rules, chain, candidate.acts))
        if acted.act == Act.FORWARD:
            desk = await desk_of_unit(season, by.unit, by.level, stored.entry.track, store)
            if fault := find_conflict(desk, acted):
                code = PROBLEMS[fault[1]]
                at_rank = [error_at("rank", f"problem-{code}")] if fault[0] == "rank" else None
                raise InvalidState(code, errors=at_rank)
            acted = desk.take(entry, acted)
        try:
            return await _keep(season, stored, (*candidate.acts, acted), by.account, until, store)
        except SlotTaken:
            continue
    raise Unavailable("try-again")


async def _keep(season: Season, stored: StoredEntry, acts: Acts, account: str, until: int, store: Store) -> StoredEntry:
    acted, later = acts[-1], replace(stored.later, acts=acts)
    standing = status_of(stored.entry, season.rules, later)
    after = replace(stored, version=stored.version + 1, later=later, standing=standing)
    reason = acted.opinion_zh or acted.opinion_en
    note = {
        "what": f"recommendation-{acted.act}",
        "at": acted.at,
        "by": account,
        "reason": reason,
        "level": acted.level,
    }
    events = [entry_event(after)] if standing != stored.standing else []
    await store.entries.save(after, events, note, until=until)
    return after


@dataclass(frozen=True, slots=True)
class DeskLine:
    """An entry as a unit that recommends sees it."""

    stored: StoredEntry
    position: Position
    rank: int
    """Of the unit's forward, if it stands; else 0."""
    until: int | None
    """Until when the unit may act on it, while it is at its level."""
    open: bool
    """Whether the unit may act on it now."""


@dataclass(frozen=True, slots=True)
class TrackDesk:
    """What a unit has before it of one track: those that it forwarded by their ranks, and those that wait for it."""

    track: str
    quota: int | None
    forwarded: tuple[DeskLine, ...]
    waiting: tuple[DeskLine, ...]

    @property
    def left(self) -> int | None:
        """How many more may be forwarded; None is any number."""
        return None if self.quota is None else max(0, self.quota - len(self.forwarded))


def track_desks(
    season: Season, unit: str, level: str, units: Mapping[str, Unit], entries: Iterable[StoredEntry], now: int
) -> list[TrackDesk]:
    """The desk of a unit in each track that is recommended; none where the unit's level does not recommend.

    Raises:
        NotFound: nobody recommends in the season.
    """
    rules = recommendation_of(season)
    lines = [_line(season, unit, units, stored, now) for stored in entries if candidate_of(season, stored).takes_part]
    desks = []
    for track in season.rules.tracks if level in rules.levels else ():
        of_track = [line for line in lines if line.stored.entry.track == track.id]
        forwarded = sorted((line for line in of_track if line.rank), key=lambda line: line.rank)
        waiting = [line for line in of_track if line.position.level == level]
        if rules.concerns(track.id):
            desks.append(TrackDesk(track.id, rules.places_of(level, unit, track.id), tuple(forwarded), tuple(waiting)))
    return desks


def _line(season: Season, unit: str, units: Mapping[str, Unit], stored: StoredEntry, now: int) -> DeskLine:
    rules = recommendation_of(season)
    position = position_of(rules, units_above(units, stored.entry.unit), stored.later.acts)
    rank = next((acted.rank for acted in standing_forwards(stored.later.acts) if acted.unit == unit), 0)
    if not position.level:
        return DeskLine(stored, position, rank, None, open=False)
    until = acts_until(season.rules, rules, position)
    return DeskLine(stored, position, rank, until, open=is_open(season.rules, rules, position, now))


async def desk_of_unit(season: Season, unit: str, level: str, track: str, store: Store) -> Desk:
    """What a unit has forwarded of a track, as far as it stands."""
    desk = Desk(recommendation_of(season).places_of(level, unit, track))
    for stored in await store.entries.forwarded_by(season.id, unit, track):
        for acted in standing_forwards(stored.later.acts):
            if acted.unit == unit:
                desk.hold(stored.entry.entry, acted)
    return desk


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
