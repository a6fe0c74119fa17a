"""Files of works: resumable, receipted, versioned, looked into, never overwritten."""

import io
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from laurel.client import Client, ProblemAnswer
from tests.support.handing_out import hand_out
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, student
from tests.support.seasons import close_registration, new_season, open_season, person
from tests.support.tus import Tus
from tests.support.waiting import eventually

PDF = b"%PDF-1.7\n" + b"x" * 3_000_000


def rules(**changes: Any) -> dict[str, Any]:
    works = {"A": {"files": ["1", "2"], "types": ["pdf", "image", "archive", "text"], "max_mib": "5"}}
    return new_season(works=works, **changes)


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, rules(acceptance="submission"))


@pytest.fixture(scope="module")
def school(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Client]:
    client = person(installation, operator, role="school-admin", season=season, unit="P01")
    yield client
    client.close()


@pytest.fixture
def entry(school: Client, season: str) -> str:
    return begun(school, season)


def begun(school: Client, season: str, **changes: Any) -> str:
    content = {
        "track": "A",
        "title": f"作品 {uuid4().hex[:6]}",
        "members": [{"name_zh": f"测试{uuid4().hex[:6]}", "birth": "2014-05", "grade": 5}],
        "instructors": [f"测试{uuid4().hex[:6]}"],
        **changes,
    }
    headers = {"Idempotency-Key": uuid4().hex}
    answer = school.call("POST", f"/registration/v1/seasons/{season}/entries", json=content, headers=headers)
    return str(answer.json()["entry"])


def test_a_program_hands_in_once_the_files_are_there(school: Client, season: str, tus: Tus) -> None:
    entry = begun(school, season, consents="on-paper")
    address = f"/registration/v1/seasons/{season}/entries/{entry}"
    draft = school.get(address)
    assert (draft["standing"], draft["waiting_for"], draft["files_missing"]) == ("draft", [], 1)
    with pytest.raises(ProblemAnswer) as lacking:
        school.call("POST", f"{address}/submission")
    assert (lacking.value.status, lacking.value.code) == (409, "files-missing")

    assert tus.whole(season, entry, "1.txt", b"words").status_code == 200
    handed_in = school.call("POST", f"{address}/submission").json()

    assert (handed_in["standing"], handed_in["files_missing"]) == ("valid", 0)
    with pytest.raises(ProblemAnswer) as again:
        school.call("POST", f"{address}/submission")
    assert again.value.code == "entry-submitted"


@pytest.fixture
def tus(installation: ThreeProcesses, school: Client) -> Iterator[Tus]:
    sender = Tus(installation.url, school.token)
    yield sender
    sender.client.close()


def test_an_upload_goes_on_where_it_broke_off_and_is_receipted(tus: Tus, season: str, entry: str) -> None:
    address = tus.begin(season, entry, "作品.pdf", len(PDF))
    assert tus.receipt(address).status_code == 404
    assert tus.send(address, 0, PDF[:1_000_001]).headers["Upload-Offset"] == "1000001"
    assert tus.send(address, 5, PDF[5:]).status_code == 409, "not where it ended"
    assert tus.offset(address) == 1_000_001
    assert tus.send(address, 1_000_001, PDF[1_000_001:]).status_code == 204

    receipt = tus.receipt(address).json()

    assert receipt["sha256"] == sha256(PDF).hexdigest()
    assert (receipt["name"], receipt["size"], receipt["in_time"]) == ("作品.pdf", len(PDF), True)
    assert tus.receipt(address).json() == receipt, "asking again changes nothing"
    assert tus.client.delete(address).status_code == 409
    assert tus.client.options("/registration/v1/uploads").headers["Tus-Extension"] == "creation,termination,expiration"


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("work.exe", b"MZ" + b"\0" * 200, "file-type"),
        ("work.pdf", b"MZ" + b"\0" * 200, "file-content"),
        ("work.pdf", b"<html><script>alert(1)</script>", "file-content"),
        ("work.png", b"\xff\xd8\xff\xe0" + b"\0" * 100, "file-content"),
        ("work.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file-type"),
        ("notes.txt", b"#!/bin/sh\nrm -rf /", "file-content"),
        ("notes.txt", b"abc\0def", "file-content"),
        ("notes.txt", b"<!DOCTYPE html><html><script>", "file-content"),
        ("..", b"x", "file-name"),
        (".pdf", b"x", "file-name"),
        ("work", b"x", "file-name"),
        ("work.pdf", b"%PDF-1.7" + b"x" * 6_000_000, "file-size"),
    ],
)
def test_what_is_not_what_it_says_is_not_taken(
    tus: Tus, season: str, entry: str, name: str, content: bytes, code: str
) -> None:
    answer = tus.whole(season, entry, name, content)

    assert answer.status_code == 422
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/作品.pdf", "作品.pdf"),
        ("C:\\Users\\x\\作品.pdf", "作品.pdf"),
        ("a\u202efdp.pdf", "afdp.pdf"),
        ("<script>.pdf", "_script_.pdf"),
        ("作" * 300 + ".pdf", "作" * 117 + ".pdf"),
    ],
)
def test_names_are_only_names(tus: Tus, season: str, entry: str, name: str, kept: str) -> None:
    assert tus.whole(season, entry, name, PDF[:2000]).json()["name"] == kept


def test_good_files_of_each_kind_are_taken(tus: Tus, school: Client, season: str) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0" * 50
    for name, content in (
        ("a.png", png),
        ("b.zip", zipped("main.py")),
        ("c.md", "# 说明\n".encode()),
        ("d.PDF", PDF[:99]),
    ):
        assert tus.whole(season, begun(school, season), name, content).status_code == 200, name


def test_a_file_of_the_same_name_is_a_new_version_and_the_old_one_stays(
    installation: ThreeProcesses, season: str
) -> None:
    with student(installation, season, "P01", birth="2010-01") as browsing:
        entry = browsing.registers(season, grade=6)
        address = f"/registration/entries/{season}/{entry}"
        assert browsing.post(f"{address}/submit").status_code == 409, "a file is needed"

        def send(name: str, content: bytes) -> int:
            return browsing.post(f"{address}/files", files={"file": (name, content)}).status_code

        assert [send("work.pdf", b"%PDF-1.7 one"), send("work.pdf", b"%PDF-1.7 two")] == [303, 303]
        assert send("more.pdf", b"%PDF-1.7 three") == 303
        assert send("third.pdf", b"%PDF-1.7 four") == 422, "two files at most"
        assert browsing.post(f"{address}/files/remove", {"name": "more.pdf"}).status_code == 303
        page = browsing.get(f"{address}/files").text
        links = [part.split('"')[0] for part in page.split(f'href="{address}/files/')[1:]]
        contents = {browsing.get(f"{address}/files/{link}").content for link in links}
        assert contents == {b"%PDF-1.7 one", b"%PDF-1.7 two", b"%PDF-1.7 three"}
        answer = browsing.get(f"{address}/files/{links[0]}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"] == "sandbox" or "sandbox" in str(answer.headers)
        browsing.acts(season, entry, "submit")


def test_uploads_that_are_only_announced_do_not_pile_up(tus: Tus, season: str, entry: str) -> None:
    addresses = [tus.begin(season, entry, f"{number}.pdf", 1000) for number in range(7)]

    answers = [tus.client.head(address).status_code for address in addresses]

    assert answers.count(200) == 5
    assert answers[-1] == 200


def test_files_are_for_those_of_the_entry_alone(
    installation: ThreeProcesses, operator: Client, tus: Tus, season: str, entry: str
) -> None:
    other = person(installation, operator, role="school-admin", season=season, unit="P02")
    stranger = Tus(installation.url, other.token)
    address = tus.begin(season, entry, "work.pdf", 100)

    assert stranger.announce(season, entry, "work.pdf", 100).status_code == 404
    assert stranger.client.head(address).status_code == 404
    assert stranger.send(address, 0, b"x" * 100).status_code == 404
    assert stranger.client.delete(address).status_code == 404
    assert tus.client.delete(address).status_code == 204
    assert tus.client.head(address).status_code == 404
    with Browsing(installation.url) as nobody:
        assert nobody.get(f"/registration/entries/{season}/{entry}/files").status_code == 303
    stranger.client.close()
    other.close()


def test_judges_get_copies_of_what_they_were_given_and_of_nothing_else(
    installation: ThreeProcesses, operator: Client, school: Client, tus: Tus, season: str
) -> None:
    image, content = Image.new("RGB", (30, 30), (9, 9, 9)), io.BytesIO()
    marked = PngInfo()
    marked.add_text("Author", "测试作者本人")
    image.save(content, "PNG", pnginfo=marked)
    member = {"name_zh": f"测试{uuid4().hex[:6]}", "birth": "2014-05", "grade": 5}
    sent = {"track": "A", "title": "灯塔", "members": [member], "instructors": ["测试师"], "consents": "on-paper"}
    headers = {"Idempotency-Key": uuid4().hex}
    address = f"/registration/v1/seasons/{season}/entries"
    entry = school.call("POST", address, json=sent, headers=headers).json()["entry"]
    assert tus.whole(season, entry, "测试作者本人.png", content.getvalue()).status_code == 200
    school.call("POST", f"{address}/{entry}/submission")
    for judge, employer in (("JG1", ""), ("JG2", "P01")):
        operator.call(
            "PUT", f"/judging/v1/seasons/{season}/judges/{judge}", json={"tracks": ["A"], "employer": employer}
        )
    mine, conflicted = (
        person(installation, operator, role="judge", season=season, ref=judge) for judge in ("JG1", "JG2")
    )
    copies = f"/registration/v1/seasons/{season}/works/{entry}/copies"
    with pytest.raises(ProblemAnswer) as refusal:
        mine.get(copies)
    assert refusal.value.status == 404, "nothing before it is handed out"

    def given() -> None:
        hand_out(operator, season, judges={"A": 1})  # once more, until judging knows the entry
        assert [item["number"] for item in mine.get(copies)] == [1]

    eventually(lambda: _refused_as_failed(given))
    copy = mine.call("GET", f"{copies}/1")
    assert "测试作者本人".encode() not in copy.content
    assert copy.headers["content-disposition"] == f'attachment; filename="{entry}-1.png"'
    assert Image.open(io.BytesIO(copy.content)).getpixel((3, 3)) == (9, 9, 9)
    for stranger in (conflicted, school):
        with pytest.raises(ProblemAnswer) as refusal:
            stranger.get(f"{copies}/1")
        assert refusal.value.status == 404
    mine.close()
    conflicted.close()


def _refused_as_failed(check: Callable[[], None]) -> None:
    try:
        check()
    except ProblemAnswer as problem:
        raise AssertionError(problem.code) from problem


def test_what_comes_late_is_kept_as_a_version_that_does_not_count(
    installation: ThreeProcesses, operator: Client
) -> None:
    made = rules()
    season = open_season(operator, made)
    with student(installation, season, "P01", birth="2010-01") as browsing:
        entry = browsing.registers(season, grade=6)
        address = f"/registration/entries/{season}/{entry}/files"
        assert browsing.post(address, files={"file": ("work.pdf", b"%PDF-1.7 early")}).status_code == 303
        close_registration(operator, season, made)
        assert browsing.post(address, files={"file": ("work.pdf", b"%PDF-1.7 late")}).status_code == 303
        page = browsing.get(address).text
        assert "逾期" in page
        assert "以这一版为准" in page[: page.index("第 2 版")]
