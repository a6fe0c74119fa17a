"""Where a request comes from: which writes are our own pages', and whose address counts."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI, Request
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from shared.http.client_address import address_of
from shared.http.protection import Protection
from shared.observability.metrics import Metrics
from shared.observability.tracing import Tracing

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
OUR_PROXY, CLIENT = "172.18.0.5", "203.0.113.7"


def application() -> FastAPI:
    """Says where it was asked from."""
    app = FastAPI()

    @app.api_route("/registration/tokens", methods=["GET", "POST"])
    async def told(request: Request) -> str:
        return address_of(request)

    return app


async def asked(app: Any, method: str, headers: dict[str, str], came_from: str = CLIENT) -> httpx.Response:
    transport = httpx.ASGITransport(app, client=(came_from, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://laurel.example") as client:
        return await client.request(method, "/registration/tokens", headers=headers)


async def status(method: str, headers: dict[str, str], *, secure: bool = True) -> int:
    protected = Protection(application(), secure=secure, metrics=Metrics("x"), tracing=Tracing("x", ""))
    return (await asked(protected, method, headers)).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://laurel.example"},
        {"Origin": "https://laurel.example", "Cookie": "a=b", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://laurel.example", "Sec-Fetch-Site": "none"},
        {"Referer": "https://laurel.example/registration/me?x=https://evil.example", "Cookie": "a=b"},
        {},
        {"Authorization": "Bearer x"},
    ],
    ids=str,
)
async def test_a_write_of_our_own_pages_or_of_a_program_is_taken(headers: dict[str, str]) -> None:
    assert await status("POST", headers) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://laurel.example"},
        {"Origin": "https://laurel.example:8443"},
        {"Origin": "https://laurel.example.evil.example"},
        {"Origin": "https://evil.example/laurel.example"},
        {"Origin": "https://laurel.example@evil.example"},
        {"Origin": "https://laurel.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://laurel.example", "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Referer": "https://laurel.example/"},
        {"Referer": "https://evil.example/https://laurel.example/"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Cookie": "a=b"},
        {"Cookie": "a=b", "Authorization": "Bearer x"},
    ],
    ids=str,
)
async def test_any_other_write_is_not(headers: dict[str, str]) -> None:
    """Looking is free: it changes nothing."""
    assert await status("POST", headers) == 403
    assert await status("GET", headers) == 200


async def test_without_tls_our_own_pages_are_those_of_the_same_host() -> None:
    assert await status("POST", {"Origin": "http://laurel.example"}, secure=False) == 200
    assert await status("POST", {"Origin": "http://evil.example"}, secure=False) == 403


async def seen(trusted: str, came_from: str, forwarded: str) -> str:
    """The address that throttles count, of a request that came from there with this `X-Forwarded-For`."""
    app = ProxyHeadersMiddleware(application(), trusted)  # type: ignore[arg-type]
    return str((await asked(app, "GET", {"X-Forwarded-For": forwarded}, came_from)).json())


async def test_nobody_says_of_themselves_where_they_come_from() -> None:
    """With another address for each guess a throttle by address would count none of them. Our proxy replaces what a client
    says; one that adds to it, as many do, gives nothing to whoever forged the beginning.
    """
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    trusted = {
        services[name]["environment"]["LAUREL_TRUSTED_PROXIES"] for name in ("registration", "judging", "certificates")
    }
    assert len(trusted) == 1
    (networks,) = trusted

    assert await seen(networks, OUR_PROXY, CLIENT) == CLIENT
    for forged in ("198.51.100.1", "127.0.0.1", "10.0.0.1", "198.51.100.1, 10.0.0.1", "unknown", "2001:db8::1"):
        assert await seen(networks, OUR_PROXY, f"{forged}, {CLIENT}") == CLIENT
    assert await seen(networks, CLIENT, "198.51.100.1") == CLIENT, "past the proxy nothing is believed"
    assert await seen("127.0.0.1", CLIENT, "198.51.100.1") == CLIENT, "nor where no proxy is named"
