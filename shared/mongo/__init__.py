"""MongoDB, behind this package alone: connections, indexes, and the one way an aggregate is written.

Motor is the driver; its successor is PyMongo's own asynchronous client, and that change should be this folder.
"""

from shared.mongo.aggregate import Conflict, change, create, create_many
from shared.mongo.connection import Database, Document, Indexes, Mongo, database_time
from shared.mongo.group import GroupCommit
from shared.mongo.projection import Projection

__all__ = [
    "Conflict",
    "Database",
    "Document",
    "GroupCommit",
    "Indexes",
    "Mongo",
    "Projection",
    "change",
    "create",
    "create_many",
    "database_time",
]
