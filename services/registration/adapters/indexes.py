"""The indexes of registration's database; unique ones carry rules."""

from pymongo import IndexModel

from shared.mongo import Indexes
from shared.mongo.aggregate import PENDING

OUTBOXES = ("seasons", "units", "people", "entries", "works", "summaries", "keys", "sessions")
"""Collections whose documents record events, in the order in which the relay looks at them."""

READS_KEPT_SECONDS = 3 * 366 * 86_400
"""Who looked at whose data is kept for three years, as personal information audits ask for it."""

INDEXES: Indexes = {
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
        IndexModel("to_tell", partialFilterExpression={"to_tell": True}),
        IndexModel("slots", unique=True, partialFilterExpression={"slots": {"$type": "string"}}),
    ],
    "works": [PENDING, IndexModel([("season", 1), ("locked", 1)])],
    "imports": [
        IndexModel([("season", 1), ("account", 1), ("created_at", -1)]),
        IndexModel([("state", 1), ("alive", 1)]),
        IndexModel("forget_at", expireAfterSeconds=0),
    ],
    "assigned": [IndexModel([("season", 1), ("judge", 1)])],
    "uploads": [IndexModel([("done", 1), ("expires_at", 1)]), IndexModel([("season", 1), ("entry", 1)])],
    "upload_pieces": [IndexModel([("upload", 1), ("offset", 1)])],
    "copies": [IndexModel([("season", 1), ("state", 1), ("entry", 1)])],
    "summaries": [PENDING, IndexModel("season")],
    "keys": [PENDING],
    "sessions": [PENDING, IndexModel("account")],
    "accounts": [
        IndexModel("login", unique=True),
        IndexModel("person"),
        IndexModel("student", unique=True, partialFilterExpression={"student": {"$gt": ""}}),
    ],
    "school_codes": [IndexModel("code", unique=True)],
    "messages": [
        IndexModel([("account", 1), ("at", -1)]),
        IndexModel("next", partialFilterExpression={"mail": "waiting"}),
        IndexModel("forget_at", expireAfterSeconds=0),
    ],
    "webhooks": [IndexModel("season")],
    "webhook_deliveries": [
        IndexModel([("season", 1), ("at", -1)]),
        IndexModel("next", partialFilterExpression={"state": "waiting"}),
        IndexModel("forget_at", expireAfterSeconds=0),
    ],
    "season_drafts": [IndexModel("account")],
    "links": [IndexModel("expires_at", expireAfterSeconds=0)],
    "attempts": [IndexModel("until", expireAfterSeconds=0)],
    "identity_revoked": [IndexModel("expires_at", expireAfterSeconds=0)],
    "award_lines": [IndexModel([("season", 1), ("stage", 1), ("table", 1), ("order", 1)])],
    "reads": [
        IndexModel([("season", 1), ("at", -1)]),
        IndexModel([("people", 1), ("at", -1)]),
        IndexModel("noted", expireAfterSeconds=READS_KEPT_SECONDS),
    ],
    "certificates": [IndexModel("recipient"), IndexModel([("season", 1), ("entry", 1)])],
}
