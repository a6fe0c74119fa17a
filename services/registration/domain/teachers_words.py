"""How people write what a program writes otherwise: grades, months, tracks, yes and no, days, numbers, choices."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.season.csv_rows import Row, parse_grade
from shared.season.fields import column_of_field
from shared.season.rules import (
    BETWEEN,
    ChoiceField,
    CustomField,
    DateField,
    FileField,
    NumberField,
    SeasonRules,
    TextField,
    UrlField,
    YesNoField,
)
from shared.season.text import LANGUAGES

DIGITS: Mapping[str, int] = {
    digit: number for number, digit in enumerate("一二三四五六七八九十", 1)
} | {"十一": 11, "十二": 12}  # fmt: skip
STAGES: Mapping[str, int] = {"小": 0, "初": 6, "高": 9}
"""Grades before a stage of school begins."""
MOST_OF_STAGE: Mapping[str, int] = {"小": 6, "初": 3, "高": 3}
PREPARATORY = frozenset({"预初", "预备", "预备班", "初中预备班", "初预"})
"""Where primary school has five grades, the sixth."""
STAGED = re.compile(r"([小初高])(?:学|中)?([一二三四五六1-6])(?:年级|年)?")
PLAIN = re.compile(r"(?:grade|g|第)?(1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])(?:年级|年|st|nd|rd|th)?(?:grade)?")
MONTH = re.compile(
    r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.]\d{1,2})?|年(\d{1,2})月?(?:\d{1,2}[日号]?)?|(0[1-9]|1[0-2])(?:[0-3]\d)?)"
)
YES_CELL, NO_CELL = "yes", "no"
"""What a program writes for yes and no."""
DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?)", re.ASCII)
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
SEPARATED = re.compile(r"[;；,，、/\n]")
YES = frozenset({"是", "有", "已", "已签", "已同意", "同意", "对", "yes", "y", "true", "t", "1", "√", "✓", "✔", "☑"})
NO = frozenset(
    {"否", "无", "没有", "未", "未签", "不", "不同意", "no", "n", "false", "f", "0", "×", "✗", "✘", "☐", "-"}
)


@dataclass(frozen=True, slots=True)
class Understood:
    """A cell that was written in its author's words, and what it is taken for."""

    column: str
    written: str
    meant: str


def grade(cell: str, _: SeasonRules) -> str:
    """六年级, 初二, G6: the number of the grade; anything else stays."""
    plain = _compact(cell)
    if plain in PREPARATORY:
        return "6"
    if staged := STAGED.fullmatch(plain):
        year = DIGITS.get(staged[2]) or int(staged[2])
        return str(STAGES[staged[1]] + year) if year <= MOST_OF_STAGE[staged[1]] else cell
    if written := PLAIN.fullmatch(plain):
        number = str(DIGITS.get(written[1], written[1]))
        return number if parse_grade(number) else cell
    return cell


def month(cell: str, _: SeasonRules) -> str:
    """2014年2月, 2014/3, 20140305: the month; anything else, such as May-13, stays."""
    written = MONTH.fullmatch(_compact(cell))
    if written is None:
        return cell
    number = int(written[2] or written[3] or written[4])
    return f"{written[1]}-{number:02}" if 1 <= number <= 12 else cell


def track(cell: str, rules: SeasonRules) -> str:
    """The id of the track that is called so in either language; anything else stays."""
    plain = _compact(cell)
    ids = [item.id for item in rules.tracks if _compact(item.id) == plain]
    titles = [
        item.id
        for item in rules.tracks
        if plain and any(_compact(item.title.best(language)) == plain for language in LANGUAGES)
    ]
    meant = ids or titles
    return meant[0] if len(meant) == 1 else cell


def yes_or_no(cell: str, _: SeasonRules) -> str:
    """Yes, or nothing; anything else stays."""
    plain = _compact(cell)
    return YES_CELL if plain in YES else "" if plain in NO else cell


def answer(field: CustomField, cell: str) -> str:
    """What a cell answers: a choice by its title, a day, a number or yes in whatever form it is written; else it stays."""
    plain = unicodedata.normalize("NFKC", cell).strip()
    match field:
        case ChoiceField():
            alone = _choice(field, cell) in {choice.id for choice in field.choices}
            parts = SEPARATED.split(cell) if field.many and not alone else [cell]
            return BETWEEN.join(_choice(field, part) for part in parts if part.strip())
        case YesNoField():
            return YES_CELL if _compact(cell) in YES else NO_CELL if _compact(cell) in NO else cell
        case DateField():
            written = DAY.fullmatch(_compact(cell))
            return f"{written[1]}-{int(written[2]):02}-{int(written[3]):02}" if written else cell
        case NumberField():
            return plain if NUMBER.fullmatch(plain) else cell
        case UrlField():
            return plain if plain.startswith(("http://", "https://")) else cell
        case TextField() | FileField():
            return cell


def _choice(field: ChoiceField, part: str) -> str:
    """The id of the choice that is called so in either language; anything else stays."""
    plain = _compact(part)
    names = {choice.id: {choice.id, choice.title.zh, choice.title.en} - {""} for choice in field.choices}
    meant = [identity for identity, called in names.items() if plain in map(_compact, called)]
    return part.strip() if part.strip() in names or len(meant) != 1 else meant[0]


READINGS: Mapping[str, Callable[[str, SeasonRules], str]] = {
    "track": track,
    "consent": yes_or_no,
    "exhibition": yes_or_no,
    **{f"m{n}_grade": grade for n in (1, 2, 3)},
    **{f"m{n}_birth": month for n in (1, 2, 3)},
}


def understand(row: Row, rules: SeasonRules) -> tuple[Row, tuple[Understood, ...]]:
    """The row as a program writes it, and every cell that was written otherwise. What a cell answers to a custom field is
    read as that field of the row's track.
    """
    cells = dict(row.cells)
    understood: list[Understood] = []

    def note(column: str, meant: str) -> None:
        if meant != cells[column]:
            understood.append(Understood(column, cells[column], meant))
            cells[column] = meant

    for column, read in READINGS.items():
        if written := cells.get(column, ""):
            note(column, read(written, rules))
    for item in rules.tracks:
        for field in item.fields if item.id == cells.get("track") else ():
            if written := cells.get(column_of_field(field.id), ""):
                note(column_of_field(field.id), answer(field, written))
    return (Row(row.number, cells, whole=row.whole), tuple(understood)) if understood else (row, ())


def _compact(cell: str) -> str:
    return "".join(unicodedata.normalize("NFKC", cell).split()).casefold()
