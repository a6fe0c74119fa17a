"""Outgoing webhooks in the Standard Webhooks format: signed, tried again, listed."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from cachetools import TTLCache
from standardwebhooks import Webhook

from services.registration.domain.messages import DeliveryState
from shared.commands import Command
from shared.errors import Invalid, NotFound
from shared.http.outgoing import Outgoing, Target, Undelivered
from shared.mongo import Attempts, Document, Mongo, SetAside, beyond, insert_once
from shared.season.time import from_unix_micros

log = structlog.get_logger()

SECRET_BYTES = 24
KNOWN_SECONDS = 5.0
MOST_KNOWN = 1000
"""Seasons whose addresses are kept in memory."""
CLAIM_SECONDS = 60
WAITS = (5, 60, 300, 1800, 7200, 36_000, 86_400)
"""Seconds before each further attempt, as the format recommends; after the last one the delivery has failed."""
KEPT_DAYS = 60
AT_ONCE, AT_ONCE_A_SEASON = 16, 4
"""So many are under way at a time, one to a receiver: who answers slowly, or not at all, delays only what is sent there."""
LOOK_AGAIN_SECONDS = 0.5


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

    def __init__(self, mongo: Mongo, outgoing: Outgoing) -> None:
        self._hooks, self._deliveries = mongo.database["webhooks"], mongo.database["webhook_deliveries"]
        self._clock, self._outgoing = mongo.clock, outgoing
        self._attempts = Attempts(self._deliveries, mongo.clock)
        self._known = TTLCache[str, list[Hook]](MOST_KNOWN, KNOWN_SECONDS)

    async def add(self, command: Command, season: str, url: str, kinds: Sequence[str]) -> Hook:
        """A new address; the same command again gives the same one with the same secret.

        Raises:
            Invalid: it is no http(s) address, or one inside this network where that is not allowed.
        """
        try:
            await self._outgoing.check(url)
        except Undelivered as error:
            raise Invalid("webhook-inside" if error.reason == "inside" else "webhook-address") from error
        secret = "whsec_" + base64.b64encode(command.derive("webhook")[:SECRET_BYTES]).decode()
        hook = Hook(command.id[:32], season, url, secret, tuple(kinds))
        document = {"_id": hook.id, "season": season, "url": url, "secret": secret, "kinds": list(kinds)}
        await insert_once(self._hooks, document)
        self._known.pop(season, None)
        return hook

    async def of(self, season: str) -> list[Hook]:
        """The addresses of a season."""
        hooks = [_hook(document) async for document in self._hooks.find({"season": season}).sort("url", 1)]
        self._known[season] = hooks
        return hooks

    async def listening(self, season: str) -> list[Hook]:
        """The addresses of a season; what was read a few seconds ago is good."""
        known = self._known.get(season)
        return await self.of(season) if known is None else known

    async def remove(self, season: str, hook: str) -> bool:
        """Send nothing there any more. Whether the season had it."""
        removed = await self._hooks.delete_one({"_id": hook, "season": season})
        self._known.pop(season, None)
        if removed.deleted_count:
            await self._deliveries.delete_many({"hook": hook})
        return bool(removed.deleted_count)

    async def tell(self, season: str, key: str, kind: str, data: Document, at: int) -> None:
        """Queue this for every address that wants it; the same key once for each."""
        for hook in await self.listening(season):
            if hook.kinds and kind not in hook.kinds:
                continue
            document = {
                "_id": f"{hook.id}/{key}",
                "hook": hook.id,
                "receiver": receiver(hook.url),
                "season": season,
                "key": key,
                "kind": kind,
                "data": data,
                "at": at,
                "state": DeliveryState.WAITING,
                "tries": 0,
                "next": from_unix_micros(at),
                "forget_at": from_unix_micros(at) + timedelta(days=KEPT_DAYS),
            }
            await insert_once(self._deliveries, document)

    async def deliveries(self, season: str, most: int = 100, after: Sequence[str | int] = ()) -> list[Document]:
        """What was sent lately, newest first, after the one of this time and id."""
        wanted = {"season": season, **beyond(after, "at", "_id", newest_first=True)}
        cursor = self._deliveries.find(wanted, {"data": 0}).sort([("at", -1), ("_id", -1)]).limit(most)
        return [document async for document in cursor]

    async def again(self, season: str, delivery: str) -> None:
        """Send one again now.

        Raises:
            NotFound: there is no such delivery.
        """
        now = from_unix_micros(await self._clock.now())
        values = {"state": DeliveryState.WAITING, "tries": 0, "next": now, **self._attempts.anew}
        changed = await self._deliveries.update_one({"_id": delivery, "season": season}, {"$set": values})
        if not changed.matched_count:
            raise NotFound("no-such-delivery")

    async def send_due(self) -> int:
        """Send what is due, the longest due first, several at a time. Returns how many, when no more is."""
        sent, under_way = 0, dict[asyncio.Task[None], Document]()
        try:
            while True:
                while len(under_way) < AT_ONCE and (claimed := await self._claim(under_way.values())):
                    under_way[asyncio.create_task(self._send(claimed))] = claimed
                    sent += 1
                if not under_way:
                    return sent
                done, _ = await asyncio.wait(under_way, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del under_way[task]
                    if error := task.exception():  # it is claimed for a minute, and then sent again
                        log.warning("webhook_waits", error=type(error).__name__)
        finally:
            for task in under_way:
                task.cancel()

    async def _claim(self, under_way: Iterable[Document]) -> Document | None:
        """The next that is due, for this process alone for a minute; none to a receiver or of a season that is busy."""
        now = from_unix_micros(await self._clock.now())
        seasons = Counter(each_document["season"] for each_document in under_way)
        free = {
            "receiver": {"$nin": [each_document["receiver"] for each_document in under_way]},
            "season": {"$nin": [item for item, count in seasons.items() if count >= AT_ONCE_A_SEASON]},
        }
        document: Document | None = await self._deliveries.find_one_and_update(
            {"state": DeliveryState.WAITING, "next": {"$lte": now}, **free},
            {"$set": {"next": now + timedelta(seconds=CLAIM_SECONDS), **self._attempts.mine}, "$inc": {"tries": 1}},
            sort=[("next", 1)],
        )
        return document

    async def _send(self, claimed: Document) -> None:
        document = await self._hooks.find_one({"_id": claimed["hook"]})
        if document is None:
            await self._deliveries.delete_one({"_id": claimed["_id"]})
            return
        try:
            async with self._attempts.at(claimed["_id"], DeliveryState.WAITING) as mine:
                if mine:
                    status, trouble = await self._post(_hook(document), claimed)
                    await self._note(claimed, status, trouble)
        except SetAside:
            values = {"state": DeliveryState.FAILED, "status": 0, "trouble": "set-aside"}
            await self._deliveries.update_one({"_id": claimed["_id"]}, {"$set": values})

    async def _post(self, hook: Hook, delivery: Document) -> tuple[int, str]:
        body = _json(
            {
                "type": delivery["kind"],
                "timestamp": from_unix_micros(delivery["at"]).isoformat(),
                "data": delivery["data"],
            }
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
            answer = await self._outgoing.post(hook.url, body.encode(), headers, most=0)
        except Undelivered as error:
            return 0, error.reason
        return answer.status, ""

    async def _note(self, delivery: Document, status: int, trouble: str) -> None:
        tries = delivery["tries"] + 1
        values: Document = {"status": status, "trouble": trouble, "attempts": 0}
        if 200 <= status < 300:
            values["state"] = DeliveryState.SENT
        elif tries > len(WAITS) or status == 410:
            values["state"] = DeliveryState.FAILED
        else:
            values["next"] = from_unix_micros(await self._clock.now()) + timedelta(seconds=WAITS[tries - 1])
        await self._deliveries.update_one({"_id": delivery["_id"]}, {"$set": values})


def _hook(document: dict[str, Any]) -> Hook:
    return Hook(document["_id"], document["season"], document["url"], document["secret"], tuple(document["kinds"]))


def receiver(url: str) -> str:
    try:
        return Target.of(url).authority
    except Undelivered:  # a rule of today that an address of yesterday does not keep: sending will say so
        return url


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
