"""Drafts of seasons, and the ready season files that one may begin with."""

from functools import cache
from pathlib import Path
from typing import Any

from services.registration.application.drafting import Draft
from shared.commands import Command
from shared.errors import NotFound
from shared.mongo import Database, insert_once

TEMPLATES = Path(__file__).parent / "season_templates"


@cache
def templates() -> dict[str, str]:
    """The text of each ready season file, by its name."""
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(TEMPLATES.glob("*.yaml"))}


class MongoDrafts:
    """The collection of drafts; each belongs to one account."""

    def __init__(self, database: Database) -> None:
        self._drafts = database["season_drafts"]

    async def add(self, command: Command, account: str, based_on: str, text: str, now: int) -> Draft:
        """The draft that this command makes, once."""
        identity = command.id[:32]
        values = {"account": account, "based_on": based_on, "text": text, "updated_at": now}
        if await insert_once(self._drafts, {"_id": identity, **values, "command": command.stored()}):
            return Draft(id=identity, account=account, based_on=based_on, text=text, updated_at=now)
        present = await self._drafts.find_one({"_id": identity, "account": account})
        if present is None:
            raise NotFound("no-such-draft")
        command.made(present.get("command", command.stored()))
        return _draft(present)

    async def find(self, draft: str, account: str) -> Draft:
        """Raises NotFound for one that is not one's own."""
        document = await self._drafts.find_one({"_id": draft, "account": account})
        if document is None:
            raise NotFound("no-such-draft")
        return _draft(document)

    async def of(self, account: str) -> list[Draft]:
        """All of an account, what was written last first."""
        return [_draft(document) async for document in self._drafts.find({"account": account}).sort("updated_at", -1)]

    async def write(self, draft: str, text: str, now: int) -> None:
        await self._drafts.update_one({"_id": draft}, {"$set": {"text": text, "updated_at": now}})

    async def remove(self, draft: str) -> None:
        await self._drafts.delete_one({"_id": draft})


def _draft(document: dict[str, Any]) -> Draft:
    return Draft(document["_id"], document["account"], document["based_on"], document["text"], document["updated_at"])
