"""MongoDB, behind this package alone: connections, indexes, and the one way an aggregate is written.

Motor is the driver; its successor is PyMongo's own asynchronous client, and that change should be this folder.
"""

from shared.mongo.aggregate import Conflict, change, create, create_many, keep_newest
from shared.mongo.connection import Database, Document, Indexes, Mongo, database_time

__all__ = [
    "Conflict",
    "Database",
    "Document",
    "Indexes",
    "Mongo",
    "change",
    "create",
    "create_many",
    "database_time",
    "keep_newest",
]
