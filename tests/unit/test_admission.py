"""Admission: what keeps a crowd from taking the process away from everybody. By counts and order, never by seconds."""

import asyncio
import json
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.http.admission import FEWEST, LONGEST_DELAY, REFUSALS, Admission, Gate, Kind, Limit, Pace, kind_of
from shared.observability.metrics import Metrics
from shared.web.pages import Pages

HERE = Path(__file__).parent
PAGES = Pages("registration", HERE, "http://test")
LONG = 3600.0
BROWSER = {"accept": "text/html", "accept-language": "en"}


def scope_of(path: str = "/registration/notices", method: str = "GET", **headers: str) -> dict[str, Any]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw}


class Asking:
    """One request: its body comes, and it goes away, when the test says so."""

    def __init__(self, admission: Admission, scope: dict[str, Any], *, sent: bool = True) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.answer: list[MutableMapping[str, Any]] = []
        if sent:
            self.send_body(b"")
        self.task = asyncio.create_task(admission(scope, self.messages.get, self._send))

    def send_body(self, body: bytes, *, more: bool = False) -> None:
        self.messages.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def go_away(self) -> None:
        self.messages.put_nowait({"type": "http.disconnect"})

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.answer.append(message)

    @property
    def status(self) -> int:
        return int(self.answer[0]["status"])

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.answer[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.answer[1:])


class Work:
    """An application whose requests are begun, and end when the test says so."""

    def __init__(self, **limits: Limit) -> None:
        self.begun, self.bodies = list[str](), list[bytes]()
        self.ends: dict[str, asyncio.Event] = {}
        self.metrics = Metrics("registration")
        self.admission = Admission(
            self, limits={Kind(name): limit for name, limit in limits.items()}, pages=PAGES, secure=False,
            metrics=self.metrics,
        )  # fmt: skip

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun.append(scope["path"])
        self.bodies.append((await receive())["body"])
        await self.ends.setdefault(scope["path"], asyncio.Event()).wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    def ask(self, path: str, method: str = "GET", *, sent: bool = True, **headers: str) -> Asking:
        return Asking(self.admission, scope_of(path, method, **headers), sent=sent)

    def end(self, path: str) -> None:
        self.ends.setdefault(path, asyncio.Event()).set()

    def count(self, name: str, **labels: str) -> float:
        families = text_string_to_metric_families(self.metrics.text().decode())
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


async def settle() -> None:
    """Until every task has gone as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_so_many_run_so_many_wait_and_the_next_is_refused_before_anything_is_read() -> None:
    """A crowd without a bound: all are begun, and nobody is answered."""
    work = Work(public=Limit(2, 1, LONG))
    first = [work.ask(f"/{number}") for number in range(4)]
    await settle()

    refused = work.ask("/4", sent=False)
    await refused.task

    assert work.begun == ["/0", "/1"]
    assert refused.status == 503
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert refused.headers["cache-control"] == "no-store"
    assert json.loads(refused.body)["type"] == "urn:laurel:problem:overloaded"
    assert work.count("laurel_http_running", kind="public") == 2
    assert work.count("laurel_http_waiting", kind="public") == 2
    assert work.count("laurel_http_refused_total", kind="public", reason="full") == 1
    for number in range(4):
        work.end(f"/{number}")
    await asyncio.gather(*(asking.task for asking in first))
    assert {asking.status for asking in first} == {200}
    assert work.count("laurel_http_running") == work.count("laurel_http_waiting") == 0


async def test_who_waits_is_served_in_turn() -> None:
    """A queue in which the first comers starve."""
    work = Work(public=Limit(1, 4, LONG))
    askings = [work.ask(f"/{number}") for number in range(4)]
    await settle()
    for number in range(4):
        work.end(f"/{number}")

    await asyncio.gather(*(asking.task for asking in askings))

    assert work.begun == ["/0", "/1", "/2", "/3"]


async def test_who_has_waited_too_long_is_refused_and_never_begun() -> None:
    """Work for those who have given up: it takes the time of those who have not."""
    work = Work(public=Limit(1, 4, 0.0))
    first, second = work.ask("/first"), work.ask("/second")

    await second.task
    work.end("/first")
    await first.task

    assert (first.status, second.status) == (200, 503)
    assert work.begun == ["/first"]
    assert work.count("laurel_http_refused_total", reason="late") == 1


async def test_who_went_away_while_waiting_is_never_begun_and_leaves_the_queue() -> None:
    """Work that nobody waits for, in a queue of those who are gone."""
    work = Work(public=Limit(1, 1, LONG))
    first, gone = work.ask("/first"), work.ask("/gone")
    await settle()
    gone.go_away()
    await gone.task
    third = work.ask("/third")
    await settle()
    for path in ("/first", "/third"):
        work.end(path)
    await asyncio.gather(first.task, third.task)

    assert gone.answer == []
    assert work.begun == ["/first", "/third"]
    assert work.count("laurel_http_refused_total", reason="gone") == 1


async def test_an_entry_whose_sender_waits_reaches_the_application_whole() -> None:
    """A body that is lost, or taken twice, where it was read ahead of its turn."""
    work = Work(write=Limit(1, 1, LONG))
    first = work.ask("/first", "POST", content_length="9")
    await settle()
    second = work.ask("/second", "POST", sent=False, content_length="2")
    second.send_body(b"{}")
    await settle()
    for path in ("/first", "/second"):
        work.end(path)
    await asyncio.gather(first.task, second.task)

    assert work.bodies == [b"", b"{}"]


async def test_who_sends_slowly_holds_no_place() -> None:
    """A few slow senders that keep everybody out."""
    work = Work(write=Limit(1, 0, LONG))
    slow = [work.ask(f"/slow/{number}", "POST", sent=False, content_length="9") for number in range(9)]
    for asking in slow:
        asking.send_body(b"{", more=True)
    await settle()
    work.end("/fast")
    fast = work.ask("/fast", "POST")
    await fast.task

    assert fast.status == 200
    assert work.begun == ["/fast"]
    for asking in slow:
        asking.go_away()
        await asking.task


async def test_an_answer_that_streams_holds_no_place() -> None:
    """A few slow readers of large files that keep everybody out."""
    reading = asyncio.Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a part", "more_body": True})
        await reading.wait()
        await send({"type": "http.response.body", "body": b""})

    metrics = Metrics("registration")
    limits = {Kind.PUBLIC: Limit(1, 0, LONG)}
    admission = Admission(stream, limits=limits, pages=PAGES, secure=False, metrics=metrics)
    readers = [Asking(admission, scope_of()) for _ in range(3)]
    await settle()

    assert [reader.status for reader in readers] == [200, 200, 200]
    reading.set()
    await asyncio.gather(*(reader.task for reader in readers))


async def test_health_is_never_counted_and_other_kinds_are_apart() -> None:
    """A supervisor that ends a process because people are many; judges kept out by those who look at results."""
    work = Work(public=Limit(1, 0, LONG), read=Limit(1, 0, LONG), write=Limit(1, 0, LONG))
    work.ask("/page")
    await settle()
    for path in ("/registration/healthz", "/registration/readyz", "/registration/metrics", "/mine", "/entry"):
        work.end(path)
    known = work.ask("/mine", cookie="laurel_token=x")
    entry = work.ask("/entry", "POST")
    health = [work.ask(f"/registration/{name}") for name in ("healthz", "readyz", "metrics")]

    await asyncio.gather(known.task, entry.task, *(asking.task for asking in health))

    assert [asking.status for asking in (known, entry, *health)] == [200] * 5
    work.end("/page")


async def test_a_request_that_is_cancelled_gives_its_place_back() -> None:
    """Places that are lost one by one, until nobody is let in."""
    work = Work(public=Limit(1, 4, LONG))
    running, waiting = work.ask("/running"), work.ask("/waiting")
    await settle()
    work.end("/running")
    await running.task
    waiting.task.cancel()
    await asyncio.gather(waiting.task, return_exceptions=True)
    work.end("/next")
    following = work.ask("/next")
    await following.task

    assert following.status == 200
    assert work.count("laurel_http_running") == 0


@pytest.mark.parametrize(("language", "words"), [("en", "was not started"), ("zh", "没有开始处理")])
async def test_a_browser_gets_a_page_in_its_language(language: str, words: str) -> None:
    work = Work(public=Limit(1, 0, LONG))
    work.ask("/first")
    await settle()
    refused = work.ask("/second", accept="text/html,*/*", accept_language=language)
    await refused.task

    assert refused.status == 503
    assert words in refused.body.decode()
    assert refused.headers["retry-after"] in refused.body.decode() or "one second" in refused.body.decode()
    assert "default-src 'none'" in refused.headers["content-security-policy"]
    assert int(refused.headers["content-length"]) == len(refused.body)
    work.end("/first")


@pytest.mark.parametrize(
    ("scope", "kind"),
    [
        (scope_of("/registration/healthz"), None),
        (scope_of("/judging/readyz"), None),
        (scope_of("/registration/seasons/healthz"), Kind.PUBLIC),
        (scope_of("/registration/seasons/S", cookie="laurel_language=en"), Kind.PUBLIC),
        (scope_of("/registration/seasons/S", cookie="a=1; __Host-laurel_token=x"), Kind.READ),
        (scope_of("/judging/v1/seasons/S/tasks", authorization="Bearer x"), Kind.READ),
        (scope_of("/registration/v1/seasons/S/entries", "POST", content_length="300"), Kind.WRITE),
        (scope_of("/judging/v1/seasons/S/tasks/E/work/ballot", "PUT", content_length="300"), Kind.WRITE),
        (scope_of("/registration/sign-in", "POST", content_length="60"), Kind.HEAVY),
        (scope_of("/registration/sign-in"), Kind.PUBLIC),
        (scope_of("/judging/v1/seasons/S/results/final/export", authorization="Bearer x"), Kind.HEAVY),
        (scope_of("/certificates/v1/seasons/S/downloads", "POST"), Kind.HEAVY),
        (scope_of("/certificates/v1/certificates/N/document.pdf", authorization="Bearer x"), Kind.HEAVY),
        (scope_of("/registration/v1/uploads/U", "PATCH", content_length="16000000"), Kind.UPLOAD),
        (scope_of("/registration/v1/seasons/S/imports", "POST", transfer_encoding="chunked"), Kind.UPLOAD),
        (scope_of("/registration/v1/seasons/S/entries", "POST", content_length="many"), Kind.UPLOAD),
    ],
)
def test_kinds(scope: dict[str, Any], kind: Kind | None) -> None:
    assert kind_of(scope) is kind


def test_fewer_run_where_work_takes_long_and_more_where_it_does_not() -> None:
    """A limit for a machine that is slower than it was thought to be: all of them run, and none in time."""
    gate, now = Gate(Limit(64, 4, LONG, learns=True)), 1.0
    for _ in range(12):
        gate.learn(3.0, now)
        now += 1
    assert gate.places == 64 // FEWEST
    for _ in range(40):
        gate.learn(0.01, now)
        now += 1
    assert gate.places == 64


def test_the_more_are_refused_for_each_that_is_served_the_later_they_come_back() -> None:
    """All who were refused in the same second, together again in another."""
    pace = Pace()
    pace.serve(1.0)
    few = pace.retry_after()
    for _ in range(8):
        pace.refuse(1.0)
    many, delayed = pace.retry_after(), pace.retry_after(5.0)
    pace.serve(60.0)

    assert few < many < delayed <= 30
    assert pace.retry_after() < 2


def test_refusals_come_at_once_until_they_are_themselves_too_many() -> None:
    """A loop that does nothing but refuse those who come again without pause."""
    pace = Pace()
    delays = [pace.delay(10.0) for _ in range(REFUSALS * 10)]

    assert set(delays[: REFUSALS - 1]) == {0.0}
    assert delays == sorted(delays)
    assert delays[-1] == pytest.approx(LONGEST_DELAY)
    assert pace.delay(60.0) == 0.0


async def test_a_small_body_that_never_comes_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.admission.PATIENCE", 0.0)
    work = Work(write=Limit(1, 0, LONG))
    slow = work.ask("/slow", "POST", sent=False, content_length="9")
    await slow.task

    assert slow.status == 408
    assert json.loads(slow.body)["code"] == "too-slow"
