"""Taking in the files of a season kept in records: each row with the times it states, bad rows named, none lost."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.registration.application.entry_events import entry_event
from services.registration.application.limiting import take_places, within_limits
from services.registration.application.material import media_of
from services.registration.application.ports import PersonKind, Season, Store, StoredEntry
from services.registration.domain import entry_sheet, media, summaries, units
from services.registration.domain.entries import Entry, Later, status_of
from services.registration.domain.limits import count_claims
from services.registration.domain.people import Name, student_key
from services.registration.domain.units import Unit
from shared.errors import Invalid
from shared.season.csv_rows import Rejection, Report, Row, Sheet
from shared.season.printing import rows_without_glyph
from shared.sheets.reading import asked, read_sheet, with_fields


async def _reported(season: Season, report: Report, store: Store) -> Report:
    kept: Mapping[str, Any] = {
        "accepted": report.accepted,
        "changed": report.changed,
        "rejected": [rejection.model_dump() for rejection in report.rejected],
        "received_at": datetime.now(UTC),
    }
    await store.reports.keep(season.id, report.file, kept)
    return report


async def import_units(season: Season, content: bytes, store: Store) -> Report:
    """Take in `units.csv`. The same file again changes nothing."""
    sheet = await read_sheet("units.csv", content, asked(units.COLUMNS, units.OPTIONAL), season.id)
    stored_units, rejected = units.check_units(sheet, season.rules)
    changed = await store.units.save(season.id, stored_units)
    flagged = rows_without_glyph(sheet, units.PRINTED, rejected)
    return await _reported(
        season, Report("units.csv", len(stored_units), changed, sheet.every(rejected), flagged), store
    )


async def import_summaries(season: Season, content: bytes, store: Store) -> Report:
    """Take in `summaries.csv`. The same file again changes nothing."""
    sheet = await read_sheet("summaries.csv", content, summaries.columns(season.rules), season.id)
    stored_summaries, rejected = summaries.check_summaries(sheet, season.rules, await store.units.of(season.id))
    changed = await store.summaries.save(season.id, stored_summaries)
    return await _reported(
        season, Report("summaries.csv", len(stored_summaries), changed, sheet.every(rejected)), store
    )


async def import_entries(season: Season, content: bytes, store: Store) -> Report:
    """Take in `entries.csv`: settle who is who, keep each entry, tell the others. The same file again changes nothing."""
    columns = with_fields(asked(entry_sheet.COLUMNS, entry_sheet.OPTIONAL), season.rules)
    sheet = await read_sheet("entries.csv", content, columns, season.id)
    present = await store.entries.of(season.id)
    listed = {row["entry"] for row in sheet.rows}
    others = [stored.entry for stored in present.values() if stored.entry.entry not in listed]
    units = await store.units.of(season.id)
    entries, rejected = entry_sheet.check_entries(sheet, season.rules, units, used=count_claims(season.rules, others))
    people = await store.people.settle(season.id, wanted_people(entries))
    holders = {slot: stored.entry.entry for stored in present.values() for slot in stored.slots}
    added, changed = [], 0
    for entry in entries:
        before = present.get(entry.entry)
        unplaced = _stored(season, entry, people, before, units[entry.unit])
        if before and entry != before.entry:
            unplaced = replace(unplaced, entry=await _as_corrected(entry, before, store))
        after = (
            take_places(season, unplaced, holders) or unplaced
        )  # full only for people whom a corrected name made one
        if before is None:
            added.append((after, [entry_event(after)]))
        elif replace(after, version=before.version) != before:
            await store.entries.save(after, [entry_event(after)], {"what": "imported-again"})
            changed += 1
    changed += await store.entries.add(added)
    flagged = rows_without_glyph(sheet, entry_sheet.PRINTED, rejected)
    return await _reported(season, Report("entries.csv", len(entries), changed, sheet.every(rejected), flagged), store)


async def import_media(season: Season, content: bytes, store: Store) -> Report:
    """Take in `media.csv`. The same file again changes nothing.

    Raises:
        NotFound: the season takes no material.
    """
    rules = media_of(season)
    sheet = await read_sheet("media.csv", content, asked(media.REQUIRED, media.OPTIONAL), season.id)
    present = await store.media.of(season.id)
    listed = {row["media"] for row in sheet.rows}
    others = [item for item in present.values() if item.media not in listed]
    items, rejected = media.check_media(sheet, season.rules, rules, await store.entries.of(season.id), others)
    changed = await store.media.save(season.id, items)
    return await _reported(season, Report("media.csv", len(items), changed, sheet.every(rejected)), store)


async def record_entry(season: Season, columns: tuple[str, ...], cells: tuple[str, ...], store: Store) -> StoredEntry:
    """Take in one row of `entries.csv` as if it stood behind all that are there. The same row again changes nothing.

    Raises:
        RowRejected: with the code of the first check that it failed.
    """
    row = Row(1, dict(zip(columns, (cell.strip() for cell in cells), strict=False)), whole=len(columns) == len(cells))
    sheet, unit = Sheet("entries.csv", columns, (row,)), await store.units.find(season.id, row["unit"])
    known = {unit.unit: unit} if unit else {}
    present = await store.entries.find(season.id, row["entry"])
    entries, _ = entry_sheet.check_entries(sheet, season.rules, known)
    if present and entries and await _as_corrected(entries[0], present, store) == present.entry:
        return present
    people = await store.people.settle(season.id, wanted_people(entries))
    others = [person.entry for person in await store.entries.with_people(season.id, people.values())]
    entries, rejected = entry_sheet.check_entries(
        sheet, season.rules, known, used=count_claims(season.rules, others), taken=[row["entry"]] if present else []
    )
    if rejected:
        raise RowRejected(rejected[0])

    async def enter(entry: StoredEntry) -> StoredEntry | None:
        return entry if await store.entries.enter(entry, [entry_event(entry)], until=None) else None

    entered = await within_limits(
        season, _stored(season, entries[0], people, None, known[entries[0].unit]), store, enter
    )
    return entered or await record_entry(season, columns, cells, store)


class RowRejected(Invalid):
    """A single row that was not taken in."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__("row-rejected", rejected=rejection.code, column=rejection.column)
        self.rejection = rejection


def wanted_people(entries: list[Entry]) -> dict[tuple[PersonKind, str], Name]:
    """The people of these entries by what tells them apart, each as named first."""
    wanted: dict[tuple[PersonKind, str], Name] = {}
    for entry in entries:
        for member in entry.members:
            wanted.setdefault(("student", student_key(entry.unit, member.name, member.birth)), member.name)
    return wanted | wanted_instructors(entries)


def wanted_instructors(entries: list[Entry]) -> dict[tuple[PersonKind, str], Name]:
    """The instructors alone."""
    wanted: dict[tuple[PersonKind, str], Name] = {}
    for entry in entries:
        for instructor in entry.instructors:
            wanted.setdefault(("instructor", instructor.id), Name.written(instructor.name))
    return wanted


def people_of(entry: Entry, people: Mapping[tuple[PersonKind, str], str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The person ids of an entry's members and of its instructors, among people that were settled."""
    return (
        tuple(people["student", student_key(entry.unit, member.name, member.birth)] for member in entry.members),
        tuple(people["instructor", instructor.id] for instructor in entry.instructors),
    )


async def _as_corrected(entry: Entry, before: StoredEntry, store: Store) -> Entry:
    """The entry as a file states it again, with the names that were put right since."""
    people = [await store.people.find(person) for person in (*before.members, *before.instructors)]
    names = {person.key: person.name for person in people if person and person.version > 1}
    members = tuple(
        replace(member, name=names.get(student_key(entry.unit, member.name, member.birth), member.name))
        for member in entry.members
    )
    instructors = tuple(
        replace(instructor, name=names[instructor.id].best) if instructor.id in names else instructor
        for instructor in entry.instructors
    )
    return replace(entry, members=members, instructors=instructors)


def _stored(
    season: Season, entry: Entry, people: Mapping[tuple[PersonKind, str], str], before: StoredEntry | None, unit: Unit
) -> StoredEntry:
    later = before.later if before else Later()
    standing = status_of(entry, season.rules, later)
    imported = {"what": "imported", "at": entry.registered_at, "standing": standing}
    members, instructors = people_of(entry, people)
    return StoredEntry(
        season=season.id,
        entry=entry,
        version=before.version + 1 if before else 1,
        standing=standing,
        members=members,
        instructors=instructors,
        owner=before.owner if before else "",
        later=later,
        consents=before.consents if before else (),
        history=before.history if before else (imported,),
        slots=before.slots if before else (),
        school=before.school if before and before.entry.unit == entry.unit else unit.names,
    )


IMPORTS: Mapping[str, Callable[[Season, bytes, Store], Any]] = {
    "units": import_units,
    "entries": import_entries,
    "summaries": import_summaries,
    "media": import_media,
}
