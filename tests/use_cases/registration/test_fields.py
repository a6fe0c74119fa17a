"""The fields of one's own that a track asks for: on drafts, at handing in, in sheets, and as judges are told."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.registration.adapters.sheets import Wording, read_table, template, with_fields, wording
from services.registration.application.classes import Answers, ClassRun
from services.registration.application.consenting import decide
from services.registration.application.direct import submit_entry
from services.registration.application.entering import edit, submit
from services.registration.application.entry_events import public_answers
from services.registration.application.forms import application_of
from services.registration.application.guardians import Visit
from services.registration.application.imports import import_entries, record_entry
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.rights import erase
from services.registration.domain.amendments import not_amendable
from services.registration.domain.consent import PUBLISH_WORK, TAKE_PART
from services.registration.domain.entry_sheet import COLUMNS
from services.registration.domain.statements import HIDDEN_NAME
from services.registration.entrypoints.pages.public import answers_for_everybody
from shared.errors import Invalid
from shared.events.registration import EntryAcceptedV1, EntryAmendedV1
from shared.season.csv_rows import Sheet, write_csv
from shared.season.fields import Answer, column_of_field, find_faults, json_schema, trimmed, values_of
from shared.season.rules import SeasonRules
from shared.season.text import LANGUAGES
from shared.sheets.grid import plain_heading
from shared.sheets.workbook import workbook_grid
from shared.web.forms import FormData
from shared.web.translation import Catalog
from tests.support.examples import examples
from tests.support.refusals import invalid, refused
from tests.support.registered import JUDGING, OPEN, Registered, form, registered
from tests.support.rules import season_rules, title
from tests.use_cases.registration.test_files import ROW

ROOT = Path(__file__).parents[3]
CATALOG = Catalog([ROOT / "shared/web/locales", ROOT / "services/registration/entrypoints/locales"])
PLACE = {
    "id": "place",
    "title": title("研究场所"),
    "type": "text",
    "required": "true",
    "judges": "true",
    "max_length": "12",
}
COST = {"id": "cost", "title": title("花费"), "type": "number", "decimals": "1", "max": "100"}
DAY = {"id": "day", "title": title("日期"), "type": "date", "min": "2025-01-01", "judges": "true"}
KIND: dict[str, Any] = {
    "id": "kind",
    "title": title("类别"),
    "type": "choice",
    "many": "true",
    "choices": [{"id": "sea", "title": title("海")}, {"id": "sky", "title": title("天")}],
    "judges": "true",
    "public": "true",
}
SITE = {"id": "site", "title": title("网址"), "type": "url"}
OWN = {"id": "own", "title": title("原创承诺"), "type": "yes-no", "must": "true", "required": "true"}
FIELDS: list[dict[str, Any]] = [PLACE, COST, DAY, KIND, SITE, OWN]
ANSWERS = {
    "place": "海边",
    "cost": "12.5",
    "day": "2025-03-01",
    "kind": "sea;sky",
    "site": "https://a.example",
    "own": "yes",
}


def asking(**changes: Any) -> SeasonRules:
    """Track A asks six things of its own; the others none."""
    tracks = season_rules().model_dump(mode="json")["tracks"]
    return season_rules(acceptance="submission", tracks=[{**tracks[0], "fields": FIELDS}, *tracks[1:]], **changes)


WRONG: list[tuple[dict[str, str], tuple[str, str]]] = [
    ({"place": "x" * 13}, ("f_place", "field-too-long")),
    ({"place": "a\x07b"}, ("f_place", "field-bad-sign")),
    ({"cost": "1.25"}, ("f_cost", "field-bad-number")),
    ({"cost": "１２"}, ("f_cost", "field-bad-number")),
    ({"cost": "100.1"}, ("f_cost", "field-out-of-range")),
    ({"cost": "-1"}, ("f_cost", "field-out-of-range")),
    ({"day": "2025-02-30"}, ("f_day", "field-bad-date")),
    ({"day": "20250301"}, ("f_day", "field-bad-date")),
    ({"day": "2024-12-31"}, ("f_day", "field-out-of-range")),
    ({"kind": "sea;sea"}, ("f_kind", "field-bad-value")),
    ({"kind": "land"}, ("f_kind", "field-bad-value")),
    ({"site": "https://localhost/"}, ("f_site", "field-bad-url")),
    ({"own": "no"}, ("f_own", "field-must-agree")),
    ({"own": "ja"}, ("f_own", "field-bad-value")),
    ({"else": "x"}, ("f_else", "field-not-asked")),
]


@pytest.mark.parametrize(("answers", "fault"), WRONG)
async def test_an_answer_that_will_not_do_is_named_at_its_field(
    answers: dict[str, str], fault: tuple[str, str]
) -> None:
    """Keeps away: an answer that one way in takes and another refuses, or that is refused without saying where."""
    there = await registered(asking())
    with invalid("fields-invalid", fault):
        await there.drafted(fields=answers)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("decimals", "words"), [("0", ("整数", "whole number")), ("1", ("1 位", "one decimal"))])
async def test_a_refusal_says_how_a_number_is_written(decimals: str, words: tuple[str, str], language: str) -> None:
    """Keeps away: a sentence about nought decimals, or one that speaks of a limit that there is not."""
    tracks = asking().model_dump(mode="json")["tracks"]
    fields = [{**COST, "decimals": decimals}, DAY]
    there = await registered(season_rules(tracks=[{**tracks[0], "fields": fields}, *tracks[1:]]))
    with pytest.raises(Invalid) as refused_entry:
        await there.drafted(fields={"cost": "viel", "day": "2024-01-01"})
    said = FormData().with_errors(refused_entry.value, CATALOG.translator(language)).errors
    assert words[language == "en"] in said["f_cost"]
    assert "2025-01-01" in said["f_day"]
    assert "none" not in said["f_day"]


async def test_a_draft_may_lack_what_is_required_and_is_not_handed_in_without() -> None:
    """Keeps away: an entry handed in without what the organizer requires."""
    there = await registered(asking())
    who = await there.student()
    entry, season = await there.drafted(who, fields={"cost": " 12.5 ", "site": ""}), await there.season()
    assert entry.entry.answers == (Answer("cost", "12.5", "number"),)
    with refused("statement-missing"):
        await submit(season, entry, OPEN, there.works, there.store, by="acc")
    answered = form(grade=application_of(entry, who).grade, fields=ANSWERS)
    changed = await edit(season, entry, who, answered, OPEN, there.store)
    assert application_of(changed, who).fields == ANSWERS
    handed_in = await submit(season, changed, OPEN, there.works, there.store, by="acc")
    assert handed_in.standing == "valid"


async def test_what_is_handed_in_whole_stays_a_draft_without_a_required_answer() -> None:
    """Keeps away: a program that hands in what the page would not."""
    there = await registered(asking())
    who, season = await there.student(), await there.season()
    entry = await submit_entry(season, who, form(), paper=False, command=there.command(), store=there.store)
    whole = await submit_entry(
        season, await there.student("本"), form(fields=ANSWERS), paper=False, command=there.command(), store=there.store
    )
    assert (entry.standing, whole.standing) == ("draft", "valid")


async def test_judges_are_told_what_they_are_to_read_without_names_and_nothing_else() -> None:
    """Keeps away: an answer given in confidence, or a name, that a judge reads."""
    there = await registered(asking())
    await there.submitted(await there.student("安娜"), fields={**ANSWERS, "place": "一校安娜家"})
    (told,) = there.told.of(EntryAcceptedV1)
    assert told.fields == {"place": f"{HIDDEN_NAME}{HIDDEN_NAME}家", "day": "2025-03-01", "kind": "sea;sky"}


async def test_everybody_reads_what_was_for_everybody_once_it_is_agreed_that_the_work_is_shown() -> None:
    """Keeps away: an answer on a public page although a guardian refused that the work is shown, or one for judges."""
    there = await registered(asking())
    entry = await there.submitted(fields=ANSWERS)
    assert public_answers(replace(entry, consents=())) == {}, "nobody was asked"

    async def decided(*purposes: str) -> StoredEntry:
        asked: dict[str, Any] = {
            "guardian": "李妈妈",
            "relation": "母亲",
            "channel": "school",
            "by": "g1",
            "visit": Visit(),
        }
        stored = await there.kept(entry)
        await decide(await there.season(), stored, 1, purposes, now=OPEN, store=there.store, **asked)
        return await there.kept(entry)

    agreed = await decided(TAKE_PART, PUBLISH_WORK)
    assert public_answers(agreed) == {"kind": "sea;sky"}
    shown = answers_for_everybody(await there.season(), [agreed])
    assert [(field.id, value) for field, value in shown[entry.entry.entry]] == [("kind", "sea;sky")]
    assert public_answers(await decided(TAKE_PART, "publish-name")) == {}
    team = replace(agreed, members=(*agreed.members, "another"))
    assert public_answers(team) == {}, "for every member"
    text = Answer("told", "一校安娜的家", "text", public=True)
    named = replace(agreed, entry=replace(agreed.entry, answers=(text,)), school=("一校", ""))
    assert public_answers(named) == {"told": f"{HIDDEN_NAME}{HIDDEN_NAME}的家"}


async def test_erasing_the_last_of_a_team_takes_the_answers_and_tells_it() -> None:
    there = await registered(asking())
    entry = await there.submitted(fields=ANSWERS)
    await erase([entry.members[0]], OPEN, there.erasures, there.works, there.remains, there.store)
    assert (await there.kept(entry)).entry.answers == ()
    assert there.told.of(EntryAmendedV1)[-1].fields == {}


async def test_another_track_asks_its_own() -> None:
    """Keeps away: an answer that is kept where its track does not ask it."""
    there = await registered(asking())
    with invalid("fields-invalid", ("f_place", "field-not-asked")):
        await there.drafted(track="B", fields={"place": "海边"})


def of_row(**answers: str) -> dict[str, str]:
    return {column_of_field(name): value for name, value in answers.items()}


FALLS: list[tuple[dict[str, str], str, str]] = [
    ({"place": "x" * 13}, "place", "TOO_LONG"),
    ({"place": ""}, "place", "REQUIRED"),
    ({"cost": "1.25"}, "cost", "BAD_NUMBER"),
    ({"cost": "101"}, "cost", "OUT_OF_RANGE"),
    ({"day": "2025-02-30"}, "day", "BAD_DATE"),
    ({"kind": "land"}, "kind", "BAD_VALUE"),
    ({"site": "ftp://a.example"}, "site", "BAD_URL"),
    ({"own": "no"}, "own", "MUST_AGREE"),
    ({"track": "B", "m1_grade": "8"}, "place", "NOT_ASKED"),
]


async def test_rows_of_entries_csv_fall_at_the_column_of_the_field() -> None:
    """Keeps away: a season folder that takes in what the page refuses, or an answer that a row loses."""
    there = await registered(asking(), mode="records")
    whole = of_row(**ANSWERS)
    changes = [
        {**whole, **{column_of_field(name) if name in ANSWERS else name: value for name, value in row.items()}}
        for row, _, _ in FALLS
    ]
    names = [{"entry": f"E{number:03}", "m1_name_zh": f"测试{number}号"} for number in range(len(FALLS) + 1)]
    listed = [names[0] | whole, *(name | change for name, change in zip(names[1:], changes, strict=True))]
    columns = [*COLUMNS, *whole]
    content = write_csv(columns, [[{**ROW, **item}.get(name, "") for name in columns] for item in listed]).encode()
    report = await import_entries(await there.season(), content, there.store)
    fell = [(item.row, item.column, item.code) for item in report.rejected]
    assert fell == [(number, column_of_field(name), code) for number, (_, name, code) in enumerate(FALLS, 3)]
    kept = (await there.entries.of(there.id))["E000"].entry
    assert values_of(kept.answers) == ANSWERS
    assert [answer.field for answer in kept.answers] == list(ANSWERS)


async def test_a_draft_of_a_season_folder_may_lack_what_is_required() -> None:
    there = await registered(asking(), mode="records")
    cells = tuple({**ROW, "submitted_at": ""}.get(name, "") for name in COLUMNS)
    assert (await record_entry(await there.season(), COLUMNS, cells, there.store)).entry.answers == ()


HEADING = ["赛道", "作品名称", "第一队员姓名", "第一队员出生年月", "第一队员年级", "第一指导教师", "纸质同意书"]
TITLES = ["研究场所", "花费", "日期", "类别", "网址", "原创承诺"]


def words_for(season: Season) -> Wording:
    return with_fields(wording(CATALOG), season.rules)


async def sheet_of_class(season: Season, *rows: list[str], titles: Sequence[str] = TITLES) -> Sheet:
    heading = [*HEADING, *titles]
    text = "\n".join(",".join(line) for line in [heading, *rows])
    return await read_table("class.csv", text.encode(), words_for(season), season.id)


async def run(there: Registered, table: Sheet, **answers: bool) -> ClassRun:
    season = await there.season()
    units = await there.units.of(there.id)
    passed = ClassRun(season, table, units, "P01", "teacher", there.store, Answers(**answers))
    for rows in passed.chunks:
        await passed.chunk(rows, apply=True)
    return passed


CHILD = ["A", "潮汐", "测试安娜", "2014-01", "5", "测试王老师", "是"]


async def test_teachers_answer_in_their_words_under_the_titles_of_the_fields() -> None:
    """Keeps away: a class that has to write ids and ISO days, or a sheet that lets in what the page refuses."""
    there = await registered(asking())
    table = await sheet_of_class(
        await there.season(),
        [*CHILD, "海边", "１2.5", "2025年3月1日", "海、天", "https://a.example", "√"],
        [*CHILD[:2], "测试本杰明", *CHILD[3:], "海边", "贵", "2025/3/1", "海", "", "是"],
        [*CHILD[:2], "测试查尔斯", *CHILD[3:], "", "", "", "", "", "是"],
    )
    passed = await run(there, table)
    assert [(fell.row, fell.column, fell.code) for fell in passed.tally.rejected] == [
        (3, "f_cost", "BAD_NUMBER"),
        (4, "f_place", "REQUIRED"),
    ]
    (entry,) = (await there.entries.of(there.id)).values()
    assert values_of(entry.entry.answers) == ANSWERS
    assert entry.standing == "valid"
    assert {item.column for item in passed.tally.understood} >= {"f_cost", "f_day", "f_kind", "f_own"}


async def test_a_sheet_sent_again_names_other_answers_and_keeps_those_it_has_no_column_for() -> None:
    """Keeps away: last week's sheet, without the new columns, that empties what was answered since."""
    there = await registered(asking())
    season = await there.season()
    answers = ["海边", "12.5", "2025-03-01", "海", "", "是"]
    await run(there, await sheet_of_class(season, [*CHILD, *answers]))
    titles = ["研究场所", "原创承诺"]
    again = await run(there, await sheet_of_class(season, [*CHILD, "家里", "是"], titles=titles), change=True)
    assert [(item.column, item.kept, item.sent) for item in again.tally.differences] == [("f_place", "海边", "家里")]
    (entry,) = (await there.entries.of(there.id)).values()
    assert values_of(entry.entry.answers) == {
        "place": "家里", "cost": "12.5", "day": "2025-03-01", "kind": "sea", "own": "yes",
    }  # fmt: skip


async def test_the_sheet_for_a_class_has_the_fields_with_lists_to_choose_from() -> None:
    """Keeps away: two columns that are called alike, of which one is read as the other."""
    comma = {
        **KIND,
        "id": "comma",
        "title": title("分类"),
        "many": "false",
        "choices": [{"id": "a", "title": title("甲,乙")}, KIND["choices"][0]],
    }
    other = {**PLACE, "id": "other", "required": "false"}
    twice = [comma, other, {**KIND, "many": "false", "title": title("作品名称")}]
    tracks = asking().model_dump(mode="json")["tracks"]
    rules = season_rules(tracks=[tracks[0], {**tracks[1], "fields": twice}, *tracks[2:]])
    t = CATALOG.translator("zh")
    content = template(rules, CATALOG, t, with_units=False, whole=False)
    grid = workbook_grid(content)
    headings = ["研究场所 (f_place)", "花费", "日期", "类别", "网址", "原创承诺", "研究场所 (f_other)"]
    assert [cell for cell in grid.rows[0] if cell in {*headings, "类别 (f_kind)", "作品名称 (f_kind)"}] == headings
    words = with_fields(wording(CATALOG), rules).columns.headings
    assert words[plain_heading("研究场所 (f_other)")] == "f_other"
    assert plain_heading("研究场所") not in words
    assert words[plain_heading("作品名称")] == "title", "a field does not take what a column is called"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        written = book.read("xl/worksheets/sheet1.xml").decode()
    assert "海,天" in written
    assert "甲,乙" not in written, "a title with a comma would be two"


AMENDABLE: list[tuple[str, dict[str, Any], bool]] = [
    ("place", {"help": title("在哪里做的")}, True),
    ("place", {"max_length": "20"}, True),
    ("place", {"max_length": "5"}, False),
    ("place", {"required": "false"}, True),
    ("place", {"judges": "false"}, False),
    ("place", {"type": "url", "max_length": None}, False),
    ("cost", {"required": "true"}, False),
    ("cost", {"max": "1000"}, True),
    ("cost", {"max": "99"}, False),
    ("cost", {"min": "-1"}, True),
    ("cost", {"decimals": "2"}, True),
    ("day", {"min": "2024-01-01"}, True),
    ("day", {"min": "2025-02-01"}, False),
    ("day", {"min": None}, True),
    ("day", {"max": "2025-12-31"}, False),
    ("kind", {"choices": [*KIND["choices"], {"id": "land", "title": title("地")}]}, True),
    ("kind", {"choices": [{**KIND["choices"][0], "title": title("大海")}, KIND["choices"][1]]}, True),
    ("kind", {"choices": [KIND["choices"][0], {"id": "land", "title": title("地")}]}, False),
    ("kind", {"many": "false"}, False),
    ("own", {"must": "false"}, True),
    ("site", {"public": "true"}, False),
]


@pytest.mark.parametrize(("name", "changes", "may"), AMENDABLE)
def test_an_amendment_of_a_field_refuses_no_answer_that_was_given(
    name: str, changes: dict[str, Any], may: bool
) -> None:
    """Keeps away: an entry that was right when it was begun and cannot be handed in any more."""
    before, track = asking(), asking().model_dump(mode="json")["tracks"]
    fields = [{**item, **(changes if item["id"] == name else {})} for item in FIELDS]
    plain = [{key: value for key, value in item.items() if value is not None} for item in fields]
    after = season_rules(acceptance="submission", tracks=[{**track[0], "fields": plain}, *track[1:]])
    assert (not_amendable(before, after, OPEN) == []) is may
    assert not_amendable(before, after, JUDGING)


def test_an_amendment_asks_nothing_new_and_takes_no_field_away() -> None:
    before, track = asking(), asking().model_dump(mode="json")["tracks"]
    for fields in (FIELDS[:-1], [*FIELDS, {**SITE, "id": "more"}]):
        after = season_rules(acceptance="submission", tracks=[{**track[0], "fields": fields}, *track[1:]])
        assert [item.path.split(".")[2] for item in not_amendable(before, after, OPEN)] == ["fields"]


@examples(100)
@given(
    st.fixed_dictionaries(
        {}, optional={item["id"]: st.text(max_size=14) | st.sampled_from(list(ANSWERS.values())) for item in FIELDS}
    )
)
def test_the_schema_of_a_track_takes_what_the_check_takes(answers: dict[str, str]) -> None:
    """Keeps away: a program that checks by the schema and is refused all the same. Ranges of numbers and days, the host of an
    address and a choice that is named twice are no matter of the schema.
    """
    track = asking().track("A")
    values = {name: value for name, value in answers.items() if trimmed({name: value}).get(name) == value}
    faults = [code for _, code in find_faults(track.fields, values, whole=True)]
    valid = Draft202012Validator(json_schema(track.fields)).is_valid(values)
    assert valid or faults
    assert not valid or set(faults) <= {"OUT_OF_RANGE", "BAD_URL", "BAD_DATE", "BAD_VALUE", "BAD_SIGN"}
