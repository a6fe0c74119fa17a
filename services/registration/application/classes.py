"""Registering a class from a sheet: a dry run names every row that falls, then what is right goes in, or nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from services.registration.application.consenting import changes_of, consents_after, on_paper
from services.registration.application.entering import (
    as_submitted,
    find_new_obstacle,
    find_obstacle,
    undoable,
)
from services.registration.application.entry_events import entry_event
from services.registration.application.imports import people_of, wanted_people
from services.registration.application.limiting import claims_of_entry, take_places, within_limits
from services.registration.application.ports import PersonKind, Season, Store, StoredEntry
from services.registration.domain import class_sheet
from services.registration.domain.class_sheet import ClassRow, entry_number
from services.registration.domain.consent import current
from services.registration.domain.entries import EDITABLE, Entry, ReviewState, deadline, takes_entries
from services.registration.domain.entry_sheet import PRINTED
from services.registration.domain.limits import claims
from services.registration.domain.people import Name, birth_of, student_key
from services.registration.domain.sent_again import (
    Difference,
    NearName,
    differences,
    nearest,
    with_kept_answers,
    with_kept_team,
)
from services.registration.domain.teachers_words import Understood, understand
from services.registration.domain.units import Unit
from shared.errors import InvalidState
from shared.events.base import IntegrationEvent
from shared.names import comparable
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.printing import rows_without_glyph
from shared.states import EntryStatus

CHUNK = 1000
MOST_LISTED = 1000
"""Rejected rows that are kept one by one; beyond that they are counted."""
MOST_UNDERSTOOD = 200
"""Different words of teachers that are shown."""
Mode = Literal["right-rows", "all-or-nothing"]


@dataclass(slots=True)
class Tally:
    """How far a run has come."""

    done: int = 0
    right: int = 0
    already: int = 0
    differing: int = 0
    """Of those that are there already, the ones that say something else."""
    changed: int = 0
    asked: int = 0
    """Rows with a student whose name is nearly somebody else's; they wait for an answer."""
    entered: int = 0
    fallen: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    flagged: list[Rejection] = field(default_factory=list)
    """Rows that are right and hold a sign that no font has."""
    differences: list[Difference] = field(default_factory=list)
    near: list[NearName] = field(default_factory=list)
    understood: dict[Understood, int] = field(default_factory=dict)
    """Cells in the words of their author, each with its first row."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What whoever handed the sheet in says to what was asked."""

    change: bool = False
    """Entries that are there are changed where the sheet says something else."""
    others: bool = False
    """Students whose names are nearly those of others are others."""


NONE = Answers()


def as_changed(
    season: Season,
    stored: StoredEntry,
    sent: Entry,
    people: tuple[tuple[str, ...], tuple[str, ...]],
    now: int,
) -> tuple[StoredEntry, Sequence[IntegrationEvent]] | None:
    """The entry as the sheet says it, and what is told of it; None where it may not be changed any more.

    Consents stay for members who stay, in the same group; those of others are on paper if the sheet says so. What was
    handed in stays handed in unless somebody has yet to agree.
    """
    handed_in = stored.standing in undoable(season) and stored.entry.submitted_at is not None
    if not handed_in and stored.standing not in EDITABLE:
        return None
    members, instructors = people
    consents = consents_after(stored, sent, members, now)
    if sent.submitted_at is not None:
        signed = [
            number
            for number, person in enumerate(members, 1)
            if person not in stored.members or ((newest := current(consents, number)) and newest.lapsed)
        ]
        consents = (*consents, *on_paper(signed, now))
    draft = replace(
        stored,
        version=stored.version + 1,
        standing=EntryStatus.DRAFT,
        entry=replace(
            sent,
            unit=stored.entry.unit,
            exhibition=stored.entry.exhibition or sent.exhibition,
            registered_at=stored.entry.registered_at,
            submitted_at=None,
            review=ReviewState.WAITING,
        ),
        members=members,
        instructors=instructors,
        consents=consents,
        approvals=(),
    )
    if handed_in and find_obstacle(season, draft, 0, now) is None:
        after, _ = as_submitted(season, draft, now)
    else:
        after = draft
    return after, [entry_event(after, first=False)] if stored.published else []


def elsewhere(stored: StoredEntry | None, sent: Entry) -> bool:
    """Whether the entry is of another school by now: a sheet of the former one says nothing about it."""
    return stored is not None and stored.entry.unit != sent.unit


class ClassRun:
    """One run through a sheet, chunk by chunk, so that progress shows and memory stays small."""

    def __init__(
        self,
        season: Season,
        table: Sheet,
        units: Mapping[str, Unit],
        top: str,
        account: str,
        store: Store,
        answers: Answers = NONE,
    ) -> None:
        """`units` may be registered: `top`, and those below it. Where that is a school, the sheet is of it alone."""
        own_unit = top if top in units and units[top].level == season.rules.unit_levels[-1] else ""
        self._season, self._table, self._units = season, table, units
        self._account, self._store, self._answers = account, store, answers
        self._whole = top in units and units[top].level == season.rules.unit_levels[0]
        self._used: Counter[str] = Counter()
        self._primed: set[str] = set()
        self._seen: set[str] = set()
        self.tally = Tally(done=len(table.fallen), fallen=len(table.fallen), rejected=list(table.fallen[:MOST_LISTED]))
        self._rows: list[ClassRow] = []
        for written in table.rows:
            row, understood = understand(written, season.rules)
            self._rows.append(class_sheet.read_row(row, season.rules, own_unit))
            for item in understood:
                if len(self.tally.understood) < MOST_UNDERSTOOD:
                    self.tally.understood.setdefault(item, row.number)
        self._in_file = {row.entry for row in self._rows}
        self._children_in_file = {student for row in self._rows for student in row.students}
        self._schools: dict[str, Mapping[str, Sequence[Name]]] = {}

    @property
    def chunks(self) -> list[Sequence[ClassRow]]:
        return [self._rows[start : start + CHUNK] for start in range(0, len(self._rows), CHUNK)]

    async def chunk(self, rows: Sequence[ClassRow], *, apply: bool) -> None:
        """Check these rows, and let those that are right in.

        Raises:
            InvalidState: they are to go in, and registration is not open now.
        """
        now = await self._store.clock.now()
        if apply and not takes_entries(self._season.rules, now, self._season.final_at):
            raise InvalidState("registration-not-open")
        rows = await self._as_kept(rows)
        await self._prime(rows)
        table, rules = self._table, self._season.rules
        checked = class_sheet.check_class(
            table.file, table.header, rows, rules, self._units, now, self._used, self._seen, whole=self._whole
        )
        numbers = [entry.entry for _, entry in checked.entries]
        kept = {stored.entry.entry: stored for stored in await self._store.entries.named(self._season.id, numbers)}
        gone = [row for row, entry in checked.entries if elsewhere(kept.get(entry.entry), entry)]
        checked = checked.without(gone, [table.reject(row, "m1_name_zh", "TRANSFERRED") for row in gone])
        new = [(row, entry) for row, entry in checked.entries if entry.entry not in kept]
        right = replace(table, rows=tuple(row for row, _ in checked.entries))
        flagged = rows_without_glyph(right, PRINTED, ())
        self.tally.flagged += flagged[: MOST_LISTED - len(self.tally.flagged)]
        asked = set() if self._answers.others else await self._near_names(new)
        differing = self._differing(checked.entries, kept)
        if apply:
            self.tally.entered += await self._enter([entry for _, entry in new if entry.entry not in asked], now)
            if self._answers.change:
                for stored, entry in differing:
                    await self._change(stored, entry, now)
        self.tally.done += len(rows)
        self.tally.right += len(checked.entries)
        self.tally.already += len(kept) - len(gone)
        self.tally.differing += len(differing)
        self.tally.asked += len(asked)
        self.tally.fallen += len(checked.rejected)
        self.tally.rejected += checked.rejected[: MOST_LISTED - len(self.tally.rejected)]
        self.tally.rejected.sort(key=lambda rejection: rejection.row)

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

    async def _as_kept(self, rows: Sequence[ClassRow]) -> Sequence[ClassRow]:
        """Each row under the number of the entry that it means: the same work of one of its students, in another team."""
        season = self._season.id
        known = await self._known(student for row in rows for student in row.students)
        there = await self._store.entries.present(season, (row.entry for row in rows))
        moved = [row for row in rows if row.entry not in there and any(student in known for student in row.students)]
        if not moved:
            return rows
        people = {known[student] for row in moved for student in row.students if student in known}
        works: dict[tuple[str, str, str], list[StoredEntry]] = {}
        for stored in await self._store.entries.with_people(season, people):
            if stored.history and stored.history[0].get("what") == "imported":
                entry = stored.entry
                works.setdefault((entry.unit, entry.track, comparable(entry.title)), []).append(stored)
        return [self._meant(row, known, works) if row in moved else row for row in rows]

    def _meant(
        self, row: ClassRow, known: Mapping[str, str], works: Mapping[tuple[str, str, str], Sequence[StoredEntry]]
    ) -> ClassRow:
        students = {known[student] for student in row.students if student in known}
        same = [
            stored.entry.entry
            for stored in works.get((row.unit, row.row["track"], comparable(row.row["title"])), ())
            if students & set(stored.members) and stored.entry.entry not in self._in_file
        ]
        if len(same) != 1:
            return row
        self._in_file.add(same[0])
        return replace(row, entry=same[0])

    async def _known(self, students: Iterable[str]) -> dict[str, str]:
        """The ids of the students who are known, by what tells them apart."""
        wanted: set[tuple[PersonKind, str]] = {("student", student) for student in students}
        known = await self._store.people.known(self._season.id, wanted)
        return {key: person for (_, key), person in known.items()}

    def _differing(
        self, checked: Sequence[tuple[Row, Entry]], kept: Mapping[str, StoredEntry]
    ) -> list[tuple[StoredEntry, Entry]]:
        """The entries that are there and say something else; their differences are noted."""
        result = []
        for row, sent in checked:
            stored = kept.get(sent.entry)
            if stored is None:
                continue
            students = (student_key(sent.unit, member.name, member.birth) for member in sent.members)
            same_number = entry_number(self._season.id, sent.unit, sent.track, list(students)) == sent.entry
            entry = with_kept_team(stored.entry, sent) if same_number else sent
            entry = with_kept_answers(stored.entry, entry, self._season.rules.track(sent.track), self._table.header)
            cells = differences(row.number, stored.entry, entry)
            if cells:
                result.append((stored, entry))
                self.tally.differences += cells[: MOST_LISTED - len(self.tally.differences)]
        return result

    async def _near_names(self, new: Sequence[tuple[Row, Entry]]) -> set[str]:
        """The entries with a student who is new, and called nearly like one of the same school and month."""
        keys = {
            (entry.entry, number): student_key(entry.unit, member.name, member.birth)
            for _, entry in new
            for number, member in enumerate(entry.members, 1)
        }
        known = await self._known(keys.values())
        asked: set[str] = set()
        for row, entry in new:
            for number, member in enumerate(entry.members, 1):
                if keys[entry.entry, number] in known:
                    continue
                others = (await self._children(entry.unit)).get(member.birth, ())
                kept = nearest(member.name.best, (other.best for other in others))
                if kept:
                    asked.add(entry.entry)
                    if len(self.tally.near) < MOST_LISTED:
                        self.tally.near.append(NearName(row.number, f"m{number}_name_zh", kept, member.name.best))
        return asked

    async def _children(self, unit: str) -> Mapping[str, Sequence[Name]]:
        """The students of a school who are not in this sheet, by month of birth."""
        if unit not in self._schools:
            by_month: dict[str, list[Name]] = {}
            for person in await self._store.people.of_school(self._season.id, unit):
                if person.key not in self._children_in_file:
                    by_month.setdefault(birth_of(person.key), []).append(person.name)
            self._schools[unit] = by_month
        return self._schools[unit]

    async def _change(self, stored: StoredEntry, sent: Entry, now: int) -> None:
        """Let an entry say what the sheet says, as far as it may still be changed."""
        season = self._season
        people = await self._store.people.settle(season.id, wanted_people([sent]))
        after = as_changed(season, stored, sent, people_of(sent, people), now)
        if after is None:
            return
        entry, events = after

        async def save(placed: StoredEntry) -> None:
            note = {"what": "edited", "at": now, "by": self._account, **changes_of(stored, sent, entry.members)}
            await self._store.entries.save(
                placed, events, note, until=deadline(season.rules, stored.later, season.final_at)
            )

        try:
            await within_limits(season, entry, self._store, save)
        except InvalidState as error:
            if not error.code.startswith("limit-"):
                raise
            self.tally.fallen += 1
        else:
            self.tally.changed += 1

    async def _enter(self, new: Sequence[Entry], now: int) -> int:
        if not new:
            return 0
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
            published=False,
            school=self._units[entry.unit].names,
        )
        events: Sequence[IntegrationEvent] = ()
        if entry.submitted_at is not None:
            stored = replace(stored, consents=on_paper(range(1, len(members) + 1), now))
            if not find_new_obstacle(self._season, stored, now):
                stored, events = as_submitted(self._season, stored, now)
        note = {"what": "imported", "at": now, "by": self._account, "standing": stored.standing}
        return replace(stored, history=(note,)), events
