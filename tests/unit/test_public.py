"""Public pages under a crowd: made once for those who wait together, never older than their question, never somebody's own."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.certificates.main import PUBLIC as OF_CERTIFICATES
from services.judging.main import PUBLIC as OF_JUDGING
from services.registration.main import PUBLIC as OF_REGISTRATION
from shared.http.public import Public, matching
from shared.observability.metrics import Metrics
from shared.web import pages
from shared.web.pages import Pages
from shared.web.static_files import MarkedFiles
from tests.rights.table import IN, read

PAGES = Pages("registration", Path(__file__).parent, "http://test")
ADDRESS = "/registration/seasons/{season_id}/notice"
ADDRESSES = {"registration": OF_REGISTRATION, "judging": OF_JUDGING, "certificates": OF_CERTIFICATES}
NOTICE = "/registration/seasons/S/notice"


class Notice:
    """A page that says what is true when it is begun, and is made when the test says so."""

    def __init__(self, **headers: str) -> None:
        self.text, self.begun, self.status = "first", 0, 200
        self._more = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.may_end = asyncio.Event()
        self.public = Public(self, addresses=[ADDRESS], pages=PAGES, metrics=Metrics("registration"), seconds=0)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun += 1
        text = self.text
        await self.may_end.wait()
        headers = [(b"cache-control", b"no-store"), *self._more]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        await send({"type": "http.response.body"})

    def ask(self, path: str = NOTICE, method: str = "GET", **headers: str) -> "asyncio.Task[Answer]":
        return asyncio.create_task(self._asked(path, method, headers))

    async def _asked(self, path: str, method: str, headers: dict[str, str]) -> "Answer":
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw}
        sent = list[MutableMapping[str, Any]]()

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.public(scope, receive, send)
        return Answer(sent)


class Answer:
    def __init__(self, sent: list[MutableMapping[str, Any]]) -> None:
        self.status = sent[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        self.text = b"".join(message.get("body", b"") for message in sent[1:]).decode()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_those_who_come_together_share_one_making_that_began_after_they_asked() -> None:
    """Results opened by everyone, made anew for each; or an answer from before the question."""
    notice = Notice()
    first = notice.ask()
    await settle()
    notice.text = "second"
    crowd = [notice.ask() for _ in range(50)]
    await settle()
    notice.may_end.set()

    assert (await first).text == "first"
    assert {answer.text for answer in await asyncio.gather(*crowd)} == {"second"}
    assert notice.begun == 2
    notice.text = "third"
    assert (await notice.ask()).text == "third"


async def test_a_public_page_has_a_tag_and_is_not_sent_again_to_who_has_it() -> None:
    notice = Notice()
    notice.may_end.set()
    first = await notice.ask()
    same = await notice.ask(if_none_match=f'"other", W/{first.headers["etag"]}')
    notice.text = "second"
    other = await notice.ask(if_none_match=first.headers["etag"])

    assert first.headers["cache-control"] == "public, no-cache"
    assert first.headers["vary"] == "Cookie, Accept-Language"
    assert (same.status, same.text, same.headers["etag"]) == (304, "", first.headers["etag"])
    assert (other.status, other.text) == (200, "second")


@pytest.mark.parametrize(
    "headers",
    [{"cookie": "laurel_token=x"}, {"cookie": "a=1; __Host-laurel_token=x"}, {"authorization": "Bearer x"}],
)
async def test_a_page_of_somebody_who_is_signed_in_is_nobody_elses(headers: dict[str, str]) -> None:
    """A page with a name on it, in a cache or on another's screen."""
    notice = Notice()
    crowd = [notice.ask(**headers) for _ in range(3)]
    await settle()
    notice.may_end.set()
    answers = await asyncio.gather(*crowd)

    assert notice.begun == 3
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert all("etag" not in answer.headers for answer in answers)


@pytest.mark.parametrize(
    ("headers", "status"), [({"set_cookie": "laurel_language=en"}, 200), ({}, 404), ({}, 500), ({}, 503)]
)
async def test_what_is_the_askers_own_is_not_shared(headers: dict[str, str], status: int) -> None:
    """A cookie for one in the answers of many; a refusal that was one address's for everybody."""
    notice = Notice(**headers)
    notice.status = status
    crowd = [notice.ask() for _ in range(4)]
    await settle()
    notice.may_end.set()
    answers = await asyncio.gather(*crowd)

    assert notice.begun == 4
    assert {(answer.status, answer.headers["cache-control"]) for answer in answers} == {(status, "no-store")}


async def test_languages_forms_and_other_addresses_are_apart() -> None:
    notice = Notice()
    crowd = [
        notice.ask(accept_language="en"),
        notice.ask(accept_language="zh-CN"),
        notice.ask(cookie="laurel_language=en", accept="text/html"),
        notice.ask(method="POST"),
        notice.ask("/registration/seasons/S/board"),
        notice.ask("/registration/seasons/T/notice"),
    ]
    await settle()

    assert notice.begun == len(crowd)
    notice.may_end.set()
    await asyncio.gather(*crowd)


async def test_those_who_wait_for_one_who_fails_are_answered() -> None:
    """A crowd that waits for ever for somebody who went away."""
    notice = Notice()
    leader = notice.ask()
    await settle()
    following, waiting = notice.ask(), notice.ask()
    await settle()
    leader.cancel()
    following.cancel()
    await settle()
    notice.may_end.set()

    assert (await waiting).text == "first"


@pytest.mark.parametrize("service", ADDRESSES)
def test_only_routes_that_all_may_read_are_public(service: str) -> None:
    """A page for some, kept in a cache for all."""
    public = {row.path for row in read() if row.method == "GET" and set(row.here.values()) == {IN}}

    assert ADDRESSES[service]
    assert set(ADDRESSES[service]) <= public
    assert not matching(ADDRESSES[service]).fullmatch(f"/{service}/me")


def test_without_addresses_nothing_is_public() -> None:
    assert not matching([]).fullmatch("")


async def test_static_files_are_kept_for_ever_under_their_mark_alone() -> None:
    """Styles of the former release on pages of this one; or styles that are sent with every page."""
    folder = Path(pages.__file__).parent / "static"
    transport = httpx.ASGITransport(MarkedFiles(PAGES.marks, directory=folder))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        marked = await client.get(f"/laurel.css?{PAGES.marks['laurel.css']}")
        former = await client.get("/laurel.css?0123456789ab")
        again = await client.get("/laurel.css", headers={"If-None-Match": former.headers["etag"]})

    assert marked.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert former.headers["cache-control"] == again.headers["cache-control"] == "public, no-cache"
    assert (former.status_code, again.status_code) == (200, 304)
