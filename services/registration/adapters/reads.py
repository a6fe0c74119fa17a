"""Who of the staff looked at which child's data, and why: kept, and shown to auditors and to the person."""

from datetime import timedelta
from typing import Any

from shared.audit import AuditLog

READ = "read"
KEPT = timedelta(days=3 * 366)
"""How long it is kept who looked at whose data, as personal information audits ask for it."""


class ReadLog:
    """The looks in the audit log; who and whose is forgotten by its term, that there was a look stays."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    async def note(
        self, season: str, account: str, login: str, what: str, people: list[str], *, entry: str = "", reason: str = ""
    ) -> None:
        """That this account saw the data of these people."""
        await self._audit.note(
            READ,
            account=account,
            season=season,
            facts={"kind": what, "entry": entry, "count": len(people)},
            private={"login": login, "people": people, "reason": reason},
        )

    async def of_person(self, person: str, most: int = 200) -> list[dict[str, Any]]:
        """Who looked at this person's data, newest first."""
        documents = await self._audit.newest({"private.people.value": person, "what": READ}, most)
        return [{name: value for name, value in _look(document).items() if name != "people"} for document in documents]

    async def of_account(self, account: str, most: int = 200) -> list[dict[str, Any]]:
        """What this account looked at, newest first, without whose data it was."""
        documents = await self._audit.newest({"account": account, "what": READ}, most)
        return [
            {name: value for name, value in _look(document).items() if name not in ("people", "login")}
            for document in documents
        ]

    async def of_season(self, season: str, most: int = 500) -> list[dict[str, Any]]:
        """Who looked at what in a season, newest first."""
        return [_look(document) for document in await self._audit.newest({"season": season, "what": READ}, most)]

    async def forget(self) -> int:
        """The sweeper: take away who and whose once its term is over."""
        return await self._audit.forget(READ, KEPT)


def _look(record: dict[str, Any]) -> dict[str, Any]:
    names = ("season", "account", "login", "entry", "reason", "at")
    people = record.get("people", [None] * record["count"])
    return {"what": record["kind"], "people": people, **{name: record.get(name, "") for name in names}}
