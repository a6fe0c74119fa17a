"""The steps that bring registration's database up to what today's code reads."""

from typing import Any

from pymongo import UpdateMany

from services.registration.adapters.reads import READ
from services.registration.adapters.webhooks import receiver
from services.registration.domain.consent import PURPOSES
from services.registration.domain.messages import DeliveryState
from shared.audit import AuditLog, Line
from shared.mongo import Migration, Mongo, bring_up


async def _complete_documents(mongo: Mongo) -> None:
    """Fields that were added one by one before there were migrations."""
    database = mongo.database
    await bring_up(database["seasons"], 1, {"amendments": []})
    await bring_up(database["accounts"], 1, {"mail": "", "credentials": 0, "withdrawals": 0})
    await bring_up(database["sessions"], 1, {"parent": "", "credentials": 0, "withdrawals": 0})
    await bring_up(database["links"], 1, {"credentials": 0, "reason": ""})
    consent = {"$mergeObjects": [{"purposes": list(PURPOSES)}, "$$this"]}
    await bring_up(
        database["entries"],
        1,
        {"entrant": "", "team_code": "", "approvals": [], "slots": []},
        {"$set": {"content": {"$mergeObjects": [{"language": ""}, "$content"]}}},
        {"$set": {"consents": {"$map": {"input": "$consents", "in": consent}}}},
    )


async def _name_receivers(mongo: Mongo) -> None:
    """Deliveries of webhooks tell to whom they go, since each receiver is waited for on its own."""
    nameless = {"receiver": {"$exists": False}}
    hooks = mongo.database["webhooks"].find({}, {"url": 1})
    writes = [
        UpdateMany({**nameless, "hook": hook["_id"]}, {"$set": {"receiver": receiver(hook["url"])}})
        async for hook in hooks
    ]
    deliveries = mongo.database["webhook_deliveries"]
    if writes:
        await deliveries.bulk_write(writes)
    await deliveries.delete_many(nameless)  # their webhook is gone


async def _take_over_reads(mongo: Mongo) -> None:
    """What was noted of looks at people's data before there was an audit log goes into it."""
    await AuditLog(mongo, "registration").adopt(mongo.database["reads"], _read)


def _read(former: dict[str, Any]) -> Line:
    people = list(former["people"])
    return Line(
        READ,
        former["account"],
        former["season"],
        {"kind": former["what"], "entry": former["entry"], "count": len(people)},
        {"login": former["login"], "people": people, "reason": former["reason"]},
        former["at"],
    )


async def _schools_and_addresses(mongo: Mongo) -> None:
    """What the school of an entry is called, which judges do not read: nothing for entries that were told with it. And where
    invitations were mailed: nowhere.
    """
    await bring_up(mongo.database["entries"], 4, {"school": []})
    await bring_up(mongo.database["links"], 4, {"mail": "", "mailed": DeliveryState.NONE})


MIGRATIONS = (
    Migration(1, "complete documents", _complete_documents, adds_only=False),
    Migration(2, "name the receivers of deliveries", _name_receivers, adds_only=False),
    Migration(3, "take over who looked at what", _take_over_reads, adds_only=False),
    Migration(4, "schools of entries, addresses of invitations", _schools_and_addresses, adds_only=True),
)
