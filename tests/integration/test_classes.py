"""Registering a class: dry run, errors by row and column, right rows or nothing, twice the same, through a crash."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import xlsxwriter
from pymongo import MongoClient
from python_calamine import CalamineWorkbook

from laurel.client import Client, ProblemAnswer
from tests.support.installation import SECRET, ThreeProcesses
from tests.support.people import invited
from tests.support.seasons import new_season, open_season, person
from tests.support.waiting import becomes, eventually

HEADER = ["赛道", "作品名称", "第一队员姓名", "第一队员出生年月", "第一队员年级", "第一指导教师", "纸质同意书"]
RUNNING = ("checking", "applying")


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    limits = {"entries_per_student": "1", "entries_per_instructor": "40"}
    return open_season(operator, new_season(acceptance="submission", limits=limits))


@pytest.fixture
def school(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Client]:
    client = person(installation, operator, role="school-admin", season=season, unit="P01")
    yield client
    client.close()


def row(**changes: str) -> list[str]:
    cells = {
        "track": "A",
        "title": f"作品 {uuid4().hex[:5]}",
        "name": f"测试{uuid4().hex}",
        "birth": "2014-03",
        "grade": "5",
        "teacher": f"测试{uuid4().hex[:4]}",
        "consent": "是",
    }
    return list({**cells, **changes}.values())


def csv_of(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    return "\n".join(",".join(cells) for cells in [HEADER, *rows]).encode(encoding)


def xlsx_of(rows: list[list[Any]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([HEADER, *rows]):
            for place, cell in enumerate(cells):
                sheet.write(number, place, cell)
    return buffer.getvalue()


def ended(client: Client, season: str, job: str) -> dict[str, Any]:
    result: dict[str, Any] = {}

    def over() -> None:
        result.update(client.get(f"/registration/v1/seasons/{season}/imports/{job}"))
        assert result["state"] not in RUNNING

    eventually(over, 60)
    return result


def checked(client: Client, season: str, content: bytes, name: str = "sheet") -> dict[str, Any]:
    headers = {"Content-Type": "application/octet-stream", "File-Name": name}
    job = client.call("POST", f"/registration/v1/seasons/{season}/imports", content=content, headers=headers).json()
    return ended(client, season, job["id"])


def applied(client: Client, season: str, job: dict[str, Any], mode: str, **answers: bool) -> dict[str, Any]:
    sent = {"mode": mode, **answers}
    client.call("POST", f"/registration/v1/seasons/{season}/imports/{job['id']}/application", json=sent)
    return ended(client, season, job["id"])


def count(operator: Client, season: str) -> int:
    return int(operator.get(f"/registration/v1/seasons/{season}")["entries"])


def test_a_dry_run_saves_nothing_and_the_file_twice_changes_nothing(
    installation: ThreeProcesses, operator: Client, school: Client, season: str
) -> None:
    before, rows = count(operator, season), [row() for _ in range(30)]
    rows[3][6] = ""
    job = checked(school, season, csv_of(rows))
    assert (job["state"], job["right"], job["fallen"], count(operator, season)) == ("checked", 30, 0, before)
    assert job["dry_run"] is True

    done = applied(school, season, job, "all-or-nothing")
    again = applied(school, season, checked(school, season, xlsx_of(rows)), "right-rows")

    assert (done["state"], done["entered"], done["dry_run"]) == ("done", 30, False)
    with MongoClient[dict[str, Any]](installation.servers.mongo_url) as client:
        uploads = client["registration"]["uploads"]
        becomes(lambda: uploads.count_documents({"season": season, "entry": ""}), 0)  # a sheet that went in is not kept
    assert (again["right"], again["already"], again["entered"]) == (30, 30, 0)
    assert count(operator, season) == before + 30
    listed = operator.get(f"/registration/v1/seasons/{season}/entries", params={"limit": 1000})
    titles = {item["title"]: item["standing"] for item in listed}
    assert titles[rows[0][1]] == "valid"
    assert titles[rows[3][1]] == "draft", "without paper the guardian is asked online"
    operator.wait_for("judging", lambda: operator.get(f"/judging/v1/seasons/{season}")["entries"] >= 29)


def test_every_error_is_named_by_row_and_column_and_only_what_is_right_goes_in(
    operator: Client, school: Client, season: str
) -> None:
    twice = row()
    rows: list[list[str]] = [
        row(),
        row(track="Z"),
        row(title=""),
        row(name=""),
        row(birth="2014-13"),
        row(grade="13"),
        row(grade="12"),
        row(consent="maybe"),
        twice,
        twice,
        row(teacher=""),
        row(name=twice[2], track="B"),
    ]
    before = count(operator, season)
    job = checked(school, season, xlsx_of(rows), quote("五年级.xlsx"))

    results = [(item["row"], item["column"], item["code"]) for item in job["rejected"]]
    assert results[:8] == [
        (3, "track", "UNKNOWN_TRACK"),
        (4, "title", "REQUIRED"),
        (5, "m1_name_zh", "REQUIRED"),
        (6, "m1_birth", "BAD_MONTH"),
        (7, "m1_grade", "BAD_GRADE"),
        (8, "m1_grade", "DIVISION_NOT_OPEN"),
        (9, "consent", "BAD_VALUE"),
        (11, "m1_name_zh", "DUPLICATE_ROW"),
    ]
    assert results[-1] == (13, "m1_name_zh", "STUDENT_LIMIT")
    with pytest.raises(ProblemAnswer) as refusal:
        applied(school, season, job, "all-or-nothing")
    assert refusal.value.code == "import-not-all"
    assert count(operator, season) == before
    done = applied(school, season, job, "right-rows")
    assert done["entered"] == len(rows) - len(results)
    assert count(operator, season) == before + done["entered"]


def test_a_sheet_of_an_old_spreadsheet_and_dates_are_read(school: Client, season: str) -> None:
    rows = [row(name="测试欧阳𠮷", birth="2014-02"), row(name="测试㛃䶮")]
    assert checked(school, season, csv_of(rows, "gb18030"))["right"] == 2
    typed = [[*row()[:3], "2014-03", 5, "测试教师", "是"]]
    assert checked(school, season, xlsx_of(typed))["right"] == 1


def test_a_sheet_sent_again_shows_what_differs_and_asks_about_near_names(school: Client, season: str) -> None:
    """What the database keeps of a job: words understood, differences, questions and answers."""
    first = row(name=f"测试{uuid4().hex}", grade="五年级", birth="2014年3月")
    other = row(name=f"测试{uuid4().hex}明")
    done = applied(school, season, checked(school, season, csv_of([first, other])), "right-rows")
    assert (done["entered"], {item["meant"] for item in done["understood"]}) == (2, {"5", "2014-03"})
    again = checked(school, season, csv_of([[*first[:1], "新作品", *first[2:]], row(name=other[2][:-1] + "王")]))
    assert [(item["column"], item["sent"]) for item in again["differences"]] == [("title", "新作品")]
    assert [(item["row"], item["kept"]) for item in again["near"]] == [(3, other[2])]
    over = applied(school, season, again, "all-or-nothing", change=True, others=True)
    assert (over["changed"], over["entered"], over["differences"], over["near"]) == (1, 1, [], [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b",,\n", "NO_HEADER"),
        (b"a,b\n1,2\n", "COLUMN_MISSING"),
        (b"PK\x03\x04broken", "NOT_A_SHEET"),
        (b"\xff\xfe\xff", "NOT_UTF8"),
        (b"\xd0\xcf\x11\xe0", "OLD_XLS"),
    ],
)
def test_what_is_no_sheet_is_refused_with_a_reason(school: Client, season: str, content: bytes, reason: str) -> None:
    job = checked(school, season, content)

    assert (job["state"], job["problem"], job["reason"]) == ("failed", "file-unreadable", reason)


def test_the_template_goes_through_as_it_is_filled_in(
    installation: ThreeProcesses, operator: Client, school: Client, season: str
) -> None:
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as browsing:
        answer = browsing.get(f"/registration/seasons/{season}/import/template.xlsx")
        assert answer.status_code == 200, answer.text
        content = answer.content
        header = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[0]
        assert header[:4] == ["赛道 *", "作品名称 *", "作品语言", "第一队员姓名 *"]
        cells = {"赛道 *": "A", "作品名称 *": "灯塔", "第一队员姓名 *": "测试模板", "第一队员出生年月 *": "2014-03"}
        cells |= {"第一队员年级 *": "5", "第一指导教师": "测试教师", "纸质同意书": "是"}
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer) as book:
            sheet = book.add_worksheet()
            for place, heading in enumerate(header):
                sheet.write(0, place, heading)
                sheet.write(1, place, cells.get(str(heading), ""))
        assert checked(school, season, buffer.getvalue())["right"] == 1

        sent = browsing.post(f"/registration/seasons/{season}/import", files={"file": ("班级.xlsx", buffer.getvalue())})
        page = sent.headers["location"]

        def shown() -> None:
            assert "还没有保存任何内容" in browsing.get(page).text

        eventually(shown)
        assert browsing.post(f"{page}/apply", {"mode": "all-or-nothing"}).status_code == 303

        def done() -> None:
            assert "新录入" in browsing.get(page).text

        eventually(done)
        applied(school, season, checked(school, season, csv_of([row(name="测试林小雨")])), "right-rows")
        rows = [["A", "灯塔二", "测试模板", "2014年3月", "五年级", "测试教师", "是"]]
        rows.append(["A", "灯塔三", "测试林小语", "2014-03", "5", "测试教师", "是"])
        sent = browsing.post(f"/registration/seasons/{season}/import", files={"file": ("b.csv", csv_of(rows))})
        page = sent.headers["location"]
        eventually(shown)
        text = browsing.get(page).text
        for said in (
            "系统是这样理解的",
            "五年级",
            "与已报名的内容不同",
            "灯塔二",
            "是不是同一个孩子",
            'name="change"',
            'name="others"',
        ):
            assert said in text, said
        browsing.post(f"{page}/apply", {"mode": "right-rows", "change": "yes"})
        eventually(done)
        assert "灯塔二" not in browsing.get(page).text, "names and titles are forgotten once they are let in"


def test_one_school_does_not_see_anothers_sheet(
    installation: ThreeProcesses, operator: Client, school: Client, season: str
) -> None:
    job = checked(school, season, csv_of([row()]))
    with invited(installation, operator, role="school-admin", season=season, unit="P02") as other:
        assert other.get(f"/registration/seasons/{season}/import/{job['id']}").status_code == 404


def test_a_district_registers_classes_of_its_own_schools_alone(installation: ThreeProcesses, operator: Client) -> None:
    units = (
        "unit,parent,level,name_zh,name_en,gb2260\n"
        "CITY,,city,滨城市,Bincheng,\n"
        "D1,CITY,district,观澜区,Guanlan,\nD2,CITY,district,望海区,Wanghai,\n"
        "P01,D1,school,澜心小学,Lanxin Primary School,\nP03,D2,school,青桐小学,Qingtong Primary School,\n"
    )
    levels = ["city", "district", "school"]
    season = open_season(operator, new_season(acceptance="submission", unit_levels=levels), units=units)
    header = ",".join(["学校编号", *HEADER])
    sheet = "\n".join([header, *(",".join([unit, *row()]) for unit in ("P01", "P03"))]).encode()
    district = person(installation, operator, role="district-organizer", season=season, unit="D1")

    job = checked(district, season, sheet)
    done = applied(district, season, job, "right-rows")

    assert [(item["row"], item["column"], item["code"]) for item in job["rejected"]] == [(3, "unit", "UNKNOWN_UNIT")]
    assert (job["right"], done["entered"], count(operator, season)) == (1, 1, 1)
    of_city = checked(operator, season, sheet)
    assert (of_city["right"], of_city["already"], of_city["fallen"]) == (2, 1, 0)
    district.close()


def test_a_run_that_died_is_taken_up_and_enters_each_team_once(alone: ThreeProcesses) -> None:
    operator = Client(alone.url, "en", patience=30)
    operator.sign_in_as_operator(SECRET)
    season = open_season(operator, new_season(acceptance="submission"))
    school = person(alone, operator, role="school-admin", season=season, unit="P01")
    rows = [row(teacher=f"测试师{number}") for number in range(2500)]
    job = checked(school, season, csv_of(rows))
    base = f"/registration/v1/seasons/{season}/imports/{job['id']}"
    school.call("POST", f"{base}/application", json={"mode": "right-rows"})
    with MongoClient[dict[str, Any]](alone.servers.mongo_url) as client:
        imports = client["registration"]["imports"]
        eventually(lambda: _begun(client["registration"]["entries"].count_documents({"season": season})))
        alone.kill("registration")
        imports.update_one({"_id": job["id"]}, {"$set": {"alive": datetime(2020, 1, 1, tzinfo=UTC)}})
    alone.start_service("registration")
    alone.wait_ready("registration")

    done = ended(school, season, job["id"])

    assert (done["state"], done["fallen"]) == ("done", 0)
    assert count(operator, season) == len(rows)
    school.close()
    operator.close()


def _begun(entered: int) -> None:
    assert entered > 0


def test_a_sheet_that_was_set_aside_is_shown_to_the_operator_and_gone_on_with_by_hand(
    installation: ThreeProcesses, operator: Client, school: Client, season: str
) -> None:
    job = checked(school, season, csv_of([row()]))
    base = f"/registration/v1/seasons/{season}/imports/{job['id']}"
    with pytest.raises(ProblemAnswer, match="job-not-set-aside"):
        school.call("POST", f"{base}/retry")
    aside = {
        "state": "failed",
        "set_aside": "checking",
        "attempts": 2,
        "problem": {"code": "job-set-aside", "values": {}},
    }
    with MongoClient[dict[str, Any]](installation.servers.mongo_url) as mongo:
        mongo["registration"]["imports"].update_one({"_id": job["id"]}, {"$set": aside})
    assert school.get(base)["problem"] == "job-set-aside"
    shown = operator.call("GET", "/registration/operations").text
    assert all(text in shown for text in (job["id"], season, "Jobs set aside"))

    school.call("POST", f"{base}/retry")

    assert job["id"] not in operator.call("GET", "/registration/operations").text

    assert (ended(school, season, job["id"])["state"], school.get(base)["problem"]) == ("checked", "")
