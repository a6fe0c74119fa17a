"""Drafts of seasons: a `season.yaml` that somebody is working on, and the text of rules that are open."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import yaml

from shared.errors import NotFound
from shared.mongo import Database
from shared.season.rules import SeasonRules


@dataclass(frozen=True, slots=True)
class Draft:
    """A season that is being written; `based_on` is the season it was copied from."""

    id: str
    account: str
    based_on: str
    text: str
    updated_at: int


class Drafts:
    """The collection of drafts; each belongs to one account."""

    def __init__(self, database: Database) -> None:
        self._drafts = database["season_drafts"]

    async def add(self, account: str, based_on: str, text: str, now: int) -> Draft:
        draft = Draft(uuid4().hex, account, based_on, text, now)
        await self._drafts.insert_one(
            {"_id": draft.id, "account": account, "based_on": based_on, "text": text, "updated_at": now}
        )
        return draft

    async def find(self, draft: str, account: str) -> Draft:
        """Raises NotFound for one that is not one's own."""
        document = await self._drafts.find_one({"_id": draft, "account": account})
        if document is None:
            raise NotFound("no-such-draft")
        return _draft(document)

    async def of(self, account: str) -> list[Draft]:
        return [_draft(document) async for document in self._drafts.find({"account": account}).sort("updated_at", -1)]

    async def write(self, draft: str, text: str, now: int) -> None:
        await self._drafts.update_one({"_id": draft}, {"$set": {"text": text, "updated_at": now}})

    async def remove(self, draft: str) -> None:
        await self._drafts.delete_one({"_id": draft})


def _draft(document: dict[str, Any]) -> Draft:
    return Draft(document["_id"], document["account"], document["based_on"], document["text"], document["updated_at"])


class _Writer(yaml.SafeDumper):
    """Short lists and small mappings on one line, as people write season files; what comes twice stands twice."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _mapping(writer: _Writer, data: dict[str, Any]) -> yaml.Node:
    flat = len(data) <= SHORT and all(not isinstance(value, dict | list) for value in data.values())
    return writer.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=flat)


def _list(writer: _Writer, data: list[Any]) -> yaml.Node:
    return writer.represent_sequence(
        "tag:yaml.org,2002:seq", data, flow_style=all(not isinstance(value, dict | list) for value in data)
    )


SHORT = 4
_Writer.add_representer(dict, _mapping)
_Writer.add_representer(list, _list)


def write_rules(rules: SeasonRules) -> str:
    """The rules as a `season.yaml`. Read again it gives the same rules."""
    plain = rules.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    return yaml.dump(plain, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=120)
