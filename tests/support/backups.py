"""Databases with works in them, and what they hold, told by hashes: for tests and measurements of backups."""

import random
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import bson
from bson import Binary
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from laurel.backup.databases import PASSING
from shared.settings import ServiceSettings

PIECE, AT_ONCE = 2 * 1024 * 1024, 8
MOMENT = datetime(2026, 11, 29, tzinfo=UTC)
Client = MongoClient[dict[str, Any]]


def fill(settings: ServiceSettings, files: int, size: int, *, copied: int = 0, first: int = 0) -> list[str]:
    """Works of random bytes, the first `copied` of them with a copy for judges, and some documents of every service.

    Returns the ids of the uploads.
    """
    prefix, ids = settings.database_prefix, []
    with Client(settings.mongo_url) as client:
        registration = client[f"{prefix}registration"]
        for number in range(first, first + files):
            upload = sha256(f"upload {number}".encode()).hexdigest()[:32]
            ids.append(upload)
            put_pieces(client, settings, upload, size)
            registration["uploads"].insert_one(
                {"_id": upload, "season": "s", "entry": f"E{number}", "size": size, "offset": size, "done": True}
            )
            if number - first < copied:
                put_pieces(client, settings, f"{upload}.copy", size)
                copy = {"_id": upload, "state": "clean", "reason": "", "size": size, "edition": 1, "looked_for": "n"}
                registration["copies"].insert_one(copy)
        for service, collection in (("registration", "people"), ("judging", "ballots"), ("certificates", "books")):
            client[prefix + service][collection].insert_many([_document(service, 100 * first + n) for n in range(20)])
            client[prefix + service]["migrations"].update_one({"_id": 1}, {"$set": {"name": "first"}}, upsert=True)
    return ids


def _document(service: str, number: int) -> dict[str, Any]:
    events = [{"type": "registration.person.named.v1", "data": "{}", "time": MOMENT}] if number % 2 else []
    return {
        "_id": f"{service}-{number:04d}",
        "name": {"zh": f"测试{number}", "en": f"Test {number}"},
        "key": f"2014-05 {number}",
        "season": "s",
        "kind": "student",
        "at": MOMENT,
        "score": bson.Int64(number),
        "version": 1,
        "outbox": {"events": events},
    }


def put_pieces(client: Client, settings: ServiceSettings, key: str, size: int) -> None:
    """Random bytes under this key, as the product cuts them; some at a time, and nobody waits for the disk."""
    database = client[f"{settings.database_prefix}registration"]
    pieces = database.get_collection("upload_pieces", write_concern=WriteConcern(w=1, j=False))
    for first in range(0, size, AT_ONCE * PIECE):
        offsets = range(first, min(first + AT_ONCE * PIECE, size), PIECE)
        pieces.insert_many([_piece(key, offset, min(PIECE, size - offset)) for offset in offsets], ordered=False)


def _piece(key: str, offset: int, size: int) -> dict[str, Any]:
    data = Binary(random.randbytes(size))
    return {"_id": f"{key}:{offset:015d}", "upload": key, "offset": offset, "data": data}


def hashes(settings: ServiceSettings) -> dict[str, str]:
    """A hash of each collection that a backup holds, without the wish to tell events again."""
    told = {}
    with Client(settings.mongo_url, tz_aware=True) as client:
        for service in ("registration", "judging", "certificates"):
            database = client[settings.database_prefix + service]
            for name in sorted(set(database.list_collection_names()) - PASSING):
                hashed = sha256()
                for document in database[name].find().sort("_id", 1).batch_size(8):
                    document.get("outbox", {}).pop("again", None)
                    document.get("outbox", {}).pop("since", None)
                    hashed.update(bson.encode(document))
                told[f"{service}/{name}"] = hashed.hexdigest()
    return told


def drop(settings: ServiceSettings) -> None:
    """Remove the three databases."""
    with Client(settings.mongo_url) as client:
        for service in ("registration", "judging", "certificates"):
            client.drop_database(settings.database_prefix + service)


def inodes(folder: Path) -> dict[str, int]:
    """Every file below the folder and which one it is: one that was written anew is another."""
    return {path.name: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
