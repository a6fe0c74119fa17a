"""Custom fields over the wire: the page of an entry, the API with its schema, the desk, the export, and what judges read."""

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from laurel.client import Client, ProblemAnswer
from laurel.season_folder import read_folder
from laurel.season_run import Run
from shared.season.csv_rows import write_csv
from shared.season.plain_yaml import read_yaml, write_yaml
from tests.conftest import EXAMPLE
from tests.integration.test_entry_form import kept, names
from tests.support.folders import differences
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.seasons import new_season, open_season, person
from tests.support.waiting import eventually
from tests.use_cases.registration.test_fields import ANSWERS, FIELDS

LEVELS = [
    {
        "points": "25",
        "title": {"zh": "优秀", "en": "Excellent"},
        "text": {"zh": "来自自己的生活，读完有感触", "en": "Their own life"},
    },
    {"points": "13", "text": {"zh": "主题明确", "en": "A clear theme"}},
    {"points": "0", "text": {"zh": "看不出要讲什么", "en": "No theme"}},
]
SMALL = EXAMPLE.parents[1] / "tests" / "data" / "small-expected"
COLUMNS = {f"f_{name}": value for name, value in ANSWERS.items()}


def rules() -> dict[str, Any]:
    """Track A asks six things of its own and has level descriptions, B nothing."""
    made = new_season(acceptance="submission")
    first, second = made["tracks"][:2]
    first |= {"fields": FIELDS, "members": ["1", "1"], "instructors": ["0", "1"]}
    second |= {"members": ["1", "1"], "instructors": ["0", "0"], "divisions": ["P", "J"]}
    made["rubrics"]["story"][0]["levels"] = LEVELS
    made["unit_award"] = made["instructor_award"] = None
    return {name: value for name, value in made.items() if value}


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, rules())


@pytest.fixture(scope="module")
def child(installation: ThreeProcesses, season: str) -> Iterator[Browsing]:
    with student(installation, season, "P01", birth="2009-01") as browsing:
        yield browsing


def test_a_student_answers_what_the_track_asks_and_hands_in_once_it_is_whole(
    operator: Client, installation: ThreeProcesses, season: str, child: Browsing
) -> None:
    """Keeps away: answers that a form loses on the way to another track, or that a judge does not get."""
    here = f"/registration/seasons/{season}/register"
    assert {"f_place", "f_own"} <= names(child.get(f"{here}?track=A").text)
    assert not {"f_place", "f_own"} & names(child.get(f"{here}?track=B").text)
    sent = {
        "track": "A",
        "title": "潮汐",
        "grade": "9",
        "f_cost": "many",
        "f_place": "x" * 40,
        "f_kind": ["sea", "sky"],
    }
    refused = child.post(here, sent)
    assert refused.status_code == 422
    for text in ('href="#f_cost"', 'href="#f_place"', "研究场所：最多 12 字。", 'value="many"'):
        assert text in refused.text, text
    other = child.post(here, {**sent, "act": "another-track"})
    again = child.post(here, {**kept(other.text), "track": "B"})
    assert kept(again.text)["f_kind"] == "sea;sky"
    stored = child.post(here, {"track": "A", "title": "潮汐", "grade": "9", "f_kind": ["sea", "sky"]})
    assert stored.status_code == 303, stored.text
    address = stored.headers["location"]
    page = child.get(address).text
    assert "研究场所" in page
    assert "原创承诺" in page
    assert "/submit" not in page
    edit = child.get(f"{address}/edit").text
    assert edit.count("checked") == 2
    typed = {**COLUMNS, "f_cost": "１２.５", "f_day": "2025年3月1日"}
    assert child.post(f"{address}/edit", {"track": "A", "title": "潮汐", "grade": "9", **typed}).status_code == 303
    assert child.post(f"{address}/submit", {}).status_code == 303
    page = child.get(address).text
    for text in ("海边", "12.5", "2025年3月1日", "海、天", 'href="https://a.example"'):
        assert text in page, text
    assert child.get(f"/registration/seasons/{season}").text.count("13–不到 25") == 1, "everybody may read the levels"
    entry = address.rsplit("/", 1)[1]
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/J1", json={"tracks": ["A"]})
    task = f"/seasons/{season}/tasks/{entry}/work"
    with invited(installation, operator, role="judge", season=season, ref="J1") as judge:

        def told() -> None:
            answer = judge.get(f"/judging/v1{task}", headers={"Accept": "application/json"})
            assert answer.status_code == 200
            assert answer.json()["fields"] == {"place": "海边", "day": "2025-03-01", "kind": "sea;sky"}

        eventually(told, 30)
        ballot = judge.get(f"/judging{task}").text
        assert "海、天" in ballot
        assert "a.example" not in ballot, "it is not for judges"
        (levels,) = (item["levels"] for item in judge.get(f"/judging/v1{task}").json()["rubric"] if item["levels"])
        assert [(level["points"], level["text"]["zh"]) for level in levels] == [
            ("25", "来自自己的生活，读完有感触"),
            ("13", "主题明确"),
            ("0", "看不出要讲什么"),
        ]
        for text in ("25–40", "13–不到 25", "优秀", "看不出要讲什么"):
            assert text in ballot, text
        assert 'aria-current="true"' not in ballot.partition('class="ladder"')[2]
        judge.post(f"/judging{task}", {"theme": "24.5", "act": "save"})
        lit = re.findall(r'class="at"\s+aria-current="true"\s*>.*?</li>', judge.get(f"/judging{task}").text, re.DOTALL)
        assert ["主题明确" in text for text in lit] == [True]


def test_programs_answer_by_the_schema_of_the_track(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """Keeps away: an answer that a program can send and not read, and refusals without a place."""
    school = person(installation, operator, role="school-admin", season=season, unit="P01")
    base = f"/registration/v1/seasons/{season}"
    schema = school.get(f"{base}/tracks/A/fields")
    Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == list(ANSWERS)
    assert Draft202012Validator(schema).is_valid(ANSWERS)
    assert school.get(f"{base}/tracks/B/fields")["properties"] == {}
    with pytest.raises(ProblemAnswer) as unknown:
        school.get(f"{base}/tracks/Z/fields")
    assert unknown.value.code == "no-such-track"
    member = {"name_zh": f"测试{uuid4().hex}", "birth": "2009-01", "grade": 9}
    content = {
        "track": "A",
        "title": f"作品 {uuid4().hex[:6]}",
        "members": [member],
        "fields": {"cost": "x", "other": "y"},
    }
    headers = {"Idempotency-Key": uuid4().hex}
    with pytest.raises(ProblemAnswer) as refused:
        school.call("POST", f"{base}/entries", json=content, headers=headers)
    assert {(item["pointer"], item["code"]) for item in refused.value.problem["errors"]} == {
        ("/fields/cost", "field-bad-number"),
        ("/fields/other", "field-not-asked"),
    }
    paper = {**content, "fields": {"cost": "12.5"}, "consents": "on-paper"}
    entry = school.call("POST", f"{base}/entries", json=paper, headers={"Idempotency-Key": uuid4().hex}).json()
    assert (entry["standing"], entry["fields"], entry["fields_missing"]) == (
        "draft",
        {"cost": "12.5"},
        ["f_place", "f_own"],
    )
    with pytest.raises(ProblemAnswer) as lacking:
        school.call("POST", f"{base}/entries/{entry['entry']}/submission")
    assert lacking.value.code == "statement-missing"
    change = {**content, "fields": ANSWERS}
    changed = school.call("PUT", f"{base}/entries/{entry['entry']}", json=change).json()
    assert (changed["fields"], changed["fields_missing"]) == (ANSWERS, [])
    assert school.call("POST", f"{base}/entries/{entry['entry']}/submission").json()["standing"] == "valid"
    school.close()
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as desk:
        export = desk.post(f"/registration/seasons/{season}/export?q={entry['entry']}", {"reason": "核对"}).text
        header, row = export.lstrip("\ufeff").splitlines()
        assert dict(zip(header.split(","), row.split(","), strict=True)) | COLUMNS == dict(
            zip(header.split(","), row.split(","), strict=True)
        )
        assert "海边" in desk.get(f"/registration/entries/{season}/{entry['entry']}").text
        sheet = desk.get(f"/registration/seasons/{season}/import/template.xlsx")
        assert sheet.status_code == 200


def test_a_season_folder_with_fields_has_the_results_of_the_same_without(operator: Client, tmp_path: Path) -> None:
    """Keeps away: a question of the form that changes a rank, or answers that a folder takes in and gives out nowhere."""
    folder = tmp_path / "folder"
    shutil.copytree(EXAMPLE, folder)
    made = read_yaml((folder / "season.yaml").read_text())
    made["series"]["id"] = f"fields-{uuid4().hex[:6]}"
    made["serials"]["prefix"] = f"F{uuid4().hex[:7].upper()}"
    made["tracks"][0]["fields"] = [FIELDS[0], FIELDS[3]]
    made["rubrics"]["story"][0]["levels"] = LEVELS
    (folder / "season.yaml").write_text(write_yaml(made))
    header, *rows = read_csv(folder / "entries.csv")
    track, number = header.index("track"), header.index("entry")
    asked = [[*row, *(["海边", "sky"] if row[track] == "A" else ["", ""])] for row in rows]
    (folder / "entries.csv").write_text(write_csv([*header, "f_place", "f_kind"], asked))
    run = Run(read_folder(folder), operator, lambda _: None)
    run.open()
    run.hand_over()
    run.judge()
    run.write_results(tmp_path / "results")
    assert differences(tmp_path / "results", SMALL) == []
    fell = {int(row["row"]) for row in run.rejected() if row["file"] == "entries.csv"}
    taken = sorted(row[number] for place, row in enumerate(rows, 2) if row[track] == "A" and place not in fell)
    _, *answers = read_csv(tmp_path / "results" / "answers.csv")
    assert answers == [
        line
        for entry in taken
        for line in ([entry, "place", "海边", "yes", "no"], [entry, "kind", "sky", "yes", "yes"])
    ]


def read_csv(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.reader(lines))
