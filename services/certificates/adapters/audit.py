"""Who took documents in bulk or changed them, when and why; nothing is ever taken out of it."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from shared.audit import AuditLog
from shared.identity import Principal

What = Literal["download", "handout", "list", "document", "decision", "decisions", "template"]
MOST_SHOWN, MOST_DOWNLOADS = 500, 5_000


class Audit:
    """The lines of a season in the audit log."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    async def note(self, season: str, by: Principal, what: What, reason: str, **details: Any) -> None:
        """Write a line: who, what was done, the stated reason, and how much or to which certificate."""
        private = {"login": by.login, "reason": reason}
        await self._log.note(what, account=by.account, season=season, facts={"details": details}, private=private)

    async def of(self, season: str) -> list[Mapping[str, Any]]:
        """The newest lines first."""
        return await self._lines({"season": season, "what": {"$in": list(get_args(What))}}, MOST_SHOWN)

    async def downloads(self, season: str) -> list[Mapping[str, Any]]:
        """Those of documents that were taken in bulk, the newest first."""
        return await self._lines({"season": season, "what": "download"}, MOST_DOWNLOADS)

    async def _lines(self, wanted: Mapping[str, Any], most: int) -> list[Mapping[str, Any]]:
        documents = await self._log.newest(wanted, most)
        names = ("season", "at", "what", "details")
        return [
            {
                **{name: document[name] for name in names},
                "by": document.get("login", ""),
                "reason": document.get("reason", ""),
            }
            for document in documents
        ]
