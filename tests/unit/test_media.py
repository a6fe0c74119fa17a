"""Material of entries: what is taken, what comes late, what everybody may see, and how rows fall."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.media import (
    MIB,
    OPTIONAL,
    REQUIRED,
    MediaItem,
    check_media,
    is_public,
    state_of,
)
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.reading import load_season
from shared.season.time import from_unix_micros, to_unix_micros
from shared.sheets.reading import asked, read_text_sheet
from tests.conftest import LOUDI
from tests.support.examples import examples

RULES = load_season((LOUDI / "season.yaml").read_text())
MEDIA = RULES.media
assert MEDIA
PICTURE = {
    **dict.fromkeys(OPTIONAL, ""),
    "media": "M1",
    "entry": "A01",
    "kind": "picture",
    "people": "no",
    "uploaded_at": "2018-09-16T12:00:00",
    "file": "广场.jpg",
    "bytes": "5000",
}
NEWS = {**PICTURE, "kind": "news", "file": "", "bytes": "", "url": "https://news.example.org/1"}


def checked(*rows: dict[str, str], cut: bool = False, others: tuple[MediaItem, ...] = ()) -> Any:
    sheet = Sheet("media.csv", tuple(rows[0]), tuple(Row(n, row, whole=not cut) for n, row in enumerate(rows, 2)))
    assert RULES.media
    return check_media(sheet, RULES, RULES.media, {"A01", "A02"}, others)


def fell(*rows: dict[str, str], **options: Any) -> list[tuple[int, str, str]]:
    rejections: list[Rejection] = checked(*rows, **options)[1]
    return [(rejection.row, rejection.column, rejection.code) for rejection in rejections]


def numbered(count: int, **changes: str) -> list[dict[str, str]]:
    return [{**PICTURE, "media": f"M{number}", **changes} for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("row", "change", "column", "code"),
    [
        *((PICTURE, {name: ""}, name, "REQUIRED") for name in REQUIRED),
        (PICTURE, {"media": "../M1"}, "media", "BAD_ID"),
        (PICTURE, {"entry": "Z99"}, "entry", "UNKNOWN_ENTRY"),
        (PICTURE, {"kind": "song"}, "kind", "BAD_VALUE"),
        (PICTURE, {"people": "maybe"}, "people", "BAD_VALUE"),
        (PICTURE, {"consent": "yes"}, "consent", "BAD_VALUE"),
        (PICTURE, {"uploaded_at": "2018-09-31T00:00:00"}, "uploaded_at", "BAD_TIME"),
        (PICTURE, {"file": ""}, "file", "REQUIRED"),
        (PICTURE, {"file": "a/b.jpg"}, "file", "FILE_TYPE"),
        (PICTURE, {"file": ".jpg"}, "file", "FILE_TYPE"),
        (PICTURE, {"file": "a.jpg.exe"}, "file", "FILE_TYPE"),
        (PICTURE, {"file": f"{'a' * 120}.jpg"}, "file", "TOO_LONG"),
        (PICTURE, {"bytes": ""}, "bytes", "BAD_NUMBER"),
        (PICTURE, {"bytes": "1.5"}, "bytes", "BAD_NUMBER"),
        (PICTURE, {"bytes": "１２"}, "bytes", "BAD_NUMBER"),
        (PICTURE, {"bytes": f"{10 * MIB + 1}"}, "bytes", "FILE_TOO_LARGE"),
        (NEWS, {"url": ""}, "url", "REQUIRED"),
        (NEWS, {"url": "https://localhost/"}, "url", "BAD_URL"),
        (PICTURE, {"uploaded_at": "2018-08-19T23:59:59.999999"}, "uploaded_at", "OUTSIDE_WINDOW"),
        (PICTURE, {"uploaded_at": "2018-10-08T18:00:00.000001"}, "uploaded_at", "OUTSIDE_WINDOW"),
    ],
)
def test_a_row_falls_with_its_code_at_its_column(
    row: dict[str, str], change: dict[str, str], column: str, code: str
) -> None:
    assert fell(row) == []
    assert fell({**row, **change}) == [(2, column, code)]


def test_a_row_of_another_shape_falls_at_the_first_column() -> None:
    assert fell(PICTURE, cut=True) == [(2, next(iter(PICTURE)), "ROW_SHAPE")]


def test_an_id_is_taken_by_any_earlier_row_that_had_its_required_cells() -> None:
    assert fell({**PICTURE, "kind": "song"}, PICTURE) == [(2, "kind", "BAD_VALUE"), (3, "media", "DUPLICATE_ID")]
    assert fell({**PICTURE, "people": ""}, PICTURE) == [(2, "people", "REQUIRED")]


def test_at_the_very_end_of_its_size_and_its_time_an_item_is_taken() -> None:
    largest = {**PICTURE, "bytes": f"{10 * MIB}", "uploaded_at": "2018-09-30T18:00:00"}
    last = {**NEWS, "media": "M2", "uploaded_at": "2018-10-08T18:00:00"}
    items, rejected = checked(largest, last)
    assert rejected == []
    assert RULES.media
    assert [state_of(item, RULES.media) for item in items] == ["on_time", "late"]


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=12),
    st.integers(0, 3),
)
@examples(60)
def test_of_too_many_the_first_by_time_are_kept(days: list[int], kept_before: int) -> None:
    """Counted one by one in order of time, then row: never more than the kind takes of an entry."""
    rows = [
        {**row, "uploaded_at": f"2018-09-1{day}T12:00:00"} for row, day in zip(numbered(len(days)), days, strict=True)
    ]
    others = tuple(
        MediaItem(f"X{number}", "A01", "picture", False, "", 0, file="x.jpg", size=1) for number in range(kept_before)
    )
    items, rejected = checked(*rows, others=others)
    in_order = sorted(range(len(days)), key=lambda number: (days[number], number))
    assert {item.media for item in items} == {f"M{number + 1}" for number in in_order[: max(0, 2 - kept_before)]}
    assert len(items) + len(rejected) == len(rows)
    assert {rejection.code for rejection in rejected} <= {"TOO_MANY"}


@pytest.mark.parametrize(
    ("people", "consent", "public"),
    [
        ("no", "", True),
        ("no", "missing", True),
        ("yes", "granted", True),
        ("yes", "missing", False),
        ("yes", "", False),
    ],
)
def test_who_can_be_recognised_agrees_before_everybody_sees_it(people: str, consent: str, public: bool) -> None:
    (item,), _ = checked({**PICTURE, "people": people, "consent": consent})
    assert is_public(item) is public


def test_the_known_season_has_its_expected_material() -> None:
    assert MEDIA
    sheet = read_text_sheet("media.csv", (LOUDI / "media.csv").read_bytes(), asked(REQUIRED, OPTIONAL))
    entries = {row["entry"] for row in csv.DictReader(io.StringIO((LOUDI / "entries.csv").read_text()))}
    items, rejected = check_media(sheet, RULES, MEDIA, {entry for entry in entries if not entry.startswith("X")})
    listed = [
        f"{item.media},{item.entry},{item.kind},{state_of(item, MEDIA)},{'yes' if is_public(item) else 'no'}"
        for item in sorted(items, key=lambda item: item.media)
    ]
    assert listed == (LOUDI / "expected" / "media.csv").read_text().splitlines()[1:]
    wanted = [line for line in (LOUDI / "expected" / "rejected.csv").read_text().splitlines() if "media.csv" in line]
    assert [f"{fall.file},{fall.row},{fall.column},{fall.code}" for fall in rejected] == wanted
    assert from_unix_micros(to_unix_micros(MEDIA.until)) == MEDIA.until
