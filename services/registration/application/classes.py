"""Registering a class from a sheet: a dry run names every row that falls, then what is right goes in, or nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from services.registration.application.consenting import on_paper
from services.registration.application.entering import as_submitted, find_new_obstacle
from services.registration.application.imports import people_of, wanted_people
from services.registration.application.limiting import claims_of_entry, take_places
from services.registration.application.ports import PersonKind, Season, Store, StoredEntry
from services.registration.domain import class_sheet
from services.registration.domain.class_sheet import ClassRow
from services.registration.domain.entries import Entry, ReviewState, takes_entries
from services.registration.domain.limits import claims
from services.registration.domain.units import Unit
from shared.errors import InvalidState
from shared.events.base import IntegrationEvent
from shared.season.csv_rows import Rejection, Row
from shared.states import EntryStatus

CHUNK = 1000
MOST_LISTED = 1000
"""Rejected rows that are kept one by one; beyond that they are counted."""
Mode = Literal["right-rows", "all-or-nothing"]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as it was read: its header in our column names, and its rows."""

    file: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Tally:
    """How far a run has come."""

    done: int = 0
    right: int = 0
    already: int = 0
    entered: int = 0
    fallen: int = 0
    rejected: list[Rejection] = field(default_factory=list)


class ClassRun:
    """One run through a sheet, chunk by chunk, so that progress shows and memory stays small."""

    def __init__(
        self, season: Season, table: Table, units: Mapping[str, Unit], top: str, account: str, store: Store
    ) -> None:
        """`units` may be registered: `top`, and those below it. Where that is a school, the sheet is of it alone."""
        own_unit = top if top in units and units[top].level == season.rules.unit_levels[-1] else ""
        self._season, self._table, self._units = season, table, units
        self._account, self._store = account, store
        self._used: Counter[str] = Counter()
        self._primed: set[str] = set()
        self._seen: set[str] = set()
        self._rows = [class_sheet.read_row(row, season.rules, own_unit) for row in table.rows]
        self._in_file = {row.entry for row in self._rows}
        self.tally = Tally()

    @property
    def chunks(self) -> list[Sequence[ClassRow]]:
        return [self._rows[start : start + CHUNK] for start in range(0, len(self._rows), CHUNK)]

    async def chunk(self, rows: Sequence[ClassRow], *, apply: bool) -> None:
        """Check these rows, and let those that are right in.

        Raises:
            InvalidState: they are to go in, and registration is not open now.
        """
        now = await self._store.clock.now()
        if apply and not takes_entries(self._season.rules, now):
            raise InvalidState("registration-not-open")
        await self._prime(rows)
        table, rules = self._table, self._season.rules
        checked = class_sheet.check_class(
            table.file, table.header, rows, rules, self._units, now, self._used, self._seen
        )
        entries = [entry for _, entry in checked.entries]
        present = await self._store.entries.present(self._season.id, (entry.entry for entry in entries))
        new = [entry for entry in entries if entry.entry not in present]
        if apply and new:
            self.tally.entered += await self._enter(new, now)
        self.tally.done += len(rows)
        self.tally.right += len(entries)
        self.tally.already += len(entries) - len(new)
        self.tally.fallen += len(checked.rejected)
        self.tally.rejected += checked.rejected[: MOST_LISTED - len(self.tally.rejected)]

    async def _prime(self, rows: Sequence[ClassRow]) -> None:
        """Count what these people have elsewhere, once for each."""
        season, rules = self._season, self._season.rules
        named = [
            (row.row["track"], row.students, [instructor for instructor in row.instructors if instructor])
            for row in rows
        ]
        wanted: set[tuple[PersonKind, str]] = {("student", key) for _, students, _ in named for key in students}
        wanted |= {("instructor", key) for _, _, instructors in named for key in instructors}
        known = await self._store.people.known(season.id, wanted)
        pairs: dict[str, list[str]] = {}
        for track, students, instructors in named:
            ids = [known.get(("student", key), "") for key in students]
            teachers = [known.get(("instructor", key), "") for key in instructors]
            by_key = claims(rules, track, students, instructors)
            by_id = claims(rules, track, ids, teachers)
            for mine, theirs in zip(by_key, by_id, strict=True):
                if mine.counter not in self._primed and not theirs.counter.startswith(("@", "|")) and theirs.counter:
                    pairs[mine.counter] = list(theirs.slots(season.id))
                self._primed.add(mine.counter)
        holders = await self._store.entries.holders(slot for slots in pairs.values() for slot in slots)
        for counter, slots in pairs.items():
            held = (holders[slot] for slot in slots if slot in holders)
            self._used[counter] += sum(1 for entry in held if entry not in self._in_file)

    async def _enter(self, new: Sequence[Entry], now: int) -> int:
        season = self._season
        people = await self._store.people.settle(season.id, wanted_people(list(new)))
        prepared = [self._stored(entry, people, now) for entry in new]
        slots = (
            slot
            for stored, _ in prepared
            for claim in claims_of_entry(season, stored)
            for slot in claim.slots(season.id)
        )
        holders = await self._store.entries.holders(slots)
        results = [(take_places(season, stored, holders), events) for stored, events in prepared]
        entered = [(stored, events) for stored, events in results if stored]
        self.tally.fallen += len(results) - len(
            entered
        )  # somebody else entered these people since the rows were checked
        return await self._store.entries.add(entered)

    def _stored(
        self, entry: Entry, people: Mapping[tuple[PersonKind, str], str], now: int
    ) -> tuple[StoredEntry, Sequence[IntegrationEvent]]:
        members, instructors = people_of(entry, people)
        stored = StoredEntry(
            season=self._season.id,
            entry=replace(entry, submitted_at=None, review=ReviewState.WAITING),
            version=1,
            standing=EntryStatus.DRAFT,
            members=members,
            instructors=instructors,
            owner=self._account,
            history=({"what": "imported", "at": now, "by": self._account},),
            published=False,
        )
        if entry.submitted_at is None:
            return stored, ()
        agreed = replace(stored, consents=on_paper(range(1, len(members) + 1), now))
        return (agreed, ()) if find_new_obstacle(self._season, agreed, now) else as_submitted(self._season, agreed, now)
