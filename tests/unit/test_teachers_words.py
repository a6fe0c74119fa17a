"""Cells are read as teachers write them; what can mean two things stays as it is, to fall with its code."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.season_form.previewing import CUSTOM_FIELD
from services.registration.domain.teachers_words import (
    READINGS,
    Understood,
    answer,
    grade,
    month,
    track,
    understand,
    yes_or_no,
)
from shared.season.csv_rows import Row
from shared.season.reading import load_season
from shared.season.rules import CustomField
from tests.conftest import EXAMPLE

RULES = load_season((EXAMPLE / "season.yaml").read_text())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((text, "6") for text in ("6", "６", "六年级", "6年级", "六", "第六年级", "小学六年级", "小六", "Grade 6", "G6", "6th", "预初")),
        *((text, "7") for text in ("七年级", "初一", "初中一年级", "初 1")),
        *((text, "10") for text in ("高一", "十年级", "十", "高中一年级")),
        *((text, "12") for text in ("高三", "十二年级", "12")),
        *((text, text) for text in ("", "初四", "高四", "0", "13", "六班", "6-7", "大班", "毕业")),
    ],
)  # fmt: skip
def test_grades(written: str, meant: str) -> None:
    assert grade(written, RULES) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(
            (text, "2014-02")
            for text in ("2014-02", "2014-2", "2014/2", "2014.02", "2014年2月", "2014 年 02 月", "２０１４-０２", "201402")
        ),
        *((text, "2014-02") for text in ("2014/2/3", "2014-02-03", "2014年2月3日", "20140203")),
        *((text, text) for text in ("May-13", "13-05", "2/2014", "2014", "2014-13", "2014年13月", "14年2月", "02-03-2014")),
    ],
)  # fmt: skip
def test_months(written: str, meant: str) -> None:
    assert month(written, RULES) == meant


def test_tracks_by_id_or_by_title() -> None:
    for item in RULES.tracks:
        for written in (item.id, item.id.lower(), f" {item.title.zh} ", item.title.en.upper()):
            assert track(written, RULES) == item.id
    assert track("Ｂ", RULES) == "B"
    for unknown in ("", "没有的赛道"):
        assert track(unknown, RULES) == unknown


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((text, "yes") for text in ("yes", "ｙｅｓ", "Y", "TRUE", "是", "已签", "√", "1")),
        *((text, "") for text in ("", "否", "无", "no", "FALSE", "×")),
        *((text, text) for text in ("maybe", "待定", "?")),
    ],
)
def test_yes_and_no(written: str, meant: str) -> None:
    assert yes_or_no(written, RULES) == meant


def test_what_was_understood_is_told_and_the_rest_stays() -> None:
    row = Row(3, {"track": "B", "m1_grade": "六年级", "m1_birth": "2014年2月", "title": "六年级", "consent": "?"})

    read, understood = understand(row, RULES)

    assert read.number == 3
    assert dict(read.cells) == {**row.cells, "m1_grade": "6", "m1_birth": "2014-02"}
    assert understood == (Understood("m1_grade", "六年级", "6"), Understood("m1_birth", "2014年2月", "2014-02"))


@given(st.sampled_from(sorted(READINGS)), st.text())
def test_what_was_read_is_read_again_as_it_is(column: str, written: str) -> None:
    meant = READINGS[column](written, RULES)

    assert READINGS[column](meant, RULES) == meant


def field(**stated: Any) -> CustomField:
    return CUSTOM_FIELD.validate_python({"id": "f", "title": {"zh": "问"}, **stated})


CHOICES = [{"id": "sea", "title": {"zh": "海 边", "en": "Sea side"}}, {"id": "x-y", "title": {"zh": "天"}}]


@pytest.mark.parametrize(
    ("stated", "written", "meant"),
    [
        *(({"type": "date"}, text, "2026-03-01") for text in ("2026-3-1", "2026/03/01", "2026.3.1", "2026年3月1日", "２０２６年3月1号")),
        *(({"type": "date"}, text, text) for text in ("3月1日", "2026年3月", "明天", "2026-03-01T10:00:00")),
        *(({"type": "number", "decimals": 1}, text, "12.5") for text in ("12.5", "１２.５", " 12.5 ")),
        *(({"type": "number"}, text, text) for text in ("十二", "1,000", "12 元")),
        *(({"type": "yes-no"}, text, "yes") for text in ("是", "√", "Yes", "true")),
        *(({"type": "yes-no"}, text, "no") for text in ("否", "no", "×")),
        ({"type": "yes-no"}, "也许", "也许"),
        *(({"type": "choice", "choices": CHOICES}, text, "sea") for text in ("海边", "SEA SIDE", "sea", "Sea")),
        ({"type": "choice", "choices": CHOICES}, "海边、天", "海边、天"),
        ({"type": "choice", "choices": CHOICES, "many": True}, "海边、天", "sea;x-y"),
        ({"type": "choice", "choices": CHOICES, "many": True}, "海边，地", "sea;地"),
        ({"type": "choice", "choices": [*CHOICES, {"id": "w", "title": {"zh": "山/水"}}], "many": True}, "山／水", "w"),
        ({"type": "url"}, "https://a.example", "https://a.example"),
        ({"type": "text"}, "１２", "１２"),
    ],
)  # fmt: skip
def test_answers_to_custom_fields(stated: dict[str, Any], written: str, meant: str) -> None:
    """Keeps away: an answer that is bent into another, or a class that has to write as programs do."""
    assert answer(field(**stated), written) == meant
