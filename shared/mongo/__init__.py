"""MongoDB, behind this package alone: connections, indexes, and the one way an aggregate is written.

Motor is the driver; its successor is PyMongo's own asynchronous client, and that change should be this folder.
"""

from shared.mongo.aggregate import Aggregates, PendingEvents, TooLate, VersionConflict
from shared.mongo.attempts import Attempts, SetAside
from shared.mongo.connection import Database, DatabaseClock, Document, Indexes, Mongo, database_time
from shared.mongo.group import Collection, GroupCommit, GroupRead, insert_once
from shared.mongo.migrations import Migration, WrongSchema, bring_up, migrate
from shared.mongo.places import beyond
from shared.mongo.projection import Projection

__all__ = [
    "Aggregates",
    "Attempts",
    "Collection",
    "Database",
    "DatabaseClock",
    "Document",
    "GroupCommit",
    "GroupRead",
    "Indexes",
    "Migration",
    "Mongo",
    "PendingEvents",
    "Projection",
    "SetAside",
    "TooLate",
    "VersionConflict",
    "WrongSchema",
    "beyond",
    "bring_up",
    "database_time",
    "insert_once",
    "migrate",
]
