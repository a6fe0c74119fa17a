"""What is read from the three databases for a backup: documents at one moment, and the bytes of files apart from them."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, cast

from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from laurel.provision import RESTORING, SERVICES
from shared.mongo.connection import long_read_limits
from shared.settings import ServiceSettings

Client = MongoClient[dict[str, Any]]
PASSING = frozenset({"downloads", "download_parts", "download_pieces"})
"""Collections of what can be asked for again: bulk downloads would make a backup many times as large."""
PIECES = "upload_pieces"
"""The bytes of files of works: they never change once a file is whole, so they need no common moment."""
PROVISIONED = "migrations"
"""The one collection that an installation without any data has something in."""
WORKS = "registration"
BATCH = 1000


@contextmanager
def connected(settings: ServiceSettings) -> Iterator[Client]:
    with Client(
        settings.mongo_url,
        tz_aware=True,
        w="majority",
        journal=True,
        **{**long_read_limits(), "serverSelectionTimeoutMS": 10_000},
    ) as client:
        yield client


def databases(settings: ServiceSettings) -> list[tuple[str, str]]:
    """Each service and its database."""
    return [(service.service, settings.database_prefix + service.service) for service in SERVICES]


def collections(client: Client, name: str) -> list[str]:
    """Those whose documents belong into a backup."""
    return sorted(set(client[name].list_collection_names()) - PASSING - {PIECES, RESTORING})


def wanted(collection: str) -> dict[str, Any]:
    """Which documents: of uploads those that arrived whole, because a half one goes on changing and is sent again."""
    return {"$expr": {"$eq": ["$offset", "$size"]}} if collection == "uploads" else {}


def documents(client: Client, name: str, collection: str, session: ClientSession) -> Iterator[bytes]:
    """Its documents as they stood when the session began, some at a time, one after the other in BSON."""
    source = client[name].get_collection(collection, read_concern=ReadConcern("snapshot"))
    batches = source.find_raw_batches(wanted(collection), session=session, batch_size=BATCH)
    yield from cast("Iterator[bytes]", batches)


def count_documents(batch: bytes) -> int:
    """How many BSON documents follow each other here; each begins with its length."""
    count = position = 0
    while position < len(batch):
        position += int.from_bytes(batch[position : position + 4], "little")
        count += 1
    return count


def files(client: Client, name: str, session: ClientSession | None = None) -> Iterator[tuple[str, str, int]]:
    """The files of works and their copies for judges, by id: the key of the pieces, which making it is, and its bytes."""
    database = client[name].with_options(read_concern=ReadConcern("snapshot")) if session else client[name]
    copied = database["copies"].find({"size": {"$gt": 0}}, COPY, session=session).sort("_id", 1)
    copies = (document for document in copied if making_of(document))
    copy = next(copies, None)
    for upload in database["uploads"].find(wanted("uploads"), {"size": 1}, session=session).sort("_id", 1):
        while copy and copy["_id"] < upload["_id"]:
            copy = next(copies, None)
        yield upload["_id"], "", upload["size"]
        if copy and copy["_id"] == upload["_id"]:
            yield f"{upload['_id']}{COPIED}", making_of(copy), copy["size"]


COPIED = ".copy"
COPY = {"edition": 1, "looked_for": 1, "size": 1, "state": 1}


def making_of(copy: dict[str, Any] | None) -> str:
    """Which making of a copy this is: it is made anew by other rules or for other names. Empty while it is being made."""
    if copy is None or copy.get("state") == "making" or not copy.get("size"):
        return ""
    told = "\0".join(str(copy.get(name)) for name in ("edition", "looked_for", "size"))
    return sha256(told.encode()).hexdigest()[:12]


def still_there(client: Client, name: str, key: str, edition: str) -> bool:
    """Whether the file is there, in this making."""
    if edition:
        return making_of(client[name]["copies"].find_one({"_id": key.removesuffix(COPIED)}, COPY)) == edition
    return client[name]["uploads"].find_one({"_id": key}, {"_id": 1}) is not None
