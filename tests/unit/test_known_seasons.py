"""A season that is not there is 404 everywhere, before anything else is asked; and one that is there is looked for once."""

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import PlainTextResponse

from shared.errors import NotFound
from shared.http.known_seasons import KnownSeasons


class Seasons:
    """A collection with one season in it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def find_one(self, wanted: dict[str, Any], _: Any) -> dict[str, Any] | None:
        self.asked.append(wanted["_id"])
        return wanted if wanted["_id"] == "cup" else None


def application(seasons: Any) -> FastAPI:
    """Routes that never ask whether there is such a season."""
    router, app = APIRouter(), FastAPI()

    async def nothing() -> str:
        return "an empty list"

    for path in ("/v1/seasons/{season}/entries", "/seasons/{season_id}/desk", "/v1/about"):
        router.add_api_route(path, nothing, methods=["GET", "POST", "PUT"])
    router.add_api_route("/v1/seasons/{season}", nothing, methods=["GET", "PUT"])
    app.include_router(router, dependencies=[Depends(KnownSeasons(seasons).require)])

    @app.exception_handler(NotFound)
    async def told(_: Any, error: NotFound) -> Any:
        return PlainTextResponse(error.code, status_code=404)

    return app


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/v1/seasons/cup/entries", 200),
    ("GET", "/v1/seasons/nowhere/entries", 404),
    ("PUT", "/v1/seasons/nowhere/entries", 404),
    ("POST", "/seasons/nowhere/desk", 404),
    ("GET", "/seasons/cup/desk", 200),
    ("GET", "/v1/about", 200),
    ("GET", "/v1/seasons/nowhere", 404),
    ("PUT", "/v1/seasons/nowhere", 200),
])  # fmt: skip
async def test_an_address_in_a_season_that_is_not_there_is_404(method: str, path: str, status: int) -> None:
    transport = httpx.ASGITransport(application(Seasons()))
    async with httpx.AsyncClient(transport=transport, base_url="http://laurel.test") as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert status == 200 or answer.text == "no-such-season"


async def test_a_season_that_is_there_is_looked_for_once_and_another_each_time() -> None:
    seasons = Seasons()
    transport = httpx.ASGITransport(application(seasons))
    async with httpx.AsyncClient(transport=transport, base_url="http://laurel.test") as client:
        for season in ("cup", "cup", "later", "later"):
            await client.get(f"/v1/seasons/{season}/entries")
    assert seasons.asked == ["cup", "later", "later"]
