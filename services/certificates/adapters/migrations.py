"""The steps that bring the database of certificates up to what today's code reads."""

from typing import Any

from shared.audit import AuditLog, Line
from shared.mongo import Migration, Mongo, bring_up


async def _complete_documents(mongo: Mongo) -> None:
    """Fields that were added one by one before there were migrations."""
    await bring_up(mongo.database["certificates"], 1, {"changes": []})
    await bring_up(mongo.database["download_parts"], 1, {"left_out": 0})


async def _take_over_acts(mongo: Mongo) -> None:
    """What was noted of acts before there was an audit log goes into it."""
    await AuditLog(mongo, "certificates").adopt(mongo.database["audit"], _act)


def _act(former: dict[str, Any]) -> Line:
    facts, private = {"details": former["details"]}, {"login": former["by"], "reason": former["reason"]}
    return Line(former["what"], "", former["season"], facts, private, former["at"])


MIGRATIONS = (
    Migration(1, "complete documents", _complete_documents, adds_only=False),
    Migration(2, "take over who did what", _take_over_acts, adds_only=False),
)
