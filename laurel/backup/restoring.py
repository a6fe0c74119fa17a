"""Filling an empty installation from a generation of a folder of backups. An interrupted restore goes on where it was."""

import io
import tarfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import bson
from pymongo.collection import Collection

from laurel.backup import databases
from laurel.backup.checking import Documents, check_hash, damaged_members
from laurel.backup.databases import Client
from laurel.backup.repository import FileName, Generation, Repository
from laurel.backup.sealing import PRIVATE, Identity, unseal
from laurel.backup.taking import ERASED, KEYS, SAID_EVERY, SEALED_DOCUMENTS, Say
from laurel.backup.works import AT_ONCE, Writer, work_pieces
from laurel.errors import UserError
from laurel.provision import RESTORING
from laurel.texts import t
from shared.objects import bucket_of
from shared.season.time import to_unix_micros
from shared.settings import ServiceSettings

PIECE = 2 * 1024 * 1024


@dataclass
class Restored:
    """What was restored, and which files of works were damaged and left out."""

    generation: str
    documents: dict[str, int]
    files: int = 0
    erased: int = 0
    damaged: list[str] = field(default_factory=list)


def restore(
    settings: ServiceSettings,
    folder: Path,
    keys: Path | None,
    identities: Sequence[Identity],
    say: Say,
    *,
    generation: str = "",
    manifest_hash: str = "",
) -> Restored:
    """Fill empty databases from a generation (the newest), and mark every event to be told again.

    Everything but files of works is looked at before anything is written. A file of a work that is damaged is said and left
    out. Who was erased since is marked to be erased again.

    Raises:
        UserError: the backup is not whole, the key is another, or there is something in the databases already.
    """
    repository = Repository(folder)
    repository.check()
    wanted = repository.generation(generation)
    check_hash(wanted, manifest_hash)
    for name in damaged_members(wanted):
        raise UserError("backup-damaged", file=str(wanted.folder), part=name)
    erased = _erased(repository, identities)
    with databases.connected(settings) as client:
        return _Restore(repository, wanted, client, settings, identities, say).restore(keys, erased)


def _erased(repository: Repository, identities: Sequence[Identity]) -> dict[str, int]:
    """Who was erased, and when, by the newest generation."""
    text = bytearray()
    unseal(repository.generation("").folder / ERASED, identities, text.extend)
    pairs = (line.split() for line in text.decode().splitlines())
    return {person: int(at) for person, at in pairs}


class _Restore:
    """One restore on its way."""

    def __init__(
        self,
        repository: Repository,
        generation: Generation,
        client: Client,
        settings: ServiceSettings,
        identities: Sequence[Identity],
        say: Say,
    ) -> None:
        self._repository, self._generation, self._identities, self._say = repository, generation, identities, say
        self._client, self._databases = client, databases.databases(settings)
        self._manifest = generation.manifest()
        self._works = client[dict(self._databases)[databases.WORKS]]
        self._pieces = work_pieces(bucket_of(settings), self._works)
        self._marks = self._works[RESTORING]
        self._files_done = 0
        self._again = Again()

    def restore(self, keys: Path | None, erased: dict[str, int]) -> Restored:
        done = self._begin()
        restored = Restored(self._generation.name, self._manifest["documents"])
        last: list[tuple[str, str, str]] = []
        for service, name in self._databases:
            for member in self._manifest["members"]:
                if member.startswith(f"{service}/"):
                    collection = member.removeprefix(f"{service}/").removesuffix(SEALED_DOCUMENTS)
                    if collection == databases.PROVISIONED:
                        last.append((name, collection, member))
                    elif member not in done:
                        self._fill(self._client[name][collection], member)
        self._fill_files(restored)
        self._make_copies_again()
        restored.erased = self._erase_again(erased)
        if keys and KEYS in self._manifest["members"]:
            self._unpack_keys(keys)
        for name, collection, member in last:  # without it no service starts on what is half restored
            self._fill(self._client[name][collection], member)
        self._marks.drop()
        return restored

    def _begin(self) -> set[str]:
        """Note that a restore has begun; which members an interrupted one has filled in.

        Raises:
            UserError: there is something in the databases, or half of another generation.
        """
        mark = self._marks.find_one({"_id": "restore"})
        if mark and mark["generation"] != self._generation.name:
            raise UserError("restore-other", generation=mark["generation"])
        if not mark:
            for _, name in self._databases:
                for collection in set(self._client[name].list_collection_names()) - {databases.PROVISIONED}:
                    if self._client[name][collection].find_one({}, {"_id": 1}):
                        raise UserError("restore-not-empty", database=name)
            if not self._pieces.is_empty():
                raise UserError("restore-bucket-not-empty")
            mark = {"_id": "restore", "generation": self._generation.name, "members": [], "files": 0}
            self._marks.insert_one(mark)
        for _, name in self._databases:
            self._client[name][databases.PROVISIONED].delete_many({})
        self._files_done = int(mark["files"])
        return set(mark["members"])

    def _fill(self, collection: Collection[dict[str, Any]], member: str) -> None:
        collection.delete_many({})  # what an interrupted restore left
        writer = Writer(collection)
        documents = Documents(lambda raw: writer.add(self._again.mark(bson.decode(raw)), len(raw)))
        path = self._generation.folder / member
        try:
            unseal(path, self._identities, documents.packed)
        except zlib.error as error:
            raise UserError("backup-damaged", file=str(path.parent), part=path.name) from error
        writer.flush()
        if documents.end() != self._manifest["members"][member]["documents"]:
            raise UserError("backup-damaged", file=str(path.parent), part=path.name)
        self._marks.update_one({"_id": "restore"}, {"$push": {"members": member}})

    def _fill_files(self, restored: Restored) -> None:
        pieces = self._pieces
        said = time.monotonic()
        for number, name in enumerate(self._generation.files()):
            restored.files += 1
            if number < self._files_done:
                continue
            try:
                self._fill_file(name)
            except UserError as trouble:
                if trouble.code != "backup-damaged":
                    raise
                pieces.flush()
                pieces.remove(name.key)
                restored.damaged.append(str(name))
                self._say(t(f"trouble-{trouble.code}", **trouble.values))
            if pieces.flushed or number % AT_ONCE == 0:
                pieces.flush()
                self._marks.update_one({"_id": "restore"}, {"$set": {"files": number + 1}})
                pieces.flushed = False
            if time.monotonic() - said > SAID_EVERY:
                said = time.monotonic()
                self._say(t("restore-files", done=number + 1, total=self._manifest["files"]))
        pieces.flush()

    def _fill_file(self, name: FileName) -> None:
        waiting, offset = bytearray(), 0

        def take(block: bytes) -> None:
            waiting.extend(block)
            while len(waiting) >= PIECE:
                put()

        def put() -> None:
            nonlocal offset
            data = bytes(waiting[:PIECE])
            del waiting[:PIECE]
            self._pieces.put(name.key, offset, data)
            offset += len(data)

        unseal(self._repository.path(name), self._identities, take)
        if waiting:
            put()

    def _make_copies_again(self) -> None:
        """Copies for judges whose bytes are not in the backup: as if they were of an earlier edition of the rules."""
        lacking = [key for key in self._manifest["lacking"] if key.endswith(databases.COPIED)]
        ids = [key.removesuffix(databases.COPIED) for key in lacking]
        self._works["copies"].update_many({"_id": {"$in": ids}}, {"$set": {"edition": 0}})

    def _erase_again(self, erased: dict[str, int]) -> int:
        """Mark whom the newest generation knows as erased; registration's sweeper does the rest as soon as it starts."""
        count = 0
        for person, at in erased.items():
            marked = self._works["people"].update_one(
                {"_id": person, "erased_at": {"$exists": False}},
                {"$set": {"erased_at": at, "erasing": True}, "$unset": {"outbox": ""}},  # the name is not told again
            )
            count += marked.modified_count
        return count

    def _unpack_keys(self, keys: Path) -> None:
        packed = bytearray()
        unseal(self._generation.folder / KEYS, self._identities, packed.extend)
        keys.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            for member in archive.getmembers():
                archive.extract(member, keys, filter="data")
                (keys / member.name).chmod(PRIVATE)


class Again:
    """Marks documents so that their events are told again."""

    def __init__(self) -> None:
        self._wish, self._now = uuid4().hex, to_unix_micros(datetime.now(UTC))

    def mark(self, document: dict[str, Any]) -> dict[str, Any]:
        """The same document, marked if it has told something."""
        if document.get("outbox", {}).get("events"):
            document["outbox"].setdefault("since", self._now)
            document["outbox"]["again"] = self._wish
        return document
