"""The indexes of the certificates database."""

from pymongo import IndexModel

from shared.mongo import Indexes
from shared.mongo.aggregate import PENDING

OUTBOXES = ("certificates",)
"""Collections whose documents record events."""

INDEXES: Indexes = {
    "certificates": [
        PENDING,
        IndexModel("serial", unique=True),
        IndexModel("token", unique=True),
        IndexModel([("season", 1), ("serial", 1)]),
        IndexModel("recipient"),
    ],
    "units": [IndexModel("season")],
    "names": [IndexModel("told_version")],
    "identity_revoked": [IndexModel("expires_at", expireAfterSeconds=0)],
}
