"""A backup of the three databases to one point in time, and its restoration into an empty machine.

The file is a ZIP of BSON files, one a collection, as mongodump writes them, with a manifest of their hashes. All are
read in one snapshot of the replica set, so the three services stand at the same moment. Streams are not in it: NATS
is filled again from the databases.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import bson
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern

from laurel.errors import UserError
from laurel.provision import SERVICES
from shared.season.time import to_unix_micros
from shared.settings import ServiceSettings

FORMAT = "laurel-backup/1"
MANIFEST = "manifest.json"
KEYS = "keys/"
PASSING = {"downloads", "download_parts", "download_pieces"}
"""Collections of what can be asked for again: bulk downloads would make a backup many times as large."""
PROVISIONED = "migrations"
"""The one collection that an installation without any data has something in."""
CHUNK = 1000
Client = MongoClient[dict[str, Any]]


@contextmanager
def _connected(settings: ServiceSettings) -> Iterator[Client]:
    with Client(
        settings.mongo_url, tz_aware=True, w="majority", journal=True, serverSelectionTimeoutMS=10_000
    ) as client:
        yield client


def _databases(settings: ServiceSettings) -> list[tuple[str, str]]:
    """Each service and its database."""
    return [(service.TOPOLOGY.service, settings.database_prefix + service.TOPOLOGY.service) for service in SERVICES]


def back_up(settings: ServiceSettings, file: Path, keys: Path | None) -> dict[str, int]:
    """Write the backup; documents by service. `keys` is the folder of the installation's keys, which belong to it.

    The file appears when it is whole. It holds personal data and secrets: keep it like the database itself.
    """
    counts: dict[str, int] = {}
    hashes: dict[str, str] = {}
    part = file.with_name(f"{file.name}.part")
    part.touch(0o600)
    with (
        _connected(settings) as client,
        client.start_session(snapshot=True) as session,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        for service, name in _databases(settings):
            counts[service] = 0
            for collection in sorted(set(client[name].list_collection_names()) - PASSING):
                member, hashed = f"{service}/{collection}.bson", sha256()
                with archive.open(member, "w", force_zip64=True) as out:
                    source = client[name].get_collection(collection, read_concern=ReadConcern("snapshot"))
                    raw = cast("Iterator[bytes]", source.find_raw_batches({}, session=session, batch_size=CHUNK))
                    for batch in raw:
                        out.write(batch)
                        hashed.update(batch)
                        counts[service] += _documents(batch)
                hashes[member] = hashed.hexdigest()
        for key in sorted(path for path in (keys.rglob("*") if keys else ()) if path.is_file()):
            content, member = key.read_bytes(), KEYS + key.relative_to(cast("Path", keys)).as_posix()
            archive.writestr(member, content)
            hashes[member] = sha256(content).hexdigest()
        manifest = {
            "format": FORMAT,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "documents": counts,
            "sha256": hashes,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    part.replace(file)
    return counts


def _documents(batch: bytes) -> int:
    """How many BSON documents follow each other here; each begins with its length."""
    count = position = 0
    while position < len(batch):
        position += int.from_bytes(batch[position : position + 4], "little")
        count += 1
    return count


def restore(settings: ServiceSettings, file: Path, keys: Path | None) -> dict[str, int]:
    """Fill empty databases from a backup, and mark every event to be told again; documents by service.

    Raises:
        Trouble: the file is no whole backup, or there is something in the databases already.
    """
    with zipfile.ZipFile(file) as archive:
        manifest = _checked(archive, file)
        with _connected(settings) as client:
            for _, name in _databases(settings):
                for collection in set(client[name].list_collection_names()) - {PROVISIONED}:
                    if client[name][collection].find_one({}, {"_id": 1}):
                        raise UserError("restore-not-empty", database=name)
            for service, name in _databases(settings):
                client[name][PROVISIONED].delete_many({})  # which steps the documents have seen, the backup says
                for member in archive.namelist():
                    if member.startswith(f"{service}/"):
                        collection = member.removeprefix(f"{service}/").removesuffix(".bson")
                        _fill(client[name][collection], archive, member)
        for member in archive.namelist():
            if member.startswith(KEYS) and keys:
                inside = [part for part in Path(member.removeprefix(KEYS)).parts if part not in ("..", "/")]
                target = keys.joinpath(*inside)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("wb") as out:
                    target.chmod(0o600)
                    shutil.copyfileobj(source, out)
    documents: dict[str, int] = manifest["documents"]
    return documents


def _checked(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    """The manifest, after every member was found to be what it states."""
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        hashes: dict[str, str] = manifest["sha256"]
        if manifest["format"] != FORMAT or set(hashes) != set(archive.namelist()) - {MANIFEST}:
            raise UserError("backup-damaged", file=str(file), part=MANIFEST)
    except (KeyError, ValueError) as error:
        raise UserError("backup-damaged", file=str(file), part=MANIFEST) from error
    for member, wanted in hashes.items():
        hashed = sha256()
        try:
            with archive.open(member) as source:
                while block := source.read(1 << 20):
                    hashed.update(block)
        except zipfile.BadZipFile as error:
            raise UserError("backup-damaged", file=str(file), part=member) from error
        if hashed.hexdigest() != wanted:
            raise UserError("backup-damaged", file=str(file), part=member)
    return manifest


def _fill(collection: Any, archive: zipfile.ZipFile, member: str) -> None:
    waiting: list[dict[str, Any]] = []
    wish, now = uuid4().hex, to_unix_micros(datetime.now(UTC))
    with archive.open(member) as source:
        for document in bson.decode_file_iter(source):
            told = document.get("outbox", {}).get("events")
            if told:
                document["outbox"].setdefault("since", now)
                document["outbox"]["again"] = wish
            waiting.append(document)
            if len(waiting) == CHUNK:
                collection.insert_many(waiting, ordered=False)
                waiting = []
    if waiting:
        collection.insert_many(waiting, ordered=False)
