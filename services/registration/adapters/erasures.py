"""Erasing in MongoDB: the person's document says that it was begun, so that it is finished whatever happens."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from services.registration.adapters.accounts import PEOPLE, accounts_of, people_in
from services.registration.adapters.documents import entry_from
from services.registration.adapters.store import person_from
from services.registration.adapters.uploads import Uploads
from services.registration.application.accounts import Accounts
from services.registration.application.ports import Person, StoredEntry
from services.registration.application.works import Work
from services.registration.domain.erasure import NOBODY
from services.registration.domain.people import Name
from shared.audit import AuditLog
from shared.events.base import IntegrationEvent
from shared.identity import AS_PERSON
from shared.messaging.outbox import record_events
from shared.mongo import Mongo
from shared.names import comparable
from shared.states import EntryStatus

NAMING = ("near", "differences")
"""What an import keeps of names: questions about students who are called nearly alike, and cells that differ."""


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
        async for document in self._entries.find_all({"season": season, "standing": {"$in": list(standings)}, **named}):
            yield entry_from(document)


class MongoRemains:
    """What else there is of a person."""

    def __init__(self, mongo: Mongo, accounts: Accounts, uploads: Uploads, audit: AuditLog) -> None:
        self._database, self._accounts, self._uploads, self._audit = mongo.database, accounts, uploads, audit

    async def forget(self, person: str) -> None:
        """Their accounts with sessions, links, messages, drafts, imports, files on their way, and what the log says of them.

        An account that is somebody of another season as well stays for them, without what was of this person's season.
        """
        await self._audit.erase({"private.people.value": person}, "reason")
        known = await self._database["people"].find_one({"_id": person}, {"season": 1})
        season = known["season"] if known else ""
        fields = {**PEOPLE, "login": 1, "judges": 1}
        async for account in self._database["accounts"].find(accounts_of([person]), fields):
            if others := [item for item in people_in(account) if item != person]:
                await self._part_from(account, person, others[0], season)
                continue
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
            seats = {"_id": {"$in": account.get("judges", [])}}
            await self._database["judges"].update_many(seats, {"$set": {"name": "", "contact": ""}})
            await self._database["accounts"].delete_one({"_id": account["_id"]})

    async def forget_named(self, season: str, name: Name) -> None:
        """Lines of imports that wait for an answer; the sheets themselves go after some days."""
        called = {comparable(writing) for writing in (name.zh, name.en) if writing}
        imports = self._database["imports"]
        waiting = {"season": season, "$or": [{part: {"$nin": [None, []]}} for part in NAMING]}
        async for job in imports.find(waiting, dict.fromkeys(NAMING, 1)):
            before = {part: job.get(part, []) for part in NAMING}
            after = {
                part: [line for line in lines if not called & {comparable(line["kept"]), comparable(line["sent"])}]
                for part, lines in before.items()
            }
            if after != before:
                await imports.update_one({"_id": job["_id"]}, {"$set": after})

    async def _part_from(self, account: Mapping[str, Any], person: str, other: str, season: str) -> None:
        """Let an account be this person no more: their roles and messages of the season go, and what is signed in ends."""
        of_season = {"r": {"$in": list(AS_PERSON)}, "s": season, "f": {"$in": ["", person]}}
        change: dict[str, Any] = {"$pull": {"grants": of_season}, "$inc": {"withdrawals": 1}}
        if account["person"] == person:
            change |= {"$set": {"person": other}, "$unset": {"student": ""}}
        await self._database["accounts"].update_one({"_id": account["_id"]}, change)
        await self._database["messages"].delete_many({"account": account["_id"], "season": season})
        await self._accounts.end_all_sessions(account["_id"])

    async def empty(self, work: Work) -> None:
        """Its files, and their names, which children give themselves."""
        for upload in {file.upload for version in work.versions for file in version.files}:
            await self._uploads.remove(upload)
        nameless = {"$set": {"versions.$[].files.$[].name": NOBODY.zh}}
        await self._database["works"].update_one({"_id": f"{work.season}/{work.entry}"}, nameless)

    async def take_back_asked(self, season: str, entry: str, person: str) -> None:
        """The words of a guardian in its history; that something was asked, and when, stays."""
        await self._database["entries"].update_one(
            {"_id": f"{season}/{entry}"},
            {"$set": {"history.$[said].asked": ""}},
            array_filters=[{"said.asked": {"$gt": ""}, "said.person": person}],
        )

    async def silence(self, season: str, entry: str) -> None:
        """The reasons in its history; what was done, and when, stays."""
        await self._database["entries"].update_one(
            {"_id": f"{season}/{entry}"},
            {"$set": {"history.$[said].reason": ""}},
            array_filters=[{"said.reason": {"$gt": ""}}],
        )
