"""The ceremony 颁奖仪式: who is called on stage in which order, who takes what home, and the honour roll."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal
from zoneinfo import ZoneInfo

from shared.names import mask_second_sign
from shared.programme.rules import Block, Ceremony
from shared.programme.seasons import Entry, Member, Outcome, SeasonFacts
from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.fields import NO, YES
from shared.season.row_checks import moment_in, read_rows, require, require_cells, require_word
from shared.states import State

NOBODY = "-"
"""What stands where a unit has named no representative."""


class Attendance(State):
    """Whether a recipient came."""

    EXPECTED = "expected"
    PRESENT = "present"
    ABSENT = "absent"


Who = Callable[[str, int], bool]
"""Whether something holds of a member of an entry: entry and number."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody on the call list 上台名单. `recipient` is `S:ENTRY#MEMBER`, `T:INSTRUCTOR` or `U:UNIT`."""

    block: str
    recipient: str
    name_zh: str
    name_en: str
    unit: str
    award: str
    kind: Literal["student", "instructor", "unit"]
    entry: str = ""
    member: int = 0
    group: int = 0

    @property
    def name(self) -> str:
        """The Chinese name, else the English one."""
        return self.name_zh or self.name_en


@dataclass(frozen=True, slots=True)
class Mark:
    """What was noted at the door or on stage."""

    recipient: str
    state: Attendance
    handed: bool
    to: str
    at: int


@dataclass(frozen=True, slots=True)
class Representative:
    """Who receives the award of a unit."""

    unit: str
    name_zh: str
    name_en: str
    named_at: int


@dataclass(frozen=True, slots=True)
class HonourLine:
    """A line of the honour roll 光荣榜 in both languages."""

    block: str
    award: str
    recipient: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str


def call_list(
    ceremony: Ceremony, season: SeasonFacts, outcome: Outcome | None, tree: UnitTree, is_erased: Who
) -> list[Recipient]:
    """Who is called, in order, with the group on stage: block by block, from the results at a moment.

    Students with a tier that stands, by tier, track, division, school, entry and member; awarded instructors by the school of
    their best entry, then id; named units in their order. Erased students are not called; nobody before results are granted.
    """
    if outcome is None:
        return []
    listed: list[Recipient] = []
    for block in ceremony.blocks:
        if block.kind == "student":
            called = _students(block, season, outcome, tree, is_erased)
        elif block.kind == "instructor":
            called = _instructors(block, season, outcome, tree)
        else:
            called = _units(block, outcome, tree)
        groups = stage_groups(len(called), block.on_stage)
        listed += [replace(recipient, group=group) for recipient, group in zip(called, groups, strict=True)]
    return listed


def stage_groups(people: int, on_stage: int) -> list[int]:
    """The group of each of so many people: as few groups as the stage allows, as even as possible, larger ones first."""
    count = -(-people // on_stage)
    sizes = [people // count + (number < people % count) for number in range(count)]
    return [number for number, size in enumerate(sizes, 1) for _ in range(size)]


def _students(block: Block, season: SeasonFacts, outcome: Outcome, tree: UnitTree, is_erased: Who) -> list[Recipient]:
    entries = {entry.entry: entry for entry in season.entries}
    placed: list[tuple[tuple[int, int, int, int, str, int], Recipient]] = []
    for award in outcome.awards:
        entry = entries.get(award.entry)
        if not (entry and award.stands and award.round == block.round and award.tier in block.tiers):
            continue
        for member in entry.members:
            if is_erased(entry.entry, member.number):
                continue
            place = (
                block.tiers.index(award.tier),
                season.tracks.index(entry.track),
                season.divisions.index(award.division),
                tree.place(entry.unit),
                entry.entry,
                member.number,
            )
            placed.append((place, _student(block, entry, member, award.tier)))
    return [recipient for _, recipient in sorted(placed, key=lambda pair: pair[0])]


def _student(block: Block, entry: Entry, member: Member, tier: str) -> Recipient:
    name = f"S:{entry.entry}#{member.number}"
    return Recipient(
        block.id, name, member.name_zh, member.name_en, entry.unit, tier, "student", entry.entry, member.number
    )


def _instructors(block: Block, season: SeasonFacts, outcome: Outcome, tree: UnitTree) -> list[Recipient]:
    schools = {entry.entry: entry.unit for entry in season.entries}
    awarded = [each for each in outcome.instructors if each.awarded]
    awarded.sort(key=lambda each: (tree.place(schools.get(each.best_entry, "")), each.instructor))
    return [
        Recipient(
            block.id,
            f"T:{each.instructor}",
            each.name,
            "",
            schools.get(each.best_entry, ""),
            "instructor",
            "instructor",
        )
        for each in awarded
    ]


def _units(block: Block, outcome: Outcome, tree: UnitTree) -> list[Recipient]:
    known = [unit for name in sorted(outcome.named_units, key=tree.place) if (unit := tree.get(name))]
    return [
        Recipient(block.id, f"U:{unit.unit}", unit.name_zh, unit.name_en, unit.unit, "unit", "unit") for unit in known
    ]


def check_marks(sheet: Sheet, known: Iterable[str], zone: ZoneInfo) -> tuple[list[Mark], list[Rejection]]:
    """The marks of `ceremony.csv` in file order, and the rows that fall. What is handed to somebody absent needs who took it."""
    recipients = set(known)

    def read(row: Row) -> Mark:
        require_cells(row, ("recipient", "state", "handed", "at"))
        require(row["recipient"] in recipients, "recipient", "UNKNOWN_RECIPIENT")
        require_word(row, "state", (Attendance.PRESENT, Attendance.ABSENT))
        require_word(row, "handed", (YES, NO))
        state = Attendance(row["state"])
        to_nobody = state is Attendance.ABSENT and row["handed"] == YES and not row["to"]
        require(not to_nobody, "to", "HANDED_TO_NOBODY")
        at = moment_in(row, "at", zone)
        return Mark(row["recipient"], state, row["handed"] == YES, row["to"], at)

    accepted, rejected = read_rows(sheet, read)
    return [mark for _, mark in accepted], rejected


def check_representatives(sheet: Sheet, tree: UnitTree, zone: ZoneInfo) -> tuple[list[Representative], list[Rejection]]:
    """The representatives 代表 of `representatives.csv` in file order, and the rows that fall."""

    def read(row: Row) -> Representative:
        require_cells(row, ("unit", "named_at"), named="name")
        require(row["unit"] in tree, "unit", "UNKNOWN_UNIT")
        return Representative(row["unit"], row["name_zh"], row["name_en"], moment_in(row, "named_at", zone))

    accepted, rejected = read_rows(sheet, read)
    return [representative for _, representative in accepted], rejected


def marks_at(marks: Iterable[Mark], moment: int) -> dict[str, Mark]:
    """The mark of each recipient that holds at a moment: the last one; of equal times the later row."""
    return {mark.recipient: mark for mark in sorted(marks, key=lambda mark: mark.at) if mark.at <= moment}


def representatives_at(named: Iterable[Representative], moment: int) -> dict[str, str]:
    """Who represents each unit at a moment: the last one that it named."""
    in_time = sorted((each for each in named if each.named_at <= moment), key=lambda each: each.named_at)
    return {each.unit: each.name_zh or each.name_en for each in in_time}


def hand_out_list(called: Iterable[Recipient], marks: Mapping[str, Mark], tree: UnitTree) -> list[Recipient]:
    """The hand-out list 发放清单: whoever has not been handed theirs, by school, then as they were called."""
    waiting = [each for each in called if not (each.recipient in marks and marks[each.recipient].handed)]
    return sorted(waiting, key=lambda each: tree.place(each.unit))


def honour_roll(called: Iterable[Recipient], tree: UnitTree, may_be_named: Who) -> list[HonourLine]:
    """The honour roll in both languages; of a missing name stands that of the other language.

    Students who did not agree that their names are published are masked.
    """
    lines = []
    for each in called:
        zh, en = each.name_zh or each.name_en, each.name_en or each.name_zh
        if each.kind == "student" and not may_be_named(each.entry, each.member):
            zh, en = mask_second_sign(zh), mask_second_sign(en)
        unit = tree.get(each.unit)
        names = (unit.name_zh or unit.name_en, unit.name_en or unit.name_zh) if unit else ("", "")
        lines.append(HonourLine(each.block, each.award, each.recipient, zh, en, *names))
    return lines
