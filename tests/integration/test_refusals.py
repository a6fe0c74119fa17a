"""What only routes refuse: asked of three real services, a line a refusal."""

import base64
import io
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pypdf import PdfWriter

from laurel.client import Client, ProblemAnswer
from services import certificates, judging, registration
from shared.web.pages import HERE
from shared.web.translation import Catalog
from tests.conftest import EXAMPLE
from tests.support.installation import ThreeProcesses
from tests.support.seasons import YAML, new_season, open_season, person

SENTENCES = Catalog(
    [
        HERE / "locales",
        *(
            Path(str(module.__file__)).parent / "entrypoints" / "locales"
            for module in (registration, judging, certificates)
        ),
    ]
)
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    rules = new_season(
        nominations={"level": "city", "places": {"A": {"P": "1"}}},
        works={"A": {"files": ["1", "3"], "types": ["pdf", "text"], "max_mib": "2"}},
    )
    return open_season(operator, rules)


def sentence(code: str, **values: Any) -> str:
    return SENTENCES.translator("en")(f"problem-{code}", **values)


CALLS: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "/certificates/v1/keys/none.pem", {}, 404, "no-such-key"),
    ("GET", "/v/none", {}, 404, "certificate-unknown"),
    ("GET", "/certificates/v1/seasons/{season}/downloads/none", {}, 404, "no-such-download"),
    (
        "POST",
        "/certificates/v1/seasons/{season}/downloads",
        {"json": {"form": "zip", "reason": "for the school"}},
        409,
        "nothing-to-download",
    ),
    ("GET", "/judging/v1/seasons/{season}/tasks", {}, 403, "judges-only"),
    (
        "PUT",
        "/judging/v1/seasons/{season}/judges/J1",
        {"json": {"tracks": ["Z"], "employer": ""}},
        422,
        "judge-tracks",
    ),
    ("GET", "/judging/docs/assets/none.js", {}, 404, "no-such-page"),
    (
        "POST",
        "/registration/v1/operator-tokens",
        {"headers": {"Authorization": "Bearer wrong"}},
        401,
        "operator-secret",
    ),
    (
        "PUT",
        "/registration/v1/seasons/another-season",
        {"content": (EXAMPLE / "season.yaml").read_bytes(), "headers": YAML, "params": {"mode": "live"}},
        422,
        "season-id",
    ),
    ("GET", "/registration/v1/seasons/{season}/imports/none", {}, 404, "no-such-import"),
    ("GET", "/registration/v1/seasons/{season}/works/none/copies", {}, 404, "no-such-work"),
    ("GET", "/registration/seasons/{season}/nominations/A/J", {}, 404, "no-such-group"),
    ("GET", "/registration/season-drafts/none", {}, 404, "no-such-draft"),
    ("GET", "/registration/seasons/{season}/notice", {}, 404, "no-notice-yet"),
    ("POST", "/registration/seasons/{season}/units/none/invitation", {}, 404, "no-such-unit"),
    ("GET", "/registration/v1/uploads/none", {}, 404, "no-such-upload"),
    (
        "POST",
        "/registration/v1/uploads",
        {"headers": {"Upload-Length": "3", "Upload-Metadata": "season !!!"}},
        422,
        "upload-request",
    ),
]


@pytest.mark.parametrize(("method", "path", "request_", "status", "code"), CALLS, ids=[code for *_, code in CALLS])
def test_a_route_refuses_with_its_code(
    operator: Client, season: str, method: str, path: str, request_: dict[str, Any], status: int, code: str
) -> None:
    with pytest.raises(ProblemAnswer) as caught:
        operator.call(method, path.replace("{season}", season), **request_)
    assert (caught.value.status, caught.value.code) == (status, code)


def unsigned() -> bytes:
    """A document that says it is a certificate, and bears no signature."""
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Keywords": "LHAI25-CS-000001-51"})
    writer.write(out)
    return out.getvalue()


FORMS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("/certificates/file", {}, "file-missing", {}),
    ("/certificates/file", {"files": {"file": ("a.pdf", b"%PDF-1.7")}}, "file-not-a-certificate", {}),
    ("/certificates/file", {"files": {"file": ("a.pdf", unsigned())}}, "file-not-signed", {}),
    ("/certificates/many", {"data": {"lines": " \n"}}, "lines-missing", {}),
    ("/certificates/many", {"data": {"lines": "A,B\n" * 201}}, "too-many-lines", {"most": 200}),
    ("/certificates/seasons/{season}/templates/pictures", {}, "file-missing", {}),
    (
        "/certificates/seasons/{season}/templates/pictures",
        {"files": {"file": ("a.png", b"no picture")}},
        "picture-name",
        {},
    ),
    (
        "/certificates/seasons/{season}/templates/landscape",
        {"data": {"source": "#let x = 1", "act": "save"}},
        "template-built-in",
        {},
    ),
    (
        "/certificates/seasons/{season}/templates/seal",
        {"data": {"source": '#import "@preview/a:1.0.0"', "act": "save"}},
        "template-package",
        {},
    ),
    ("/registration/seasons/{season}/join", {"data": {"code": "AAAAAAAA"}}, "students-only", {}),
    ("/registration/seasons/{season}/review", {"data": {"verdict": "approved"}}, "nothing-ticked", {}),
    ("/registration/seasons/{season}/webhooks", {"data": {"url": "ftp://x"}}, "webhook-address", {}),
]


@pytest.mark.parametrize(
    ("path", "request_", "code", "values"), FORMS, ids=[f"{code}-{n}" for n, (_, _, code, _) in enumerate(FORMS)]
)
def test_a_form_says_why_it_was_not_taken(
    installation: ThreeProcesses,
    operator: Client,
    season: str,
    path: str,
    request_: dict[str, Any],
    code: str,
    values: dict[str, Any],
) -> None:
    headers = {"Authorization": f"Bearer {operator.token}", "Accept-Language": "en", **PAGE}
    with httpx.Client(base_url=installation.url, headers=headers, timeout=60) as browser:
        answer = browser.post(path.replace("{season}", season), **request_)
    assert answer.status_code in (409, 422), answer.text
    assert sentence(code, **values) in unescape(answer.text)


@pytest.fixture(scope="module")
def school(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Client]:
    """A school that enters and sends files."""
    client = person(installation, operator, role="school-admin", season=season, unit="P01")
    yield client
    client.close()


def entered(school: Client, season: str) -> str:
    body = {
        "track": "A",
        "title": "Tides",
        "members": [{"name_zh": f"测试{uuid4().hex[:6]}", "birth": "2014-01", "grade": 5}],
        "instructors": ["测试王"],
    }
    answer = school.call(
        "POST", f"/registration/v1/seasons/{season}/entries", json=body, headers={"Idempotency-Key": uuid4().hex}
    )
    return str(answer.json()["entry"])


def test_an_upload_says_what_it_is_and_where_it_stands(school: Client, season: str) -> None:
    entry = entered(school, season)
    told = ",".join(
        f"{name} {base64.b64encode(value.encode()).decode()}"
        for name, value in (("season", season), ("entry", entry), ("filename", "a.txt"))
    )
    made = school.call("POST", "/registration/v1/uploads", headers={"Upload-Length": "6", "Upload-Metadata": told})
    address = made.headers["location"]

    def sent(content: bytes, offset: int, kind: str = "application/offset+octet-stream") -> httpx.Response:
        return school.call(
            "PATCH", address, content=content, headers={"Upload-Offset": str(offset), "Content-Type": kind}
        )

    def refusal(*given: Any, **more: Any) -> str:
        with pytest.raises(ProblemAnswer) as caught:
            sent(*given, **more)
        return caught.value.code

    assert refusal(b"abc", 0, kind="text/plain") == "upload-request"
    assert sent(b"abc", 0).headers["upload-offset"] == "3"
    with pytest.raises(ProblemAnswer, match="upload-not-whole"):
        school.call("GET", address)
    assert refusal(b"defg", 3) == "upload-too-long"
    assert sent(b"def", 3).headers["upload-offset"] == "6"
    assert school.get(address)["name"] == "a.txt"
    with pytest.raises(ProblemAnswer, match="upload-received"):
        school.call("DELETE", address)


def test_a_work_without_its_files_is_not_handed_in(installation: ThreeProcesses, school: Client, season: str) -> None:
    headers = {"Authorization": f"Bearer {school.token}", "Accept-Language": "en", **PAGE}
    with httpx.Client(base_url=installation.url, headers=headers, timeout=60) as browser:
        answer = browser.post(f"/registration/entries/{season}/{entered(school, season)}/submit")
    assert (answer.status_code, sentence("files-missing", count=1) in unescape(answer.text)) == (409, True)


def test_a_season_whose_rules_cannot_be_computed_takes_no_results(operator: Client) -> None:
    rules = new_season()
    for item, full in zip(rules["rubrics"]["story"], ("99.91", "99.29", "99.23"), strict=True):
        item["max"] = full
    season = open_season(operator, rules)
    with pytest.raises(ProblemAnswer, match="rules-unsupported"):
        operator.call("POST", f"/judging/v1/seasons/{season}/announcement", json={})
