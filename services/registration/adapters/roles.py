"""Roles, open invitations and their record in MongoDB."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.registration.adapters.accounts import UNUSED, account_from, link_from, unclaimed_links
from services.registration.application.identity import Account, Link, RoleRecord
from shared.identity import Grant
from shared.mongo import Database

MOST = 1000


class MongoRoles:
    """The port of roles."""

    def __init__(self, database: Database) -> None:
        self._accounts, self._links = database["accounts"], database["links"]
        self._records = database["role_records"]

    async def open_invitations(self) -> list[Link]:
        wanted = {"account": "", **UNUSED, "expires_at": {"$gt": datetime.now(UTC)}}
        return [link async for item in self._links.find(wanted).sort("expires_at", -1) if (link := link_from(item))]

    async def withdraw_link(self, hashed: str) -> bool:
        """Whether it was open, and nobody was accepting it."""
        now = datetime.now(UTC)
        changed = await self._links.update_one(
            {"_id": hashed, **UNUSED, **unclaimed_links(now)}, {"$set": {"withdrawn": now}}
        )
        return bool(changed.modified_count)

    async def holders(self, seasons: Sequence[str]) -> list[Account]:
        cursor = self._accounts.find({"grants": {"$elemMatch": {"s": {"$in": list(seasons)}, "r": {"$ne": "student"}}}})
        return [account async for item in cursor.sort("login", 1).limit(MOST) if (account := account_from(item))]

    async def records(self, seasons: Sequence[str]) -> list[RoleRecord]:
        cursor = self._records.find({"grant.s": {"$in": list(seasons)}, "grant.r": {"$ne": "student"}})
        return [
            RoleRecord(
                item["_id"],
                item["what"],
                Grant.from_claim(item["grant"]),
                item["by"],
                item["to"],
                item["reason"],
                item["at"],
            )
            async for item in cursor.sort("at", -1).limit(MOST)
        ]
