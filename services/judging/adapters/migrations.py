"""The steps that bring judging's database up to what today's code reads."""

from shared.mongo import Migration, Mongo, bring_up


async def _complete_documents(mongo: Mongo) -> None:
    """Fields that were added one by one before there were migrations."""
    database = mongo.database
    never = dict.fromkeys(("announced_at", "finalized_at", "revised_at"))
    await bring_up(database["seasons"], 1, {**never, "closings": {}, "revision": 0, "reasons": {}, "signature": {}})
    await bring_up(database["entries"], 1, {"language": ""})
    await bring_up(database["judges"], 1, {"languages": []})
    await bring_up(database["objections"], 1, {"evidence": []})


async def _blind_titles(mongo: Mongo) -> None:
    """Titles as judges read them; none for entries that were told before there were any."""
    await bring_up(mongo.database["entries"], 2, {"blind_title": ""})


MIGRATIONS = (
    Migration(1, "complete documents", _complete_documents, adds_only=False),
    Migration(2, "blind titles", _blind_titles, adds_only=True),
)
