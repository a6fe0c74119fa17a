"""Bodies of requests: too large, too deep, too many fields, too slow."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from shared.http import bodies
from shared.http.bodies import Body, Held, largest

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


async def received(content_type: str, *parts: bytes) -> bytes:
    waiting = list(parts)

    async def receive() -> MutableMapping[str, Any]:
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    body, content = Body(receive, content_type, largest(content_type), Held()), b""
    for _ in parts:
        content += (await body())["body"]
    return content


@pytest.mark.parametrize("text", [b"[" * 64 + b"]" * 64, b'{"a": "' + b"[" * 900 + b'"}', b"[" + b"[]," * 900 + b"1]"])
async def test_what_is_flat_enough_arrives_in_whatever_parts(text: bytes) -> None:
    assert await received(JSON, text[:7], text[7:]) == text


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (JSON, b"[" * 65 + b"]" * 65, 400),
        (JSON, b'{"a":' * 100_000, 400),
        ("", b"[" * 100_000, 400),
        ("application/ld+json; charset=utf-8", b"[" * 100_000, 400),
        (JSON, b'"' * (2 * 1024 * 1024 + 1), 413),
        ("application/yaml", b"x" * (512 * 1024 + 1), 413),
        (FORM, b"a&" * 20_000, 400),
    ],
)
async def test_what_is_not_is_refused(content_type: str, body: bytes, status: int) -> None:
    with pytest.raises(HTTPException) as refused:
        await received(content_type, body)

    assert refused.value.status_code == status


async def all_of(body: Body) -> None:
    for _ in range(100):
        await body()


async def test_a_body_that_trickles_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.2)

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    body = Body(receive, "application/octet-stream", None, Held())
    with pytest.raises(HTTPException) as refused:
        await all_of(body)

    assert refused.value.status_code == 408


async def test_bodies_that_together_are_too_much_are_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_HELD", 10)
    held = Held()

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"sixlet", "more_body": False}

    first, second = (Body(receive, "text/csv", 100, held) for _ in range(2))
    await first()
    with pytest.raises(HTTPException) as refused:
        await second()
    first.release()
    second.release()

    assert refused.value.status_code == 503
    assert held.size == 0
