"""Outgoing webhooks in the Standard Webhooks format: signed, tried again, listed."""

import asyncio
import base64
import ipaddress
import json
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from pymongo.errors import DuplicateKeyError
from standardwebhooks import Webhook

from shared.errors import Invalid, NotFound
from shared.mongo import Document, Mongo
from shared.season.records import moment

SECRET_BYTES = 24
TIMEOUT = 10
KNOWN_SECONDS = 5.0
CLAIM_SECONDS = 60
WAITS = (5, 60, 300, 1800, 7200, 36_000, 86_400)
"""Seconds before each further attempt, as the format recommends; after the last one the delivery has failed."""
KEPT_DAYS = 60


@dataclass(frozen=True, slots=True)
class Hook:
    """An address of an organizer's own system, with the secret that signs what is sent there."""

    id: str
    season: str
    url: str
    secret: str
    kinds: tuple[str, ...]


class Webhooks:
    """Addresses, and what is sent to them."""

    def __init__(self, mongo: Mongo, *, private_allowed: bool) -> None:
        self._hooks, self._deliveries = mongo.database["webhooks"], mongo.database["webhook_deliveries"]
        self._clock, self._private = mongo.clock, private_allowed
        self._known: dict[str, tuple[list[Hook], float]] = {}

    async def add(self, season: str, url: str, kinds: Sequence[str]) -> Hook:
        """A new address.

        Raises:
            Invalid: it is no http(s) address, or one inside this network where that is not allowed.
        """
        await self._check(url)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        hook = Hook(uuid4().hex, season, url, secret, tuple(kinds))
        await self._hooks.insert_one(
            {"_id": hook.id, "season": season, "url": url, "secret": secret, "kinds": list(kinds)}
        )
        self._known.pop(season, None)
        return hook

    async def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or len(url) > 500:
            raise Invalid("webhook-address")
        if self._private:
            return
        try:
            found = await asyncio.to_thread(socket.getaddrinfo, parts.hostname, None)
        except OSError as error:
            raise Invalid("webhook-address") from error
        if any(not ipaddress.ip_address(one[4][0]).is_global for one in found):
            raise Invalid("webhook-inside")

    async def of(self, season: str) -> list[Hook]:
        """The addresses of a season; what was read a few seconds ago is good."""
        known = self._known.get(season)
        if known and time.monotonic() - known[1] < KNOWN_SECONDS:
            return known[0]
        found = [_hook(document) async for document in self._hooks.find({"season": season}).sort("url", 1)]
        self._known[season] = (found, time.monotonic())
        return found

    async def remove(self, season: str, hook: str) -> None:
        await self._hooks.delete_one({"_id": hook, "season": season})
        self._known.pop(season, None)
        await self._deliveries.delete_many({"hook": hook})

    async def tell(self, season: str, key: str, kind: str, data: Document, at: int) -> None:
        """Queue this for every address that wants it; the same key once for each."""
        for hook in await self.of(season):
            if hook.kinds and kind not in hook.kinds:
                continue
            document = {
                "_id": f"{hook.id}/{key}",
                "hook": hook.id,
                "season": season,
                "key": key,
                "kind": kind,
                "data": data,
                "at": at,
                "state": "waiting",
                "tries": 0,
                "next": moment(at),
                "forget_at": moment(at) + timedelta(days=KEPT_DAYS),
            }
            try:
                await self._deliveries.insert_one(document)
            except DuplicateKeyError:
                continue

    async def deliveries(self, season: str, most: int = 100) -> list[Document]:
        """What was sent lately, newest first."""
        cursor = self._deliveries.find({"season": season}, {"data": 0}).sort("at", -1).limit(most)
        return [document async for document in cursor]

    async def again(self, season: str, delivery: str) -> None:
        """Send one again now.

        Raises:
            NotFound: there is no such delivery.
        """
        values = {"state": "waiting", "tries": 0, "next": moment(await self._clock.now())}
        changed = await self._deliveries.update_one({"_id": delivery, "season": season}, {"$set": values})
        if not changed.matched_count:
            raise NotFound("no-such-delivery")

    async def send_next(self) -> bool:
        """Send what is due, one delivery; False when nothing is."""
        now = moment(await self._clock.now())
        claimed = await self._deliveries.find_one_and_update(
            {"state": "waiting", "next": {"$lte": now}},
            {"$set": {"next": now + timedelta(seconds=CLAIM_SECONDS)}, "$inc": {"tries": 1}},
            sort=[("next", 1)],
        )
        if claimed is None:
            return False
        found = await self._hooks.find_one({"_id": claimed["hook"]})
        if found is None:
            await self._deliveries.delete_one({"_id": claimed["_id"]})
            return True
        status, trouble = await self._post(_hook(found), claimed)
        await self._note(claimed, status, trouble)
        return True

    async def _post(self, hook: Hook, delivery: Document) -> tuple[int, str]:
        body = _json(
            {"type": delivery["kind"], "timestamp": moment(delivery["at"]).isoformat(), "data": delivery["data"]}
        )
        sent = datetime.now(UTC)
        identity = f"msg_{delivery['key'].replace('/', '_')}"
        headers = {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": str(int(sent.timestamp())),
            "webhook-signature": Webhook(hook.secret).sign(identity, sent, body),
        }
        try:
            await self._check(hook.url)
            # In a thread: on uvloop, httpx's asynchronous client fails outside its own errors when a peer resets.
            answer = await asyncio.to_thread(httpx.post, hook.url, content=body, headers=headers, timeout=TIMEOUT)
        except (httpx.HTTPError, Invalid) as error:
            return 0, type(error).__name__
        return answer.status_code, ""

    async def _note(self, delivery: Document, status: int, trouble: str) -> None:
        tries = delivery["tries"] + 1
        values: Document = {"status": status, "trouble": trouble}
        if 200 <= status < 300:
            values["state"] = "sent"
        elif tries > len(WAITS) or status == 410:
            values["state"] = "failed"
        else:
            values["next"] = moment(await self._clock.now()) + timedelta(seconds=WAITS[tries - 1])
        await self._deliveries.update_one({"_id": delivery["_id"]}, {"$set": values})


def _hook(document: dict[str, Any]) -> Hook:
    return Hook(document["_id"], document["season"], document["url"], document["secret"], tuple(document["kinds"]))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
