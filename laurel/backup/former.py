"""Restoring a file that the release before wrote (laurel-backup/1); this release does so for the last time."""

import json
import shutil
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import bson
from pymongo.collection import Collection

from laurel.backup.databases import PROVISIONED, connected, databases
from laurel.backup.restoring import Again
from laurel.backup.works import Writer
from laurel.errors import UserError
from shared.settings import ServiceSettings

FORMAT = "laurel-backup/1"
MANIFEST = "manifest.json"
KEYS = "keys/"


def restore_file(settings: ServiceSettings, file: Path, keys: Path | None) -> dict[str, int]:
    """Fill empty databases from a backup, and mark every event to be told again; documents by service.

    Raises:
        Trouble: the file is no whole backup, or there is something in the databases already.
    """
    with zipfile.ZipFile(file) as archive:
        manifest = _checked(archive, file)
        with connected(settings) as client:
            for _, name in databases(settings):
                for collection in set(client[name].list_collection_names()) - {PROVISIONED}:
                    if client[name][collection].find_one({}, {"_id": 1}):
                        raise UserError("restore-not-empty", database=name)
            for service, name in databases(settings):
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


def _fill(collection: Collection[dict[str, Any]], archive: zipfile.ZipFile, member: str) -> None:
    writer, again = Writer(collection), Again()
    with archive.open(member) as source:
        for document in bson.decode_file_iter(source):
            writer.add(again.mark(document), len(document.get("data", b"")))
    writer.flush()
