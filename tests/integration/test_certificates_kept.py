"""What stands for decades: signed documents, decisions that anybody can read, bulk downloads, credentials."""

import base64
import csv
import gzip
import html
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from PIL import Image
from pymongo import MongoClient
from pypdf import PdfReader

from laurel.client import Client, ProblemAnswer
from laurel.season_folder import read_folder
from laurel.season_run import Run
from tests.conftest import EXAMPLE
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited
from tests.support.spreadsheets import as_xlsx
from tests.support.waiting import eventually

SEASON = "campus-ai-2025"
CSV = {"Content-Type": "text/csv"}
PLAIN = {"Content-Type": "text/plain"}
HEADER = "serial,action,name_zh,name_en,reason\n"
BASE = f"/certificates/v1/seasons/{SEASON}"
ASKED = {"form": "zip", "reason": "颁奖典礼"}


@pytest.fixture(scope="module")
def road(operator: Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a season of records, run from its folder to its certificates, left its files."""
    folder = tmp_path_factory.mktemp("season")
    Run(read_folder(EXAMPLE), operator, lambda _: None).whole(folder)
    return folder


@pytest.fixture(scope="module")
def listed(operator: Client, road: Path) -> list[dict[str, Any]]:
    """The certificates of that season, by number."""
    assert road.exists()
    documents: list[dict[str, Any]] = operator.get(f"{BASE}/certificates", params={"limit": 1000})
    return documents


@pytest.fixture(scope="module")
def city(installation: ThreeProcesses, operator: Client, listed: list[dict[str, Any]]) -> Iterator[Browsing]:
    assert listed
    with invited(installation, operator, role="city-organizer", season=SEASON) as browsing:
        yield browsing


def students(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in listed if item["kind"] == "student" and item["state"] == "valid"]


def document(operator: Client, item: dict[str, Any]) -> bytes:
    answer = operator.call("GET", f"/certificates/v1/certificates/{item['serial']}/document.pdf")
    return bytes(answer.content)


def test_certificates_say_who_won_what(road: Path, listed: list[dict[str, Any]]) -> None:
    texts = {
        path.stem: PdfReader(path).pages[0].extract_text().replace("\n", "").replace(" ", "")
        for path in (road / "certificates").glob("*.pdf")
    }

    for item in listed:
        text = texts[item["serial"]]
        assert item["name"]["zh"] in text
        assert item["serial"] in text
        assert "不作为中小学招生入学依据" in text
        assert "滨教赛备〔2025〕03号" in text
    corrected = [value for value in listed if value["version"] == 2]
    assert [(value["name"]["zh"], value["entry"]) for value in corrected] == [("测试更正名", "E007")]


def test_a_document_is_signed_whole_and_readable_by_others(
    operator: Client, listed: list[dict[str, Any]], tmp_path: Path
) -> None:
    first = students(listed)[0]
    content = document(operator, first)
    file = tmp_path / "one.pdf"
    file.write_bytes(content)

    assert document(operator, first) == content, "the same inputs give the same bytes, signature and all"
    checked = subprocess.run(["qpdf", "--check", str(file)], capture_output=True, text=True, check=False)
    assert "No syntax or stream encoding errors found" in checked.stdout
    signature = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in signature
    assert "ETSI.CAdES.detached" in signature
    assert "Total document signed" in signature
    heard = subprocess.run(
        [str(Path(sys.executable).with_name("outloud")), str(file)], capture_output=True, text=True, check=False
    ).stdout
    assert "PASS" in heard, heard
    subprocess.run(["pdftoppm", "-r", "90", "-png", "-singlefile", str(file), str(tmp_path / "page")], check=True)
    seen = subprocess.run(
        ["zbarimg", "-q", "--raw", str(tmp_path / "page.png")], capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == first["url"]


def test_the_file_itself_is_checked_and_an_altered_one_is_refused(
    city: Browsing, operator: Client, listed: list[dict[str, Any]]
) -> None:
    first = students(listed)[0]
    content = document(operator, first)

    def answer(sent: bytes) -> str:
        return city.post("/certificates/file", files={"file": ("one.pdf", sent, "application/pdf")}).text

    page = answer(content)
    assert "签名完整" in page
    assert first["serial"] in page
    place = content.index(b"stream") + 40
    altered = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    assert "被改动过" in answer(altered)
    assert "不是完整的 PDF" in answer(b"not a PDF")


def test_correcting_keeps_number_and_address_and_says_so_to_everybody(
    city: Browsing, operator: Client, listed: list[dict[str, Any]]
) -> None:
    item = students(listed)[1]
    before = document(operator, item)
    form = {
        "action": "correct",
        "name_zh": "测试新名字",
        "name_en": "",
        "reason": "录入时写错一个字",
        "confirm": "更正",
    }
    address = f"/certificates/seasons/{SEASON}/one/{item['serial']}"
    assert city.post(address, {**form, "reason": ""}).status_code == 409
    assert "不能印制的符号" in city.post(address, {**form, "name_zh": "测试\U0001f600"}).text

    assert city.post(address, form).status_code == 303

    public = httpx.get(item["url"], headers={"Accept-Language": "zh"}).text
    assert "有效，已更正" in public
    assert "录入时写错一个字" in public
    assert "测试新名字" not in public
    older = city.post("/certificates/file", files={"file": ("old.pdf", before, "application/pdf")}).text
    assert "它是第 1 版；现在有效的是第 2 版" in older
    text = PdfReader(io.BytesIO(document(operator, item))).pages[0].extract_text()
    assert "测试新名字" in text
    assert item["serial"] in text
    log = operator.get(f"{BASE}/audit")
    assert any(line["details"].get("serial") == item["serial"] for line in log)


def test_taking_back_is_public_and_can_be_undone(
    city: Browsing, operator: Client, listed: list[dict[str, Any]], installation: ThreeProcesses
) -> None:
    item = students(listed)[2]
    decisions = f"{BASE}/certificates/{item['serial']}/decisions"

    decided = operator.call("POST", decisions, json={"action": "revoke", "reason": "抄袭"}).json()
    assert (decided["state"], decided["revoked"]) == ("revoked", "certificate")
    alone = operator.get(f"/certificates/v1/certificates/{item['serial']}")
    assert (alone["state"], alone["revoked"], alone["award"]) == ("revoked", "certificate", item["award"])

    public = httpx.get(item["url"], headers={"Accept-Language": "zh"}).text
    assert "证书已撤销" in public
    assert "奖项是否有效，以公布的结果为准" in public
    assert "抄袭" in public
    with pytest.raises(ProblemAnswer) as refused:
        document(operator, item)
    assert refused.value.code == "certificate-revoked"
    assert marked(installation.url, item) is True
    with pytest.raises(ProblemAnswer) as again:
        operator.call("POST", decisions, json={"action": "revoke", "reason": "抄袭"})
    assert again.value.code == "certificate-revoked"

    assert operator.call("POST", decisions, json={"action": "restore", "reason": "查无实据"}).json()["state"] == "valid"

    assert document(operator, item)
    assert marked(installation.url, item) is False
    public = httpx.get(item["url"], headers={"Accept-Language": "zh"}).text
    assert "查无实据" in public


def marked(url: str, item: dict[str, Any]) -> bool:
    """Whether the status list says that the credential is taken back, read as a stranger reads it."""
    credential = httpx.get(f"{url}/vc/{item['url'].rsplit('/', 1)[1]}").json()
    entry = credential["credentialStatus"]
    packed = httpx.get(entry["statusListCredential"]).json()["credentialSubject"]["encodedList"]
    bits = gzip.decompress(base64.urlsafe_b64decode(packed[1:] + "=" * (-len(packed[1:]) % 4)))
    index = int(entry["statusListIndex"])
    return bool(bits[index >> 3] >> (7 - (index & 7)) & 1)


def test_a_credential_names_its_holder_to_nobody_else(
    operator: Client, listed: list[dict[str, Any]], installation: ThreeProcesses
) -> None:
    item = students(listed)[0]
    public = httpx.get(f"{installation.url}/vc/{item['url'].rsplit('/', 1)[1]}")
    own = operator.call("GET", f"/certificates/v1/certificates/{item['serial']}/credential.json").json()

    assert item["name"]["zh"] not in public.text
    assert own["credentialSubject"]["identifier"][0]["identityHash"] == item["name"]["zh"]
    document = httpx.get(f"{installation.url}/.well-known/did.json").json()
    assert own["proof"]["verificationMethod"] in {each["id"] for each in document["verificationMethod"]}
    picture = operator.call("GET", f"/certificates/v1/certificates/{item['serial']}/badge.png").content
    assert b"openbadgecredential" in picture


def test_many_decisions_by_file_are_tried_first(city: Browsing, operator: Client, listed: list[dict[str, Any]]) -> None:
    item, *others = students(listed)[3:9]
    rows = [
        f"{item['serial']},correct,测试改名,,错字",
        f"{item['serial']},revoke,,,重复",
        "NONE-CS-000001-00,revoke,,,没有",
        f"{others[0]['serial']},destroy,,,不懂",
        f"{others[1]['serial']},correct,,,没有姓名",
        f"{others[2]['serial']},revoke,,,",
        f"{others[3]['serial']},restore,,,没有撤销",
        f"{others[4]['serial']},correct,测试\U0001f600,,没有这个字",
    ]
    content = (HEADER + "\n".join(rows)).encode()

    report = operator.call("POST", f"{BASE}/decisions", content=content, headers=CSV).json()

    assert (report["accepted"], report["changed"]) == (1, 0)
    assert [(row["row"], row["column"], row["code"]) for row in report["rejected"]] == [
        (3, "serial", "DUPLICATE_ID"),
        (4, "serial", "UNKNOWN_CERTIFICATE"),
        (5, "action", "BAD_VALUE"),
        (6, "name_zh", "REQUIRED"),
        (7, "reason", "REQUIRED"),
        (8, "action", "NOT_NOW"),
        (9, "name_zh", "BAD_SIGN"),
    ]
    table = [line.split(",") for line in content.decode().splitlines()]
    file = {"file": ("c.xlsx", as_xlsx(table), "application/octet-stream")}
    page = city.post(f"/certificates/seasons/{SEASON}/changes", files=file).text
    assert "执行这 1 行" in page
    packed = page.partition('name="packed" value="')[2].partition('"')[0]
    done = city.post(
        f"/certificates/seasons/{SEASON}/changes", {"act": "apply", "packed": packed, "confirm": "更正"}
    ).text
    assert "已执行" in done
    result = operator.get(f"{BASE}/certificates", params={"recipient": item["recipient"]})
    assert next(each for each in result if each["serial"] == item["serial"])["version"] == 2


def ready(operator: Client, job: dict[str, Any]) -> dict[str, Any]:
    address = f"{BASE}/downloads/{job['id']}"

    def done() -> None:
        assert operator.get(address)["state"] == "done"

    eventually(done)
    result: dict[str, Any] = operator.get(address)
    return result


def test_a_bulk_download_names_its_reason_and_goes_on_where_it_broke_off(
    operator: Client, listed: list[dict[str, Any]]
) -> None:
    with pytest.raises(ProblemAnswer) as silent:
        operator.call("POST", f"{BASE}/downloads", json={**ASKED, "reason": " "})
    assert silent.value.code == "reason-needed"

    job = ready(operator, operator.call("POST", f"{BASE}/downloads", json=ASKED).json())

    whole = operator.call("GET", job["url"]).content
    assert len(whole) == job["size"]
    rest = operator.call("GET", job["url"], headers={"Range": "bytes=100000-"})
    assert rest.status_code == 206
    assert whole[100_000:] == rest.content
    standing = [
        item for item in operator.get(f"{BASE}/certificates", params={"limit": 1000}) if item["state"] != "revoked"
    ]
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert sum(name.endswith(".pdf") for name in names) == len(standing)
        assert {"index.csv", "index.xlsx"} <= set(names)
    log = operator.get(f"{BASE}/audit")
    assert any(line["what"] == "download" and line["reason"] == "颁奖典礼" for line in log)


def test_schools_are_selected_and_what_they_get_has_names_that_people_read(
    city: Browsing, operator: Client, listed: list[dict[str, Any]]
) -> None:
    """Keeps away: a folder of numbers in which no teacher finds a pupil."""
    unit = students(listed)[0]["unit"]
    here = f"/certificates/seasons/{SEASON}/downloads"
    page = city.get(here).text
    own = [item for item in operator.get(f"{BASE}/certificates", params={"limit": 1000}) if item["unit"] == unit]
    standing = [item for item in own if item["state"] != "revoked"]
    assert f'value="{unit}"' in page
    refused = city.post(f"{here}/schools", {"unit": unit, "shown": unit, "act": "zip", "reason": " "})
    assert refused.status_code == 422
    assert re.search(rf'name="unit"\s+value="{unit}"\s+checked', refused.text), "what was ticked stays"
    otherwise = city.post(f"{here}/schools", {"whole": "9999", "act": "zip", "reason": "颁奖"})
    assert otherwise.status_code == 422, "the filter holds another number of schools than the page said"

    answer = city.post(f"{here}/schools", {"unit": unit, "act": "zip", "reason": "颁奖"})
    assert answer.status_code == 303, answer.text
    job = ready_page(city, answer.headers["location"])

    file = city.get(job)
    name = unquote(file.headers["content-disposition"].partition("filename*=UTF-8''")[2])
    assert re.fullmatch(rf"2025年浪花杯AI创作赛_.+_{len(standing)}份\.zip", name), name
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        names = [item for item in archive.namelist() if item.endswith(".pdf")]
    assert len(names) == len(standing)
    (folder,) = {item.split("/")[0] for item in names}
    assert not re.search(r"[A-Z]\d\d", folder), "the name of the school, not its code"
    student = next(item for item in standing if item["kind"] == "student")
    (file_name,) = [item for item in names if student["serial"] in item]
    kind, said = file_name.split("/")[1:]
    assert kind == "学生"
    assert re.fullmatch(rf".+奖_{student['name']['zh']}_{student['serial']}\.pdf", said), said
    assert "颁奖" in city.get(here).text
    assert city.get(f"{here}?find=没有这所学校").text.count('name="unit"') == 0
    assert f'value="{unit}"' in city.get(f"{here}?state=taken").text
    assert f'name="unit" value="{unit}"' not in " ".join(city.get(f"{here}?state=waiting").text.split())
    nobody = city.post(f"{here}/schools?find=没有这所学校", {"act": "zip", "reason": "颁奖"})
    assert nobody.status_code == 422, "a filter that leaves nothing does not mean everything"


def test_selected_certificates_are_one_download(
    installation: ThreeProcesses, city: Browsing, operator: Client, listed: list[dict[str, Any]]
) -> None:
    """Keeps away: a whole school downloaded for the two papers that were spoilt."""
    standing = [item for item in students(listed) if item["state"] != "revoked"]
    two, unit = standing[:2], standing[0]["unit"]
    page = f"/certificates/seasons/{SEASON}"
    form: dict[str, Any] = {"do": "zip", "row": [item["serial"] for item in two], "reason": "补印两张"}
    assert 'name="row"' in city.get(page).text
    wrongs: list[dict[str, Any]] = [
        {"reason": " "},
        {"do": ""},
        {"row": []},
        {"row": [], "whole": "1"},
        {"row": ["NO-1"]},
    ]
    for wrong in wrongs:
        assert city.post(f"{page}/downloads/selected", {**form, **wrong}).status_code == 422, wrong

    answer = city.post(f"{page}/downloads/selected", form)
    with zipfile.ZipFile(io.BytesIO(city.get(ready_page(city, answer.headers["location"])).content)) as archive:
        names = sorted(item for item in archive.namelist() if item.endswith(".pdf"))
        index = archive.read("index.csv").decode("utf-8-sig")
    assert len(names) == 2
    assert {name.rpartition("_")[2] for name in names} == {f"{item['serial']}.pdf" for item in two}
    assert not any(re.match(r"[A-Z]\d\d/", name) for name in names), "the name of the school, not its code"
    assert index.count(".pdf") == 2
    assert "补印两张" not in city.get(f"{page}/downloads?find=没有").text.partition("<section")[0], (
        "no school was taken"
    )
    log = city.get(f"{page}/audit").text
    assert two[0]["serial"] in log, "who took what is on record"
    assert f"unit={unit}" not in log, "schools are called by their names"
    other = next(item for item in standing if item["unit"] != unit)
    with invited(installation, operator, role="school-admin", season=SEASON, unit=unit) as school:
        assert 'value="zip"' in school.get(page).text
        assert 'value="revoke"' not in school.get(page).text
        own = school.post(f"{page}/downloads/selected", {**form, "row": [standing[0]["serial"]]})
        assert own.status_code == 303
        assert school.post(f"{page}/downloads/selected", {**form, "row": [other["serial"]]}).status_code == 422


def ready_page(city: Browsing, address: str) -> str:
    """The address of the file, once its page tells it."""
    links: list[str] = []

    def told() -> None:
        links.extend(re.findall(r'href="(/certificates/v1/[^"]+/file)"', city.get(address).text))
        assert links

    eventually(told, 60)
    return links[0]


def test_a_printer_gets_one_file_with_marks_and_a_school_only_its_own(
    installation: ThreeProcesses, operator: Client, listed: list[dict[str, Any]]
) -> None:
    wish = {"form": "print", "crop": True, "reason": "印刷", "kind": "student"}
    job = ready(operator, operator.call("POST", f"{BASE}/downloads", json=wish).json())
    book = PdfReader(io.BytesIO(operator.call("GET", job["url"]).content))
    assert len(book.pages) == job["total"]
    assert float(book.pages[0].mediabox.width) == pytest.approx(841.89 + 84, abs=0.1)

    unit = students(listed)[0]["unit"]
    with invited(installation, operator, role="school-admin", season=SEASON, unit=unit) as school:
        page = school.get(f"/certificates/seasons/{SEASON}").text
        own = [item for item in listed if item["unit"] == unit]
        assert all(item["serial"] in page for item in own)
        assert not any(item["serial"] in page for item in listed if item["unit"] != unit)
        stranger = next(item for item in listed if item["unit"] != unit)
        assert school.get(f"/certificates/v1/certificates/{stranger['serial']}/document.pdf").status_code == 404
        assert school.get(f"/certificates/v1/certificates/{own[0]['serial']}/document.pdf").status_code == 200
        handout = school.get(f"/certificates/seasons/{SEASON}/handout").text
        assert own[0]["serial"] in handout
        assert school.get(f"/certificates/seasons/{SEASON}/audit").status_code == 403
        forbidden = {"form": "zip", "unit": stranger["unit"], "reason": "x"}
        answer = school.post(f"/certificates/seasons/{SEASON}/downloads", forbidden)
        assert answer.status_code == 403


def test_many_certificates_are_revoked_by_their_word_and_given_back(
    city: Browsing, operator: Client, listed: list[dict[str, Any]]
) -> None:
    """Keeps away: a batch taken back by one click, or of which nobody says which could not be."""
    two = [item["serial"] for item in students(listed)[-2:]]
    page = f"/certificates/seasons/{SEASON}"
    form: dict[str, Any] = {"do": "revoke", "row": two, "reason": "这一批印错了"}

    def revoked() -> set[str]:
        every = operator.listed(f"{BASE}/certificates")
        return {item["serial"] for item in every if item["state"] == "revoked"} & set(two)

    by_a_click = city.post(f"{page}/acts", form)
    assert by_a_click.status_code == 422
    assert all(re.search(rf'value="{serial}" checked', by_a_click.text) for serial in two), "what was ticked stays"
    assert city.post(f"{page}/acts", {**form, "confirm": "撤销", "reason": ""}).status_code == 422
    assert city.post(f"{page}/acts", {**form, "confirm": "撤销", "row": [], "whole": "1"}).status_code == 422
    assert revoked() == set()
    assert "撤销了 2 张证书" in city.post(f"{page}/acts", {**form, "confirm": "撤销"}).text
    assert revoked() == set(two)
    again = city.post(f"{page}/acts", {**form, "confirm": "撤销"})
    assert (again.status_code, "2 项都没有办" in again.text) == (409, True)
    file = city.get(f"{page}/list.csv", params={"state": "revoked"}).text
    assert all(serial in file for serial in two)
    assert "恢复了 2 张证书" in city.post(f"{page}/acts", {**form, "do": "restore"}).text
    assert revoked() == set()


def test_institutions_check_many_at_once(
    installation: ThreeProcesses, operator: Client, listed: list[dict[str, Any]], city: Browsing
) -> None:
    item = students(listed)[0]
    text = PdfReader(io.BytesIO(document(operator, item))).pages[0].extract_text()
    code = text.split("验真码")[1].strip().split()[0]
    lines = [
        {"serial": item["serial"], "code": code, "name": item["name"]["zh"]},
        {"serial": item["serial"], "code": code, "name": "别人"},
        {"serial": item["serial"], "code": "WRONG"},
        {"serial": "LHAI25-CS-000001-11", "code": code},
    ]

    answers = httpx.post(f"{installation.url}/certificates/v1/checks", json=lines).json()

    assert [(each["state"], each["matches"]) for each in answers] == [
        ("valid", True),
        ("valid", False),
        ("unknown", None),
        ("misprint", None),
    ]
    page = city.post("/certificates/many", {"lines": f"{item['serial']}，{code}，{item['name']['zh']}"}).text
    assert "一致" in page
    assert json.dumps(answers).count(item["serial"]) == 3


def test_one_certificate_is_read_by_whoever_has_it(
    installation: ThreeProcesses, operator: Client, listed: list[dict[str, Any]]
) -> None:
    item = next(value for value in listed if value["kind"] == "unit" and value["state"] == "valid")
    address = f"/certificates/v1/certificates/{item['serial']}"
    assert operator.get(address) == item
    with (
        invited(installation, operator, role="school-admin", season=SEASON, unit=item["unit"]) as school,
        invited(installation, operator, role="school-admin", season=SEASON, unit="P04") as other,
    ):
        assert school.get(address).json()["serial"] == item["serial"]
        mine = school.get("/certificates/mine").text
        assert item["serial"] in mine
        assert item["name"]["zh"] in mine
        assert school.get(f"{address}/document.pdf").status_code == 200
        assert item["serial"] not in other.get("/certificates/mine").text
        assert other.get(address).status_code == 404
        decisions = f"{BASE}/certificates/{item['serial']}/decisions"
        for action in ("revoke", "restore"):
            operator.call("POST", decisions, json={"action": action, "reason": "Test"})

        def told() -> None:
            page = school.get("/registration/messages").text
            assert page.count("证书不再有效") == page.count("证书恢复有效") == 1

        eventually(told, 30)
        assert "证书不再有效" not in other.get("/registration/messages").text
    assert httpx.get(f"{installation.url}{address}").status_code == 401


def test_a_design_is_kept_with_its_pictures_and_prints_its_kind_from_then_on(
    city: Browsing, operator: Client, listed: list[dict[str, Any]]
) -> None:
    """Keeps away: a design that is shown one way and printed another, or printed for other kinds too."""
    seal = io.BytesIO()
    Image.new("RGBA", (60, 60), (160, 30, 30, 90)).save(seal, "PNG")
    operator.call("PUT", f"{BASE}/template-pictures/plaque-seal.png", content=seal.getvalue())
    design = {"heading": {"zh": "设计的标题"}, "seals": [{"picture": "plaque-seal.png", "size": 30}]}

    made = operator.call("POST", f"{BASE}/designs/plaque", json=design).json()
    assert (made["number"], made["used"], made["design"]["heading"]["zh"]) == (1, False, "设计的标题")
    operator.call("PUT", f"{BASE}/template-choices/plaque", json={"template": made["id"]})
    assert [(item["number"], item["used"]) for item in operator.listed(f"{BASE}/designs/plaque", limit=1)] == [
        (1, True)
    ]
    header = "kind,name_zh,name_en,unit,title_zh,title_en,body_zh,body_en\n"
    rows = "plaque,测试赞助社,,,特别支持,,,\nfinalist,测试周入围,,,入围决赛,,,\n"
    granted = {"content": (header + rows).encode(), "headers": CSV, "params": {"dry_run": False}}
    assert operator.call("POST", f"{BASE}/grants", **granted).json()["changed"] == 2

    every = operator.get(f"{BASE}/certificates", params={"limit": 1000})
    texts = {
        name: "".join(PdfReader(io.BytesIO(document(operator, item))).pages[0].extract_text().split())
        for name in ("测试赞助社", "测试周入围")
        for item in every
        if item["name"]["zh"] == name
    }
    assert ["设计的标题" in text for text in texts.values()] == [True, False]
    page = city.post(f"/certificates/seasons/{SEASON}/designs/judge/copy", {"from": made["id"]})
    assert page.status_code == 200
    assert 'value="设计的标题"' in page.text
    assert len(operator.get(f"{BASE}/designs/judge")) == 0, "what is taken over is kept once it is saved"


def test_a_template_is_tried_kept_in_versions_and_frozen_with_what_it_made(
    city: Browsing, operator: Client, listed: list[dict[str, Any]], installation: ThreeProcesses
) -> None:
    here = f"/certificates/seasons/{SEASON}/templates"
    source = re.search(r"<textarea[^>]*>(.*)</textarea>", city.get(f"{here}/ours").text, re.DOTALL)
    assert source
    ours = html.unescape(source[1]).replace('#let gold = rgb("#8d6714")', '#let gold = rgb("#005544")')
    assert "005544" in ours
    silent = ours.replace("#data.approval#h(8pt)#data.statement", "")

    assert "必须印有批准文号和声明" in city.post(f"{here}/ours", {"source": silent, "act": "save"}).text
    assert "设计有错误" in city.post(f"{here}/ours", {"source": ours + "\n#nonsense()", "act": "save"}).text
    evil = '#import "@preview/evil:0.1.0": *\n' + ours
    assert "外部软件包" in city.post(f"{here}/ours", {"source": evil, "act": "save"}).text
    assert city.post(f"{here}/landscape", {"source": ours, "act": "save"}).status_code == 422
    codeless = ours.replace("image(bytes(data.qr)", 'image("mark.svg"').replace(
        ', format: "svg", width: 80pt', ", width: 80pt"
    )
    assert codeless != ours
    assert "二维码" in city.post(f"{here}/ours", {"source": codeless, "act": "save"}).text
    for content, code in (
        (codeless, "template-without-code"),
        (ours.replace("[#data.serial]", "[]"), "template-without"),
        (ours.replace("[#data.code]", "[]"), "template-without"),
    ):
        with pytest.raises(ProblemAnswer) as refused:
            operator.call("POST", f"{BASE}/templates/ours", content=content.encode(), headers=PLAIN)
        assert refused.value.code == code
    picture = city.post(f"{here}/ours/preview", {"source": ours, "kind": "unit"})
    assert picture.headers["content-type"] == "image/png"
    assert city.post(f"{here}/ours", {"source": ours, "act": "save"}).status_code == 303

    before = document(operator, students(listed)[0])
    chosen = dict.fromkeys(("student", "instructor", "unit"), f"{SEASON}/ours@1")
    assert city.post(f"{here}/choice", chosen).status_code == 303
    assert f'value="{SEASON}/ours@1" selected' in city.get(here).text
    assert document(operator, students(listed)[0]) == before, "what was issued keeps its template"

    made = operator.call("POST", f"{BASE}/templates/ours", content=ours.encode(), headers=PLAIN).json()
    assert (made["id"], made["prints"]) == (f"{SEASON}/ours@2", [])
    operator.call("PUT", f"{BASE}/template-choices/unit", json={"template": made["id"]})
    assert {item["id"]: item["prints"] for item in operator.listed(f"{BASE}/templates", limit=1)}[made["id"]] == [
        "unit"
    ]
    with MongoClient[dict[str, Any]](installation.servers.mongo_url) as client:  # from before this was asked of them
        kept = client[f"{installation.prefix}certificates"]["templates"]
        kept.update_one({"_id": made["id"]}, {"$set": {"source": codeless}})
        page = city.post(f"{here}/choice", {"student": made["id"]})
        assert (page.status_code, "二维码" in page.text) == (422, True)
        with pytest.raises(ProblemAnswer) as refused:
            operator.call("PUT", f"{BASE}/template-choices/student", json={"template": made["id"]})
        assert refused.value.code == "template-without-code"
        kept.update_one({"_id": made["id"]}, {"$set": {"source": ours}})

    seal = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(seal, "PNG")
    assert city.post(f"{here}/pictures", files={"file": ("seal.png", seal.getvalue(), "image/png")}).status_code == 303
    assert city.post(f"{here}/pictures", files={"file": ("seal.png", b"no picture", "image/png")}).status_code == 422
    sealed = ours.replace('image("mark.svg"', 'image("seal.png"')
    assert city.post(f"{here}/ours", {"source": sealed, "act": "save"}).status_code == 303
    assert any(line["details"].get("picture") == "seal.png" for line in operator.get(f"{BASE}/audit"))


def test_judges_and_finalists_get_theirs_by_a_list(
    city: Browsing, operator: Client, listed: list[dict[str, Any]]
) -> None:
    header = "kind,name_zh,name_en,unit,title_zh,title_en,body_zh,body_en\n"
    rows = [
        "judge,测试评委,Test Judge,,优秀评委,Outstanding Judge,,",
        f"finalist,测试入围,,{listed[0]['unit']},入围奖,,,",
        "appointment,测试专家,,,专家委员会委员,,聘请您担任专家委员会委员，聘期一年。,",
        "medal,测试,,,奖牌,,,",
        "plaque,测试,,NOWHERE,优秀单位,,,",
        "judge,,,,优秀评委,,,",
    ]
    content = (header + "\n".join(rows)).encode()
    address, before = f"{BASE}/grants", operator.get(BASE)

    tried = operator.call("POST", address, content=content, headers=CSV).json()
    assert (tried["accepted"], tried["changed"], tried["dry_run"]) == (3, 0, True)
    assert [(row["row"], row["column"], row["code"]) for row in tried["rejected"]] == [
        (5, "kind", "BAD_VALUE"),
        (6, "unit", "UNKNOWN_UNIT"),
        (7, "name_zh", "REQUIRED"),
    ]
    done = operator.call("POST", address, params={"dry_run": False}, content=content, headers=CSV).json()
    again = operator.call("POST", address, params={"dry_run": False}, content=content, headers=CSV).json()

    assert (done["changed"], again["changed"], done["dry_run"]) == (3, 0, False)
    result = operator.get(f"{BASE}/certificates", params={"limit": 1000})
    made = {item["kind"]: item for item in result if item["kind"] in ("judge", "finalist", "appointment")}
    assert len(made) == 3
    counted = operator.get(BASE)
    more = {kind: counted[kind] - before.get(kind, 0) for kind in made}
    assert more == dict.fromkeys(made, 1), "counts hold every kind"
    text = PdfReader(io.BytesIO(document(operator, made["appointment"]))).pages[0].extract_text().replace("\n", "")
    assert "聘书" in text.replace(" ", "")
    assert "不作为中小学招生入学依据" in text.replace(" ", "")
    assert "测试评委" in city.get(f"/certificates/seasons/{SEASON}?kind=judge").text
    body = {"action": "revoke", "reason": "写错"}
    operator.call("POST", f"{BASE}/certificates/{made['judge']['serial']}/decisions", json=body)


def test_a_sign_that_no_font_has_waits_for_its_picture_and_stops_no_other(
    city: Browsing, operator: Client, listed: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Keeps away: nobody gets a certificate because of one name, and a name that can never be printed."""
    serial = students(listed)[-1]["serial"]
    rare = {"action": "correct", "reason": "户口簿", "name": {"zh": "测试\U0002ee5d"}}
    operator.call("POST", f"{BASE}/certificates/{serial}/decisions", json=rare)
    address = f"/certificates/v1/certificates/{serial}/document.pdf"

    with pytest.raises(ProblemAnswer, match="sign-without-glyph"):
        operator.call("GET", address)
    archive = operator.call("GET", f"{BASE}/archive.zip", params={"reason": "x"}).content
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        rows = list(csv.DictReader(whole.read("index.csv").decode("utf-8-sig").splitlines()))
        lacking = [(row["serial"], row["problem"]) for row in rows if not row["file"]]
        assert lacking == [(serial, "\U0002ee5d U+2EE5D")]
        assert len([name for name in whole.namelist() if name.endswith(".pdf")]) == len(rows) - 1
    said: list[str] = []
    assert Run(read_folder(EXAMPLE), operator, said.append).write_certificates(tmp_path) == len(rows) - 1
    assert any(serial in line and "U+2EE5D" in line for line in said)
    assert [item["serial"] for item in operator.get(f"{BASE}/undrawn")] == [serial]
    page = f"/certificates/seasons/{SEASON}/signs"
    assert serial in city.get(page).text

    assert city.post(page, {"sign": "U+2EE5D"}, files={"file": ("x.svg", b"x", "image/svg+xml")}).status_code == 422
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M1 4h8v2H1z"/></svg>'
    given = city.post(page, {"sign": "U+2EE5D"}, files={"file": ("x.svg", drawing, "image/svg+xml")})

    assert given.status_code == 303
    assert operator.get(f"{BASE}/undrawn") == []
    first = operator.call("GET", address).content
    assert first.startswith(b"%PDF")
    other = drawing.replace(b"M1 4h8", b"M1 2h8")
    octets = {"Content-Type": "application/octet-stream"}
    operator.call("PUT", f"{BASE}/signs/U+2EE5D", content=other, headers=octets)
    assert [item["number"] for item in operator.get(f"{BASE}/signs")] == [1, 2]
    assert operator.call("GET", address).content == first, "what was drawn stays as it is"
