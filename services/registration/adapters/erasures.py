"""Erasing in MongoDB: the person's document says that it was begun, so that it is finished whatever happens."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict

from services.registration.adapters.documents import entry_from
from services.registration.adapters.store import person_from
from services.registration.adapters.uploads import Uploads
from services.registration.application.accounts import Accounts
from services.registration.application.ports import Person, StoredEntry
from services.registration.application.works import Work
from services.registration.domain.erasure import NOBODY
from shared.audit import AuditLog
from shared.events.base import IntegrationEvent
from shared.messaging.outbox import record_events
from shared.mongo import Mongo
from shared.states import EntryStatus


class MongoErasures:
    """The port of erasures."""

    def __init__(self, mongo: Mongo) -> None:
        self._people, self._entries = mongo.aggregates("people"), mongo.aggregates("entries")

    async def begin(self, person: Person, at: int, events: Sequence[IntegrationEvent]) -> None:
        """Take the name and what tells the person apart, and tell the others."""
        values = {"name": asdict(NOBODY), "key": f"erased\x1f{person.id}", "erased_at": at, "erasing": True}
        await self._people.change(person.id, person.version, values, record_events(events))

    async def finish(self, person: str) -> None:
        await self._people.collection.update_one({"_id": person}, {"$unset": {"erasing": "", "command": ""}})

    async def unfinished(self) -> AsyncIterator[tuple[Person, int]]:
        """People whose erasure was begun, with the moment at which it was."""
        async for document in self._people.find({"erasing": True}).limit(100):
            yield person_from(document), document["erased_at"]

    async def due(self, season: str, standings: Sequence[EntryStatus]) -> AsyncIterator[StoredEntry]:
        """Entries of the season that stand there and still name somebody."""
        named = {"content.members": {"$elemMatch": {"name.zh": {"$ne": NOBODY.zh}}}}
        async for document in self._entries.find({"season": season, "standing": {"$in": list(standings)}, **named}):
            yield entry_from(document)


class MongoRemains:
    """What else there is of a person."""

    def __init__(self, mongo: Mongo, accounts: Accounts, uploads: Uploads, audit: AuditLog) -> None:
        self._database, self._accounts, self._uploads, self._audit = mongo.database, accounts, uploads, audit

    async def forget(self, person: str) -> None:
        """Their accounts with sessions, links, messages, drafts, imports, files on their way, and what the log says of them."""
        await self._audit.erase({"private.people.value": person}, "reason")
        async for account in self._database["accounts"].find({"person": person}, {"login": 1}):
            mine = {"account": account["_id"]}
            await self._accounts.end_all_sessions(
                account["_id"]
            )  # which is told to the others; the rows stay till then
            await self._database["sessions"].update_many(mine, {"$set": {"label": "", "secret_hash": "", "grants": []}})
            async for upload in self._database["uploads"].find({**mine, "done": False}, {"_id": 1}):
                await self._uploads.remove(upload["_id"])
            for name in ("links", "messages", "season_drafts", "imports"):
                await self._database[name].delete_many(mine)
            await self._audit.erase(mine)
            for side in ("by", "to"):
                await self._database["role_records"].update_many({side: account["login"]}, {"$set": {side: ""}})
            await self._database["accounts"].delete_one({"_id": account["_id"]})

    async def empty(self, work: Work) -> None:
        """Its files, and their names, which children give themselves."""
        for upload in {file.upload for version in work.versions for file in version.files}:
            await self._uploads.remove(upload)
        nameless = {"$set": {"versions.$[].files.$[].name": NOBODY.zh}}
        await self._database["works"].update_one({"_id": f"{work.season}/{work.entry}"}, nameless)

    async def silence(self, season: str, entry: str) -> None:
        """The reasons in its history; what was done, and when, stays."""
        await self._database["entries"].update_one(
            {"_id": f"{season}/{entry}"},
            {"$set": {"history.$[said].reason": ""}},
            array_filters=[{"said.reason": {"$gt": ""}}],
        )
