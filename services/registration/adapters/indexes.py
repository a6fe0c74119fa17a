"""The indexes of registration's database; unique ones carry rules."""

from pymongo import IndexModel

from services.registration.domain.messages import DeliveryState
from shared import audit
from shared.mongo import Indexes
from shared.mongo.aggregate import PENDING
from shared.mongo.counters import COUNTER_INDEXES, COUNTERS

OUTBOXES = ("seasons", "units", "people", "entries", "works", "summaries", "keys", "accounts", "sessions", "judges")
"""Collections whose documents record events, in the order in which the relay looks at them."""

INDEXES: Indexes = {
    **audit.INDEXES,
    "seasons": [PENDING],
    "units": [PENDING, IndexModel([("season", 1), ("ordinal", 1)])],
    "people": [
        PENDING,
        IndexModel("erasing", partialFilterExpression={"erasing": True}),
        IndexModel([("season", 1), ("kind", 1), ("key", 1)], unique=True),
    ],
    "entries": [
        PENDING,
        IndexModel([("season", 1), ("standing", 1), ("entry", 1)]),
        IndexModel("owner"),
        IndexModel("members"),
        IndexModel("instructors"),
        IndexModel([("season", 1), ("content.unit", 1), ("standing", 1)]),
        IndexModel("team_code", partialFilterExpression={"team_code": {"$gt": ""}}),
        IndexModel([("season", 1), ("entry", 1)], name="to_confirm", partialFilterExpression={"to_confirm": True}),
        IndexModel("to_tell", partialFilterExpression={"to_tell": True}),
        IndexModel("command.id", unique=True, partialFilterExpression={"command.id": {"$type": "string"}}),
        IndexModel("slots", unique=True, partialFilterExpression={"slots": {"$type": "string"}}),
    ],
    "works": [PENDING, IndexModel([("season", 1), ("locked", 1)])],
    "imports": [
        IndexModel([("season", 1), ("account", 1), ("created_at", -1)]),
        IndexModel([("state", 1), ("alive", 1)]),
        IndexModel("forget_at", expireAfterSeconds=0),
    ],
    "assigned": [IndexModel([("season", 1), ("judge", 1)])],
    "tasks_left": [IndexModel("season")],
    "uploads": [IndexModel([("done", 1), ("expires_at", 1)]), IndexModel([("season", 1), ("entry", 1)])],
    "upload_pieces": [IndexModel([("upload", 1), ("offset", 1)])],
    "copies": [IndexModel([("season", 1), ("state", 1), ("entry", 1)])],
    "summaries": [PENDING, IndexModel("season")],
    "media": [IndexModel([("season", 1), ("media", 1)]), IndexModel([("season", 1), ("entry", 1)])],
    "keys": [PENDING],
    "sessions": [PENDING, IndexModel("account"), IndexModel("parent", partialFilterExpression={"parent": {"$gt": ""}})],
    "accounts": [
        PENDING,
        IndexModel("login", unique=True),
        IndexModel("person"),
        IndexModel("judges", unique=True, partialFilterExpression={"judges": {"$type": "string"}}),
        IndexModel("unsettled", partialFilterExpression={"unsettled": True}),
        IndexModel("grants.s"),
        IndexModel("grants.f"),
        IndexModel("student", unique=True, partialFilterExpression={"student": {"$gt": ""}}),
    ],
    "judges": [PENDING, IndexModel("season")],
    "school_codes": [IndexModel("code", unique=True)],
    "messages": [
        IndexModel([("account", 1), ("at", -1)]),
        IndexModel("next", partialFilterExpression={"mail": DeliveryState.WAITING}),
        IndexModel("forget_at", expireAfterSeconds=0),
    ],
    "reminders": [
        IndexModel([("season", 1), ("at", -1)]),
        IndexModel("receivers", partialFilterExpression={"receivers": {"$exists": True}}),
    ],
    "webhooks": [IndexModel("season")],
    "webhook_deliveries": [
        IndexModel([("season", 1), ("at", -1)]),
        IndexModel("next", partialFilterExpression={"state": DeliveryState.WAITING}),
        IndexModel("forget_at", expireAfterSeconds=0),
    ],
    "season_drafts": [IndexModel("account")],
    "links": [IndexModel("expires_at", expireAfterSeconds=0)],
    COUNTERS: COUNTER_INDEXES,
    "role_records": [IndexModel([("grant.s", 1), ("at", -1)])],
    "identity_revoked": [IndexModel("expires_at", expireAfterSeconds=0)],
    "award_lines": [IndexModel([("season", 1), ("stage", 1), ("table", 1), ("order", 1)])],
    "certificates": [IndexModel("recipient"), IndexModel([("season", 1), ("entry", 1)])],
}
