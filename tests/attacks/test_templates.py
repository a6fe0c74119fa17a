"""Templates are programs of hosts: what one of them does, no other host notices, and nothing outside is asked for."""

import html
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from laurel.client import Client, ProblemAnswer
from tests.support.bystanders import Bystanders
from tests.support.installation import SECRET, ThreeProcesses
from tests.support.people import Browsing, invited
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually

CSV = {"Content-Type": "text/csv"}
COMES_AGAIN_SECONDS = 10
"""How long another host asks again when the machine is busy: less than the loops together take."""
HEADER = "kind,name_zh,name_en,unit,title_zh,title_en,body_zh,body_en\n"
PACKAGES = (
    '#import "@preview/cetz:0.3.0"',
    '#import "\\u{40}preview/cetz:0.3.0"',
    '#let name = "@" + "preview/cetz:0.3.0"\n#import name: *',
    '#include "\\u{40}preview/cetz:0.3.0"',
    '#import "@local/secret:1.0.0"',
)
FOR_EVER = "for i in range(100000) { for j in range(100000) { let k = i * j } }"
"""The engine itself sees only endless loops of `while`."""
LOOPS = f'#let loops(data) = if data.name == "测试循环" {{ {FOR_EVER} }}\n'
"""For one recipient alone."""


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """A port, and what was sent to it."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ending = threading.Event()

        def listen() -> None:
            while not ending.is_set():
                with suppress(TimeoutError, OSError):
                    connection, _ = server.accept()
                    with connection:
                        connection.settimeout(1)
                        heard.append(connection.recv(1000))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], heard
        finally:
            ending.set()
            thread.join(5)


def source_of(city: Browsing, season: str) -> str:
    page = city.get(f"/certificates/seasons/{season}/templates/ours").text
    match = re.search(r"<textarea[^>]*>(.*)</textarea>", page, re.DOTALL)
    assert match, page
    return html.unescape(match[1])


@pytest.mark.timeout(600)
def test_a_template_asks_nobody_for_a_package(unstarted: ThreeProcesses) -> None:
    """Whatever the spelling: a ban on letters is not a ban. The port stands for the whole internet, as its proxy."""
    with listening() as (port, heard):
        proxy = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"))
        unstarted.environment_of["certificates"] = dict.fromkeys(proxy, f"http://127.0.0.1:{port}")
        unstarted.start()
        operator = Client(unstarted.url, "en", patience=30)
        operator.sign_in_as_operator(SECRET)
        season = open_season(operator, new_season())
        with invited(unstarted, operator, role="city-organizer", season=season) as city:
            eventually(lambda: rules_are_known(city, season), 30)
            source = source_of(city, season)
            for attempt in PACKAGES:
                form = {"source": f"{attempt}\n{source}", "act": "save"}
                answer = city.post(f"/certificates/seasons/{season}/templates/ours", form)
                assert answer.status_code == 422
                assert "外部软件包" in answer.text, (attempt, answer.text)
        time.sleep(0.5)
        operator.close()

    assert heard == []


def rules_are_known(city: Browsing, season: str) -> None:
    assert city.get(f"/certificates/seasons/{season}/templates").status_code == 200


@pytest.mark.timeout(600)
def test_a_template_that_loops_for_everybody_is_refused_within_seconds(
    installation: ThreeProcesses, operator: Client
) -> None:
    """The trial has the limits of the real thing."""
    season = open_season(operator, new_season())
    with invited(installation, operator, role="city-organizer", season=season) as city:
        eventually(lambda: rules_are_known(city, season), 30)
        source = source_of(city, season)
        for name, bomb in (
            ("a loop", f"#{{ {FOR_EVER} }}"),
            ("a list of 2⁴⁰ items", "#{ let a = (0,); for i in range(40) { a = a + a } }"),
            ("a text of 2⁵⁰ letters", '#{ let s = "a"; for i in range(50) { s = s + s } }'),
        ):
            with Bystanders(installation) as others:
                began = time.monotonic()
                form = {"source": source + "\n" + bomb, "kind": "student", "act": "preview"}
                answer = city.post(f"/certificates/seasons/{season}/templates/ours", form)
                seconds = time.monotonic() - began
            others.report(f"typst, {name}", answer.status_code, seconds)

            assert answer.status_code == 422
            assert "太慢" in answer.text
            assert others.undisturbed()


def granted(operator: Client, season: str, names: list[str]) -> dict[str, str]:
    """Judges' certificates; their numbers by name."""
    content = (HEADER + "\n".join(f"judge,{name},,,优秀评委,,," for name in names)).encode()
    base = f"/certificates/v1/seasons/{season}"
    operator.call("POST", f"{base}/grants", params={"dry_run": False}, content=content, headers=CSV)
    listed = operator.get(f"{base}/certificates", params={"limit": 1000})
    return {item["name"]["zh"]: item["serial"] for item in listed}


def document(operator: Client, serial: str) -> bytes:
    return bytes(operator.call("GET", f"/certificates/v1/certificates/{serial}/document.pdf").content)


@pytest.mark.timeout(600)
def test_a_document_that_loops_is_set_aside_and_delays_no_other_host(
    installation: ThreeProcesses, operator: Client
) -> None:
    """One host's template that never ends for one recipient must not hold what everybody shares."""
    bad, good = open_season(operator, new_season()), open_season(operator, new_season())
    base = f"/certificates/v1/seasons/{bad}"
    names = ["测试循环", *(f"测试评委{number}" for number in range(1, 30))]
    with invited(installation, operator, role="city-organizer", season=bad) as city:
        eventually(lambda: rules_are_known(city, bad), 30)
        here = f"/certificates/seasons/{bad}/templates"
        source = source_of(city, bad)
        looping = LOOPS + source.replace("width: width + 2 * crop", "width: { loops(data); width + 2 * crop }", 1)
        assert "loops(data); " in looping
        saved = city.post(f"{here}/ours", {"source": looping, "act": "save"})
        assert saved.status_code == 303, saved.text
        chosen = dict.fromkeys(("student", "instructor", "unit"), f"{bad}/ours@1")
        assert city.post(f"{here}/choice", chosen).status_code == 303
        serials, others_serials = granted(operator, bad, names), granted(operator, good, ["测试旁人", "测试他人"])
        assert document(operator, others_serials["测试旁人"]).startswith(b"%PDF")

        visitor = httpx.Client(
            base_url=installation.url, headers={"Authorization": f"Bearer {operator.token}"}, timeout=120
        )
        alone = timed(visitor, others_serials["测试他人"], 20)

        def visit() -> None:
            address = f"/certificates/v1/certificates/{others_serials['测试他人']}/document.pdf"
            answer = visitor.get(address)
            patience = time.monotonic() + COMES_AGAIN_SECONDS
            while answer.status_code == 503 and time.monotonic() < patience:  # a busy machine may ask to come again
                time.sleep(int(answer.headers["Retry-After"]))
                answer = visitor.get(address)
            answer.raise_for_status()

        with Bystanders(installation, visit) as other_host:
            began = time.monotonic()
            wanted = operator.token, installation, serials["测试循环"]
            asking = [threading.Thread(target=ask, args=wanted) for _ in range(6)]
            for thread in asking:
                thread.start()
            wish = {"form": "zip", "reason": "颁奖"}
            job = operator.call("POST", f"{base}/downloads", json=wish).json()["id"]
            done = finished(operator, f"{base}/downloads/{job}")
            for thread in asking:
                thread.join(120)
            seconds = time.monotonic() - began
        visitor.close()
        other_host.report(
            f"typst, a loop for one of 30 (other host alone: {alone * 1000:.0f} ms)", "set aside", seconds
        )

        assert other_host.undisturbed(), other_host.unanswered[:3]
        assert (done["state"], done["left_out"]) == ("done", 1)
        (undrawn,) = operator.get(f"{base}/undrawn")
        assert undrawn["serial"] == serials["测试循环"]
        assert document(operator, serials["测试评委7"]).startswith(b"%PDF")
        with pytest.raises(ProblemAnswer, match="document-too-much"):
            document(operator, serials["测试循环"])
        assert serials["测试循环"] in city.get(f"/certificates/seasons/{bad}").text

        operator.call("DELETE", f"{base}/undrawn/{serials['测试循环']}")
        assert operator.get(f"{base}/undrawn") == []


def ask(token: str, installation: ThreeProcesses, serial: str) -> None:
    with suppress(httpx.HTTPError):
        httpx.get(
            f"{installation.url}/certificates/v1/certificates/{serial}/document.pdf",
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
        )


def timed(visitor: httpx.Client, serial: str, times: int) -> float:
    """The slowest of so many documents when nothing else goes on."""
    slowest = 0.0
    for _ in range(times):
        began = time.monotonic()
        visitor.get(f"/certificates/v1/certificates/{serial}/document.pdf").raise_for_status()
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def finished(operator: Client, address: str) -> dict[str, Any]:
    result: dict[str, Any] = {}

    def look() -> None:
        result.update(operator.get(address))
        assert result["state"] != "working"

    eventually(look, 200)
    return result
