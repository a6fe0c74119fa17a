"""Taking a backup: new files of works first, then all documents at one moment, then what came in between."""

import io
import tarfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from laurel.backup import databases
from laurel.backup.databases import Client
from laurel.backup.repository import FILES, FORMAT, MANIFEST, FileName, Generation, Repository, sync_folder
from laurel.backup.sealing import PRIVATE, Recipient, Sealed, hash_of, seal
from laurel.backup.works import work_pieces
from laurel.errors import UserError
from laurel.texts import t
from shared.objects import bucket_of
from shared.settings import ServiceSettings

KEYS, ERASED = "keys.tar.age", "erased.age"
SEALED_DOCUMENTS = ".bson.gz.age"
SAID_EVERY = 5.0
SNAPSHOT_LOST = {239, 246}
"""Codes of MongoDB: the moment is no longer kept."""
MIB = 1 << 20
Say = Callable[[str], None]


@dataclass
class Taken:
    """What a backup holds, and what of it was new."""

    generation: str = ""
    manifest_hash: str = ""
    documents: dict[str, int] = field(default_factory=dict)
    files: int = 0
    new_files: int = 0
    new_bytes: int = 0
    lacking: list[str] = field(default_factory=list)
    removed: int = 0


@dataclass
class _Progress:
    """A line every few seconds."""

    say: Say
    total: int
    done: int = 0
    size: int = 0
    at: float = field(default_factory=time.monotonic)

    def step(self, size: int = 0) -> None:
        self.done += 1
        self.size += size
        if time.monotonic() - self.at > SAID_EVERY:
            self.at = time.monotonic()
            self.say(t("backup-files", done=self.done, total=self.total, mib=self.size // MIB))


def take(
    settings: ServiceSettings,
    folder: Path,
    keys: Path | None,
    recipients: Sequence[Recipient],
    *,
    keep: int,
    say: Say,
) -> Taken:
    """Add a generation to the folder of backups, and remove those beyond `keep`.

    One that was interrupted is begun again and finds the files that it had sealed. `keys` is the folder of the
    installation's keys, which belong to it.

    Raises:
        UserError: the folder cannot be used, another backup is at work in it, or the database keeps no moment long enough.
    """
    repository = Repository(folder)
    repository.prepare()
    with repository.locked(), databases.connected(settings) as client:
        backup = _Backup(repository, client, settings, recipients, say)
        generation = backup.take(keys)
        backup.taken.removed = repository.prune(keep)
    backup.taken.generation = generation.name
    backup.taken.manifest_hash = hash_of(generation.folder / MANIFEST)
    return backup.taken


class _Backup:
    """One backup on its way."""

    def __init__(
        self,
        repository: Repository,
        client: Client,
        settings: ServiceSettings,
        recipients: Sequence[Recipient],
        say: Say,
    ) -> None:
        self._repository, self._client, self._recipients, self._say = repository, client, recipients, say
        self._databases = databases.databases(settings)
        self._works = dict(self._databases)[databases.WORKS]
        self._pieces = work_pieces(bucket_of(settings), client[self._works])
        self._members: dict[str, dict[str, Any]] = {}
        self.taken = Taken()

    def take(self, keys: Path | None) -> Generation:
        now = datetime.now(UTC)
        part = self._repository.begin(now)
        wanted = part / "wanted"
        total = _note(databases.files(self._client, self._works), wanted)
        for _ in self._copied(wanted, total):  # the long part; a moment is kept for some minutes only
            pass
        try:
            with self._client.start_session(snapshot=True) as session:
                self._say(t("backup-documents"))
                self._keep_documents(part, session)
                total = _note(databases.files(self._client, self._works, session), wanted)
        except OperationFailure as error:
            if error.code in SNAPSHOT_LOST:
                raise UserError("backup-moment-lost") from error
            raise
        self._list_files(part, wanted, total)
        if keys:
            self._member(part, KEYS, [_tar(keys)])
        manifest = {
            "format": FORMAT,
            "made_at": now.isoformat(timespec="seconds"),
            "recipients": [str(recipient) for recipient in self._recipients],
            "documents": self.taken.documents,
            "files": self.taken.files,
            "lacking": self.taken.lacking,
            "members": self._members,
        }
        return self._repository.finish(part, manifest)

    def _member(self, part: Path, name: str, content: Iterable[bytes]) -> None:
        file = part / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        sealed = seal(content, file, self._recipients)
        self._members[name] = {"sha256": sealed.sha256, "size": sealed.size}

    def _keep_documents(self, part: Path, session: ClientSession) -> None:
        for service, name in self._databases:
            counter = 0
            for collection in databases.collections(self._client, name):
                packed = _Packed(databases.documents(self._client, name, collection, session))
                member = f"{service}/{collection}{SEALED_DOCUMENTS}"
                self._member(part, member, packed)
                self._members[member]["documents"] = packed.documents
                counter += packed.documents
            self.taken.documents[service] = counter
        self._member(part, ERASED, self._erased(session))

    def _erased(self, session: ClientSession) -> Iterator[bytes]:
        """Who has been erased, and when: an older backup that is restored is told so."""
        people = self._client[self._works]["people"].find(
            {"erased_at": {"$exists": True}}, {"erased_at": 1}, session=session
        )
        for person in people:
            yield f"{person['_id']} {person['erased_at']}\n".encode()

    def _list_files(self, part: Path, wanted: Path, total: int) -> None:
        list_file = part / FILES
        with list_file.open("w") as out:
            for name in self._copied(wanted, total):
                out.write(f"{name.line}\n")
                self.taken.files += 1
        wanted.unlink()
        for folder in (self._repository.folder / "files").iterdir():
            sync_folder(folder)
        list_file.chmod(PRIVATE)
        self._members[FILES] = {"sha256": hash_of(list_file), "size": list_file.stat().st_size}

    def _copied(self, wanted: Path, total: int) -> Iterator[FileName]:
        """The files that are noted there, each sealed unless it was before; without those that are gone meanwhile."""
        progress = _Progress(self._say, total)
        self.taken.lacking = []
        with wanted.open() as lines:
            for line in lines:
                key, edition, size = line.rstrip("\n").split("\t")
                label = f"{key}~{edition}" if edition else key
                name = self._repository.find(label)
                if name is None:
                    name = self._seal(key, edition, int(size))
                    progress.step(int(size))
                else:
                    progress.step()
                if name:
                    yield name

    def _seal(self, key: str, edition: str, size: int) -> FileName | None:
        part = self._repository.folder / "files" / key[:2] / f"{key}.part"
        sealed: Sealed = seal(self._pieces.content(key), part, self._recipients)
        there = databases.still_there(self._client, self._works, key, edition)
        if there and sealed.content == size:
            name = FileName(key, edition, sealed.sha256)
            self._repository.keep(part, name)
            self.taken.new_files += 1
            self.taken.new_bytes += size
            return name
        part.unlink()
        self.taken.lacking.append(key)
        if there:
            self._say(t("backup-lacking", file=key, size=size, present=sealed.content))
        return None


class _Packed:
    """Documents as gzip packs them, counted on the way."""

    def __init__(self, batches: Iterator[bytes]) -> None:
        self._batches, self.documents = batches, 0

    def __iter__(self) -> Iterator[bytes]:
        packing = zlib.compressobj(1, wbits=31)
        for batch in self._batches:
            self.documents += databases.count_documents(batch)
            if packed := packing.compress(batch):
                yield packed
        yield packing.flush()


def _note(files: Iterator[tuple[str, str, int]], file: Path) -> int:
    """Write down which files there are: a list in memory would grow with them. Returns how many."""
    count = 0
    with file.open("w") as out:
        for key, edition, size in files:
            out.write(f"{key}\t{edition}\t{size}\n")
            count += 1
    return count


def _tar(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.add(path, path.relative_to(folder).as_posix())
    return packed.getvalue()


def keep_taking(take_one: Callable[[], None], newest: Callable[[], datetime | None], every: float, say: Say) -> None:
    """One backup after the other, the next so many seconds after the last one was begun, for ever.

    What fails is said and tried again, after a minute first and then more rarely.
    """
    pause = 60.0
    while True:
        last = newest()
        wait = every - (datetime.now(UTC) - last).total_seconds() if last else 0.0
        if wait > 0:
            say(t("backup-next", minutes=round(wait / 60)))
            time.sleep(wait)
        try:
            take_one()
            pause = 60.0
        except UserError as trouble:
            say(t(f"trouble-{trouble.code}", **trouble.values))
            say(t("backup-again", minutes=round(pause / 60)))
            time.sleep(pause)
            pause = min(pause * 2, 3600.0, every)
