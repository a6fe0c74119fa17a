"""Asks every route as every identity, and puts back whatever a request changed."""

from collections.abc import AsyncIterator, Iterable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from motor.motor_asyncio import AsyncIOMotorClient

from shared.http.bodies import Receive
from shared.http.protection import Application, Scope, Send
from tests.rights.bodies import address_of, body_of
from tests.rights.identities import ANONYMOUS, NAMES
from tests.rights.table import IN, REFUSALS, Row
from tests.rights.world import World

Route = tuple[str, str]
SAFE = ("GET", "HEAD", "OPTIONS")


def routes_of(app: FastAPI) -> set[Route]:
    """Every method and path that the application answers, pages and mounted files too."""
    results: set[Route] = set()
    for route in iter_route_contexts(app.routes):
        if route.path:
            results |= {(method, route.path) for method in route.methods or {"GET"}}
    return results


@dataclass(frozen=True, slots=True)
class Cell:
    """What one identity got at one route."""

    method: str
    path: str
    identity: str
    elsewhere: bool
    status: int
    code: str

    @property
    def outcome(self) -> int:
        """`IN`, or how it was refused. An answer of ours that failed is neither."""
        return self.status if self.status in REFUSALS or self.status >= 500 else IN

    def agrees(self, row: Row) -> bool:
        """Whether it is what the row says; in the other host's season any refusal will do."""
        if not self.elsewhere:
            return self.outcome == row.here[self.identity]
        return self.outcome in (REFUSALS if self.identity not in row.elsewhere else (IN,))

    def __str__(self) -> str:
        where = "the other host's" if self.elsewhere else "own"
        return f"{self.method} {self.path} as {self.identity} ({where}): {self.status} {self.code}"


class Snapshot:
    """The databases of an installation as they were; only collections that changed are put back."""

    def __init__(self, client: AsyncIOMotorClient[dict[str, Any]], names: Iterable[str]) -> None:
        self._databases = [client[name] for name in names]
        self._hashes: dict[str, Mapping[str, str]] = {}
        self._kept: dict[tuple[str, str], list[dict[str, Any]]] = {}

    async def take(self) -> None:
        for database in self._databases:
            self._hashes[database.name] = (await database.command("dbHash"))["collections"]
            for name in self._hashes[database.name]:
                self._kept[database.name, name] = await database[name].find({}).to_list(None)

    async def changed(self) -> set[str]:
        """The collections that are not as they were."""
        result = set()
        for database in self._databases:
            now = (await database.command("dbHash"))["collections"]
            before = self._hashes[database.name]
            result |= {name for name in now if now[name] != before.get(name)}
        return result

    async def put_back(self) -> None:
        for database in self._databases:
            now = (await database.command("dbHash"))["collections"]
            before = self._hashes[database.name]
            for name in {item for item in now if now[item] != before.get(item)}:
                if name not in before:
                    await database.drop_collection(name)
                    continue
                kept = self._kept.get((database.name, name), [])
                await database[name].delete_many({})
                if kept:
                    await database[name].insert_many(kept)


def _beginnings(app: FastAPI) -> Application:
    """The application, whose endless answers end once they have begun."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        ended = False

        async def sent(message: MutableMapping[str, Any]) -> None:
            nonlocal ended
            if not ended:
                await send(message)
            if b"text/event-stream" in dict(message.get("headers", ())).get(b"content-type", b""):
                await send({"type": "http.response.body"})
                ended = True

        await app(scope, receive, sent)

    return asked


class Asking:
    """The three applications in this process, asked without a network."""

    def __init__(self, apps: Mapping[str, FastAPI], world: World, snapshot: Snapshot) -> None:
        self._world, self._snapshot = world, snapshot
        self._clients = {
            name: httpx.AsyncClient(
                transport=httpx.ASGITransport(_beginnings(app), raise_app_exceptions=False),
                base_url="http://laurel.test",
            )
            for name, app in apps.items()
        }

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def cells(self, service: str, row: Row, identities: Iterable[str] = NAMES) -> AsyncIterator[Cell]:
        """The row's cells: objects of one's own season, and of the other host's where the address names any."""
        for elsewhere in (False, True) if row.names_objects else (False,):
            objects = self._world.elsewhere if elsewhere else self._world.here
            for identity in identities:
                yield await self._cell(service, row, identity, objects, elsewhere=elsewhere)

    async def by_a_click(
        self, service: str, row: Row, identity: str, data: Mapping[str, str]
    ) -> tuple[int, str, set[str]]:
        """A final form as somebody sends it who typed no word: status, page, and the collections that changed by it."""
        await self._snapshot.put_back()
        path = address_of(row.method, row.path, self._world.here)
        for name in ("/members/1/name", "/instructors/1/name"):
            path = path.replace(name, name.replace("name", "erase"))
        headers = {"Authorization": f"Bearer {self._world.tokens[identity]}"}
        client = self._clients[service]
        client.cookies.clear()
        answer = await client.post(path, data=dict(data), headers=headers)
        return answer.status_code, answer.text, await self._snapshot.changed()

    async def nowhere(self, service: str, row: Row) -> Cell:
        """The row asked by nobody in a season that is not there."""
        nowhere = {**self._world.here, "season": "nowhere", "season_id": "nowhere"}
        return await self._cell(service, row, ANONYMOUS, nowhere, elsewhere=True)

    async def _cell(
        self, service: str, row: Row, identity: str, objects: Mapping[str, str], *, elsewhere: bool
    ) -> Cell:
        path = address_of(row.method, row.path, objects)
        headers = {"Accept": "application/json"}
        if identity != ANONYMOUS:
            headers["Authorization"] = f"Bearer {self._world.tokens[identity]}"
        sent = body_of(row.method, row.path, objects)
        headers |= sent.pop("headers", {})
        client = self._clients[service]
        client.cookies.clear()
        answer = await client.request(row.method, path, headers=headers, **sent)
        if answer.status_code == 429:  # how often is not what the table is about
            await self._snapshot.put_back()
            answer = await client.request(row.method, path, headers=headers, **sent)
        if row.method not in SAFE and answer.status_code < 400:
            await self._snapshot.put_back()
        problem = answer.json() if answer.content and "problem" in answer.headers.get("content-type", "") else {}
        return Cell(row.method, row.path, identity, elsewhere, answer.status_code, problem.get("code", ""))


@asynccontextmanager
async def asking(
    apps: Mapping[str, FastAPI], world: World, mongo_url: str, names: Iterable[str]
) -> AsyncIterator[Asking]:
    """Ready to ask; afterwards everything is as it was."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url)
    snapshot = Snapshot(client, names)
    await snapshot.take()
    asked = Asking(apps, world, snapshot)
    try:
        for app in apps.values():
            await app.state.connection.connect()
        yield asked
    finally:
        for app in apps.values():
            await app.state.connection.stop()
        await asked.close()
        await snapshot.put_back()
        client.close()
