"""The bytes of files of works for a backup, wherever they lie: in the database, or in a bucket."""

from collections.abc import Iterator
from typing import Any, Protocol

from bson import Binary
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from laurel.backup.databases import PIECES
from shared.objects import Bucket, offset_of, piece_name

AT_ONCE_BYTES, AT_ONCE = 8 * 1024 * 1024, 1000
DUPLICATE_KEY = 11000
Database = Any


class WorkPieces(Protocol):
    """Where pieces are read from and restored to."""

    flushed: bool
    """Whether pieces were written since somebody set it to False."""

    def content(self, key: str) -> Iterator[bytes]:
        """The bytes of a file, piece by piece."""

    def put(self, key: str, offset: int, data: bytes) -> None:
        """Store a piece, now or with the next `flush`."""

    def flush(self) -> None:
        """Everything is stored when this returns."""

    def remove(self, key: str) -> None:
        """Remove what is stored of a file."""

    def is_empty(self) -> bool:
        """Whether nothing is stored."""


class Writer:
    """Documents on their way into a collection, some megabytes at a time."""

    def __init__(self, collection: Collection[dict[str, Any]]) -> None:
        self._collection = collection
        self._waiting: list[dict[str, Any]] = []
        self._size = 0
        self.flushed = False

    def add(self, document: dict[str, Any], size: int) -> None:
        self._waiting.append(document)
        self._size += size
        if self._size >= AT_ONCE_BYTES or len(self._waiting) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Everything is written when this returns; what an interrupted restore wrote before stays."""
        if not self._waiting:
            return
        try:
            self._collection.insert_many(self._waiting, ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            if error.details.get("writeConcernErrors") or any(item["code"] != DUPLICATE_KEY for item in failures):
                raise
        self._waiting, self._size, self.flushed = [], 0, True


class DatabasePieces(Writer):
    """In the database."""

    def __init__(self, database: Database) -> None:
        super().__init__(database[PIECES])
        self._pieces = database[PIECES]

    def content(self, key: str) -> Iterator[bytes]:
        of_file = {"_id": {"$gte": f"{key}:", "$lt": f"{key};"}}
        for piece in self._pieces.find(of_file, {"data": 1}).sort("_id", 1).batch_size(4):
            yield piece["data"]

    def put(self, key: str, offset: int, data: bytes) -> None:
        piece = {"_id": f"{key}:{offset:015d}", "upload": key, "offset": offset, "data": Binary(data)}
        self.add(piece, len(data))

    def remove(self, key: str) -> None:
        self._pieces.delete_many({"_id": {"$gte": f"{key}:", "$lt": f"{key};"}})

    def is_empty(self) -> bool:
        return self._pieces.find_one({}, {"_id": 1}) is None


class BucketPieces:
    """As objects; what was stored before there was a bucket is read from the database."""

    def __init__(self, bucket: Bucket, earlier: DatabasePieces) -> None:
        self._bucket, self._earlier = bucket, earlier
        self.flushed = False

    def content(self, key: str) -> Iterator[bytes]:
        names = sorted(self._bucket.names_now(f"{key}/"), key=offset_of)
        if not names:
            yield from self._earlier.content(key)
        for name in names:
            yield self._bucket.get_now(name) or b""

    def put(self, key: str, offset: int, data: bytes) -> None:
        self._bucket.put_now(piece_name(key, offset), data)
        self.flushed = True

    def flush(self) -> None:
        """Each piece is stored when it is put."""

    def remove(self, key: str) -> None:
        self._bucket.remove_now(list(self._bucket.names_now(f"{key}/")))

    def is_empty(self) -> bool:
        return next(self._bucket.names_now(""), None) is None and self._earlier.is_empty()


def work_pieces(bucket: Bucket | None, database: Database) -> WorkPieces:
    """Where the settings have them."""
    in_database = DatabasePieces(database)
    return BucketPieces(bucket, in_database) if bucket else in_database
