"""The indexes of judging's database."""

from pymongo import IndexModel

from shared import audit
from shared.mongo import Indexes
from shared.mongo.aggregate import PENDING
from shared.mongo.counters import COUNTER_INDEXES, COUNTERS

OUTBOXES = ("seasons", "panels", "tasks_left", "seat_chunks", "result_chunks")
"""Collections whose documents record events."""

INDEXES: Indexes = {
    **audit.INDEXES,
    "seasons": [PENDING, IndexModel("stage")],
    "units": [IndexModel("season")],
    "entries": [IndexModel([("season", 1), ("track", 1), ("entry", 1)]), IndexModel("members.person")],
    "summaries": [IndexModel("season")],
    "assessments": [IndexModel("season")],
    "previous": [IndexModel("season")],
    "works": [IndexModel("season")],
    "withdrawals": [IndexModel("season")],
    "judges": [IndexModel("season")],
    "panels": [PENDING, IndexModel("season")],
    "tasks_left": [PENDING, IndexModel("season")],
    "ballots": [
        IndexModel([("season", 1), ("judge", 1)]),
        IndexModel([("season", 1), ("round", 1), ("status", 1)]),
        IndexModel([("season", 1), ("entry", 1)]),
    ],
    "runs": [IndexModel("season")],
    "tests": [IndexModel("season")],
    "actions": [IndexModel("season")],
    "judging_days": [IndexModel([("season", 1), ("round", 1)])],
    "entered_sheets": [IndexModel("season")],
    "objections": [IndexModel("season"), IndexModel("filer.account")],
    "objection_files": [IndexModel("objection"), IndexModel("at")],
    "seat_chunks": [PENDING, IndexModel([("season", 1), ("round", 1), ("revision", 1)])],
    "result_chunks": [PENDING, IndexModel([("season", 1), ("revision", 1)])],
    "result_revisions": [IndexModel("season")],
    "stated_tables": [IndexModel([("season", 1), ("revision", 1), ("name", 1), ("part", 1)], unique=True)],
    COUNTERS: COUNTER_INDEXES,
    "identity_revoked": [IndexModel("expires_at", expireAfterSeconds=0)],
}
