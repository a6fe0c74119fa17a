"""Lists in pieces, as every service answers them."""

from collections.abc import AsyncIterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI

from shared.base64url import encode
from shared.http import problems
from shared.http.paging import Page, paged, write_cursor
from shared.mongo import beyond
from shared.web.pages import Pages

NAMES = {f"{number:02}": number // 3 for number in range(10)}


def app() -> FastAPI:
    fast_api = FastAPI()
    problems.install(fast_api, Pages("registration", Path(__file__).parent, "http://test"))

    @fast_api.get("/names")
    async def names(page: Annotated[Page, Depends(paged(str))]) -> list[str]:
        return page.cut(NAMES, lambda name: (name,))

    @fast_api.get("/newest")
    async def newest(page: Annotated[Page, Depends(paged(int, str))], kind: str = "") -> list[str]:
        rows = page.cut(NAMES.items(), lambda item: (item[1], item[0]), newest_first=True)
        return [name + kind for name, _ in rows]

    return fast_api


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as async_client:
        yield async_client


async def walked(client: httpx.AsyncClient, address: str) -> list[list[str]]:
    """Every piece, by following `Link`."""
    pieces, url = [], address
    while url:
        answer = await client.get(url)
        assert answer.status_code == 200
        pieces.append(answer.json())
        url = answer.links.get("next", {}).get("url", "")
    return pieces


async def test_a_list_is_walked_by_its_links_without_a_gap(client: httpx.AsyncClient) -> None:
    pieces = await walked(client, "/names?limit=4")
    assert [len(piece) for piece in pieces] == [4, 4, 2]
    assert list(chain.from_iterable(pieces)) == sorted(NAMES)
    assert await walked(client, "/names?limit=10") == [sorted(NAMES)]
    assert await walked(client, "/names") == [sorted(NAMES)]


async def test_the_newest_come_first_and_filters_stay(client: httpx.AsyncClient) -> None:
    pieces = await walked(client, "/newest?limit=3&kind=a")
    assert list(chain.from_iterable(pieces)) == [f"{name}a" for name in sorted(NAMES, reverse=True)]
    assert len(pieces) == 4


@pytest.mark.parametrize("cursor", [
    "x", "%00", encode(b"[]"), encode(b"{}"), encode(b'["a"]')[:-1] + "*", encode(b"[1]"), encode(b"[true]"),
    encode(b'["a","b"]'), encode(b'["\\ud800"]'), encode(b"[" * 700), encode(b'[{"$gt":""}]'), "a" * 2000,
])  # fmt: skip
async def test_a_cursor_of_no_list_of_ours_is_said(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get(f"/names?cursor={cursor}")
    assert answer.status_code == 422
    assert answer.json()["code"] in ("cursor-unknown", "malformed")
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


async def test_a_number_beyond_what_a_database_knows_is_said(client: httpx.AsyncClient) -> None:
    for number in (2**63, -(2**70)):
        answer = await client.get(f"/newest?cursor={write_cursor((number, 'a'))}")
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor-unknown")


def test_a_database_reads_on_after_a_place() -> None:
    assert beyond((), "_id") == {}
    assert beyond(("b",), "_id") == {"_id": {"$gt": "b"}}
    assert beyond((2, "b"), "at", "_id", newest_first=True) == {
        "$or": [{"at": {"$lt": 2}}, {"at": 2, "_id": {"$lt": "b"}}]
    }
