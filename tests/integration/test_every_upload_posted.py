"""What each upload answers, asked through the route by which people and programs send it: docs/evidence/hard-inputs.md shows it."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from lxml import html

from laurel.client import Client, ProblemAnswer
from services.certificates.application.amending import COLUMNS as DECIDED
from services.certificates.application.granting import COLUMNS as GRANTED
from shared.season.plain_yaml import read_yaml
from tests.conftest import GOLDEN
from tests.support.classes import register
from tests.support.evidence import HARD_INPUTS, agrees
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited
from tests.support.seasons import new_season, open_season
from tests.support.spreadsheets import as_csv
from tests.support.waiting import eventually
from tests.use_cases.test_every_upload import FORMS as MADE
from tests.use_cases.test_every_upload import Upload

PART = "What each upload says"
SHEETS = Path(__file__).parents[1] / "data" / "sheets"
FORMS: dict[str, Callable[[Upload], bytes]] = {
    **{
        name: MADE[name]
        for name in (
            "UTF-8", "BOM", "GB18030", "UTF-16", "semicolon", "XLSX", "error cell", "date cell", "merged", "10,000 rows",
        )
    },
    "Big5": lambda upload: as_csv([upload.columns, ["陳家豪", "林雅婷"] * len(upload.columns)]).encode("big5", "ignore"),
    "hidden first sheet": lambda _: (SHEETS / "hiddenfirst.xlsx").read_bytes(),
    "web page called .xls": lambda _: (SHEETS / "html.xls").read_bytes(),
}  # fmt: skip
READ = ("UTF-8", "BOM", "GB18030", "UTF-16", "semicolon", "XLSX")
FALLS = {"error cell": "ERROR_CELL", "date cell": "DATE_CELL", "merged": "MERGED_CELL"}
REMEDIES = {
    "Big5": "Please state its encoding",
    "hidden first sheet": "move the sheet to be read to the front",
    "web page called .xls": "save it as .xlsx",
}
ABOUT = """Made by `tests/integration/test_every_upload_posted.py`, which sends every file through the page or the route that takes it. `1 in`: the row is right;
`row 2 …`: the first that falls, and its column. Numbers in brackets are those of the sentences below, each with its code for programs."""
CODE = re.compile(r"[A-Z]{3,}_[A-Z]+$")
TAKEN = (re.compile(r"Correct(?: rows)? (\d+)"), re.compile(r"(\d+) judges are in the list"))
HAN = re.compile(r"[\u4e00-\u9fff]")
FEWEST = 700
PUPIL = {
    "赛道": "A", "作品名称": "潮汐观察员", "第一队员姓名": "安娜", "第一队员出生年月": "2014年1月",
    "第一队员年级": "五年级", "第一指导教师": "王老师", "纸质同意书": "是",
}  # fmt: skip
JUDGE = {"姓名": "陈评委", "联系方式": "工作电话", "可评赛道": "A", "语言": "中文", "任职单位": "", "须回避": ""}


@dataclass(frozen=True, slots=True)
class Answered:
    """What an upload said: of the rows it would take in, and of the first that fell, or of the file."""

    taken: int
    place: str = ""
    """Row and column of the first that fell."""
    fell: str = ""
    refused: str = ""
    choices: tuple[str, ...] = ()


Posted = Callable[[bytes, str], Answered]
"""Sends a file, in an encoding that is stated or not, and reads the answer."""


def _by_program(client: Client, method: str, address: str, **params: str) -> Posted:
    def post(content: bytes, encoding: str = "") -> Answered:
        query = {**params, **({"encoding": encoding} if encoding else {})}
        try:
            answer = client.call(method, address, content=content, params=query, headers={"Content-Type": "text/csv"})
        except ProblemAnswer as problem:
            return Answered(0, refused=str(problem.problem["detail"]))
        report = answer.json()
        fell = next(iter(report["rejected"]), None)
        if fell is None:
            return Answered(report["accepted"])
        said = f"{fell['message']['en']} {fell['code']}"
        return Answered(report["accepted"], f"{fell['row']} {fell['column']}", said)

    return post


def _on_page(browsing: Browsing, address: str, **fields: str) -> Posted:
    """The form of a page; what it leads to is looked at until it is worked through."""

    def post(content: bytes, encoding: str = "") -> Answered:
        sent = {**fields, **({"encoding": encoding} if encoding else {})}
        answer = browsing.post(address, sent, files={"file": ("表.csv", content)})
        if answer.status_code == 303:
            leads_to = answer.headers["location"]

            def worked_through() -> None:
                assert "Refresh" not in browsing.get(leads_to).headers

            eventually(worked_through, 60)
            answer = browsing.get(leads_to)
        return _told(answer.text)

    return post


def _told(page: str) -> Answered:
    tree: Any = html.fromstring(page)
    for unseen in tree.xpath("//*[contains(concat(' ', @class, ' '), ' vh ')]"):
        unseen.drop_tree()
    alerts = tree.xpath("//*[@role='alert']//li | //p[@role='alert'] | //*[@role='alert']/p")
    if alerts:
        choices = [_text(item) for item in tree.xpath("//select[@name='encoding']/option[@value!='']")]
        return Answered(0, refused=_text(alerts[0]), choices=tuple(choices))
    lines = ([_text(cell) for cell in line.xpath("th | td")] for line in tree.xpath("//tr[td]"))
    fell = next((cells for cells in lines if CODE.search(cells[-1])), ["", "", ""])
    said = " ".join(map(_text, tree.xpath("//dt | //dd | //*[@role='status']")))
    taken = next((int(match[1]) for match in (pattern.search(said) for pattern in TAKEN) if match), None)
    return Answered(int(not fell[-1]) if taken is None else taken, " ".join(fell[:-1]).strip(), fell[-1])


def _text(element: Any) -> str:
    return " ".join(element.text_content().split())


def _golden(kind: str, text: str) -> Upload:
    """The columns of a file of the golden season, and its first row."""
    with (GOLDEN / f"{kind}.csv").open(encoding="utf-8") as file:
        reader = csv.DictReader(file)
        row = next(reader)
    return Upload(tuple(row), row, text, take=_nothing)


async def _nothing(_: bytes) -> Any:
    return 0, ()


def _upload(row: Mapping[str, str], text: str, columns: Sequence[str] = ()) -> Upload:
    return Upload(columns or tuple(row), row, text, take=_nothing)


@pytest.fixture(scope="module")
def uploads(installation: ThreeProcesses, operator: Client) -> Iterator[dict[str, tuple[Upload, Posted]]]:
    """Every way in, with a row that is right: of a season that is on, and of one kept in records."""
    made = new_season(acceptance="submission")
    quiz = {"components": [{"id": "quiz", "weight": "1", "test": {"max": "50"}}]}
    scoring = {**made["rounds"][0]["scoring"], "A": quiz}
    live = open_season(operator, {**made, "rounds": [{**made["rounds"][0], "scoring": scoring}]})
    (entry,) = register(operator, live, ["P01"])
    rules: Any = read_yaml((GOLDEN / "season.yaml").read_text(encoding="utf-8"))
    rules["season"]["id"], rules["serials"]["prefix"] = f"g{uuid4().hex[:6]}", f"G{uuid4().hex[:6].upper()}"
    kept = open_season(operator, rules, "records", (GOLDEN / "units.csv").read_text(encoding="utf-8"))
    records = {name: f"/{name}/v1/seasons/{kept}/records" for name in ("registration", "judging")}
    for kind in ("registration/entries", "judging/judges"):
        service, name = kind.split("/")
        content = (GOLDEN / f"{name}.csv").read_bytes()
        operator.call("PUT", f"{records[service]}/{name}", content=content, headers={"Content-Type": "text/csv"})
    operator.wait_for("judging", lambda: operator.get(f"/judging/v1/seasons/{kept}")["entries"] > FEWEST)
    seasons = f"/registration/seasons/{live}"
    by_list = {"kind": "judge", "name_zh": "测试评委", "unit": "P01", "title_zh": "优秀评委"}
    content = as_csv([GRANTED, [by_list.get(column, "") for column in GRANTED]]).encode()
    operator.wait_for("certificates", lambda: _granted(operator, live, content))
    (certificate,) = operator.get(f"/certificates/v1/seasons/{live}/certificates")
    with (
        invited(installation, operator, role="school-admin", season=live, unit="P01") as school,
        invited(installation, operator, role="city-organizer", season=live) as city,
    ):
        school.headers["Accept-Language"] = city.headers["Accept-Language"] = "en"
        yield {
            "class sheet": (_upload(PUPIL, "作品名称"), _on_page(school, f"{seasons}/import")),
            "list of judges": (_upload(JUDGE, "姓名"), _on_page(city, f"{seasons}/judges/sheet")),
            "test scores": (
                _upload({"round": "final", "component": "quiz", "entry": entry, "score": "40"}, "entry"),
                _on_page(city, f"/judging/seasons/{live}/sheets", kind="tests"),
            ),
            "certificates by list": (
                _upload({**by_list, "name_zh": "测试另评委"}, "title_zh", GRANTED),
                _on_page(city, f"/certificates/seasons/{live}/grants"),
            ),
            "decisions by file": (
                _upload(
                    {"serial": certificate["serial"], "action": "revoke", "reason": "复核后撤销"}, "reason", DECIDED
                ),
                _on_page(city, f"/certificates/seasons/{live}/changes"),
            ),
            **{
                f"{kind}.csv": (_golden(kind, text), _by_program(operator, "PUT", f"{records[service]}/{path}"))
                for kind, text, service, path in (
                    ("units", "name_zh", "registration", "units"),
                    ("entries", "title", "registration", "entries"),
                    ("summaries", "unit", "registration", "summaries"),
                    ("judges", "employer", "judging", "judges"),
                    ("ballots", "judge", "judging", "rounds/district/ballots"),
                    ("runs", "entry", "judging", "rounds/district/runs"),
                    ("tests", "entry", "judging", "rounds/district/tests"),
                )
            },
        }


def _granted(operator: Client, season: str, content: bytes) -> bool:
    """Whether the list was carried out; the season may be on its way."""
    try:
        answer = operator.call(
            "POST",
            f"/certificates/v1/seasons/{season}/grants",
            content=content,
            params={"dry_run": "false"},
            headers={"Content-Type": "text/csv"},
        )
    except ProblemAnswer:
        return False
    report = answer.json()
    return bool(report["accepted"] and not report["rejected"])


def test_every_upload_says_the_same_through_its_route(uploads: dict[str, tuple[Upload, Posted]]) -> None:
    """Kind of fault: a list goes in by one route and not by another, or is refused without a word of what to do."""
    said = {
        name: {form: post(content(upload), "") for form, content in FORMS.items()}
        for name, (upload, post) in uploads.items()
    }
    for name, answers in said.items():
        for form in READ:
            assert (answers[form].taken, answers[form].fell, answers[form].refused) == (1, "", ""), (
                name,
                form,
                answers,
            )
        for form, code in FALLS.items():
            assert answers[form].fell.endswith(code), (name, form, answers[form])
        assert answers["10,000 rows"].place.startswith("3 "), (name, answers["10,000 rows"])
        for form, remedy in REMEDIES.items():
            assert remedy in answers[form].refused, (name, form, answers[form])

    assert agrees(HARD_INPUTS, PART, _table(said)), "LAUREL_EVIDENCE=1 writes it anew"


def _table(said: Mapping[str, Mapping[str, Answered]]) -> str:
    """A column a form, a line an upload; sentences stand below, once each."""
    sentences: dict[str, int] = {}
    lines = [ABOUT, "", f"| | {' | '.join(FORMS)} |", f"|{'---|' * (len(FORMS) + 1)}"]
    for name, answers in said.items():
        cells = []
        for answer in answers.values():
            sentence = answer.refused.partition("cannot be read: ")[2] or answer.fell
            mark = f"({sentences.setdefault(sentence, len(sentences) + 1)})" if sentence else ""
            taken = f"{answer.taken} in" if answer.taken else ""
            cells.append(" ".join(filter(None, (taken, answer.place and f"row {answer.place}", mark))))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"{number}. {sentence}" for sentence, number in sentences.items())])


def test_whoever_states_the_encoding_gets_the_table_in(uploads: dict[str, tuple[Upload, Posted]]) -> None:
    """Kind of fault: what is refused for its encoding can be put right on no page."""
    for name, (upload, post) in uploads.items():
        row = {**upload.row, upload.text: upload.row[upload.text] + ("" if upload.row[upload.text].isascii() else "，")}
        content = MADE["UTF-8"](replace(upload, row=row)).decode().encode("gb18030")
        stated = post(content, "gb18030")
        assert (stated.taken, stated.refused) == (1, ""), (name, stated)
    for name, (upload, post) in uploads.items():
        refused, wrong = post(FORMS["Big5"](upload), ""), post(b"\xff\xfd,\n", "big5")
        assert "in the encoding that was stated" in wrong.refused, (name, wrong)
        if not name.endswith(".csv"):
            (big5,) = (choice for choice in refused.choices if choice.startswith("Traditional Chinese (Big5): "))
            assert HAN.search(big5), (name, refused)
