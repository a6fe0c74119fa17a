"""The indexes of the certificates database."""

from pymongo import IndexModel

from shared import audit
from shared.mongo import Indexes
from shared.mongo.aggregate import PENDING
from shared.mongo.counters import COUNTER_INDEXES, COUNTERS

OUTBOXES = ("certificates",)
"""Collections whose documents record events."""

INDEXES: Indexes = {
    **audit.INDEXES,
    "certificates": [
        PENDING,
        IndexModel("serial", unique=True),
        IndexModel("token", unique=True),
        IndexModel([("season", 1), ("serial", 1)]),
        IndexModel([("season", 1), ("unit", 1)]),
        IndexModel("recipient"),
        IndexModel("versions.facts.instructors.person", sparse=True),
        IndexModel([("season", 1), ("revoked_at", 1)], partialFilterExpression={"revoked_at": {"$gt": 0}}),
        IndexModel(
            [("season", 1), ("versions.1.number", 1)], partialFilterExpression={"versions.1.number": {"$exists": True}}
        ),
    ],
    "downloads": [
        IndexModel([("season", 1), ("account", 1), ("created_at", -1)]),
        IndexModel("forget_at", expireAfterSeconds=0),
    ],
    "download_parts": [IndexModel("download"), IndexModel("forget_at", expireAfterSeconds=0)],
    "download_pieces": [IndexModel("forget_at", expireAfterSeconds=0)],
    "templates": [IndexModel([("season", 1), ("name", 1), ("number", -1)])],
    "sign_pictures": [IndexModel([("season", 1), ("sign", 1), ("number", 1)])],
    "undrawn": [IndexModel([("season", 1), ("serial", 1)])],
    "units": [IndexModel("season")],
    "names": [IndexModel("told_version")],
    COUNTERS: COUNTER_INDEXES,
    "identity_revoked": [IndexModel("expires_at", expireAfterSeconds=0)],
}
