"""Reading a backup back: every hash, and with the key everything that is sealed."""

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from laurel.backup.repository import FILES, MANIFEST, FileName, Generation, Repository, file_name, groups
from laurel.backup.sealing import Identity, hash_of, unseal
from laurel.backup.taking import SAID_EVERY, SEALED_DOCUMENTS, Say
from laurel.errors import UserError
from laurel.texts import t


def damaged_members(generation: Generation) -> Iterator[str]:
    """The parts of a generation, but for files of works, that are missing or were changed.

    Raises:
        UserError: the manifest itself is.
    """
    for name, noted in generation.manifest()["members"].items():
        try:
            whole = hash_of(generation.folder / name) == noted["sha256"]
        except OSError:
            whole = False
        if not whole:
            yield name


def check_hash(generation: Generation, wanted: str) -> None:
    """Raises UserError where this is not the manifest whose hash was kept elsewhere."""
    if wanted and hash_of(generation.folder / MANIFEST) != wanted:
        raise UserError("backup-other", generation=generation.name)


def verify(repository: Repository, generations: Sequence[Generation], identities: Sequence[Identity], say: Say) -> int:
    """Read everything of these generations; how many parts are damaged or missing, each of which is said.

    With identities everything is opened and the documents are counted as well.
    """
    checker = _Checker(repository, identities, say)
    readable = [generation for generation in generations if checker.members(generation)]
    try:
        for _, names in groups(readable):
            for name in sorted(names):
                checker.file(name)
    except UserError as trouble:  # a list of files is said with the members already
        if trouble.code != "backup-damaged":
            raise
    say(t("backup-checked", generations=len(generations), files=checker.files, mib=checker.size >> 20))
    return checker.damaged


class _Checker:
    """What was read, and what of it is not as it was written."""

    def __init__(self, repository: Repository, identities: Sequence[Identity], say: Say) -> None:
        self._repository, self._identities, self._say = repository, identities, say
        self.files = self.size = self.damaged = 0
        self._at = time.monotonic()

    def members(self, generation: Generation) -> bool:
        """Check all but the files of works; whether these can be looked at."""
        try:
            damaged = list(damaged_members(generation))
            manifest = generation.manifest()
        except UserError as trouble:
            self._name(trouble)
            return False
        for part in damaged:
            self._name(UserError("backup-damaged", file=str(generation.folder), part=part))
        for name, noted in manifest["members"].items():
            file = generation.folder / name
            self.size += noted["size"]
            if self._identities and name not in damaged and name.endswith(".age"):
                self._open(file, noted.get("documents", 0) if name.endswith(SEALED_DOCUMENTS) else None)
        return FILES not in damaged

    def file(self, text: str) -> None:
        """Check one file of a work."""
        name = file_name(text)
        path = self._repository.path(name) if name else Path(text)
        self.files += 1
        try:
            self.size += path.stat().st_size
            whole = isinstance(name, FileName) and hash_of(path) == name.sha256
        except OSError:
            whole = False
        if not whole:
            self._name(UserError("backup-damaged", file=str(path.parent), part=path.name))
        elif self._identities:
            self._open(path, None)
        if time.monotonic() - self._at > SAID_EVERY:
            self._at = time.monotonic()
            self._say(t("backup-checking", files=self.files, mib=self.size >> 20))

    def _open(self, file: Path, documents: int | None) -> None:
        counted = Documents(lambda _: None)
        damaged = UserError("backup-damaged", file=str(file.parent), part=file.name)
        try:
            unseal(file, self._identities, counted.packed if documents is not None else lambda _: None)
        except UserError as trouble:
            if trouble.code == "backup-key-wrong":
                raise
            self._name(trouble)
        except zlib.error:
            self._name(damaged)
        else:
            if documents is not None and counted.end() != documents:
                self._name(damaged)

    def _name(self, trouble: UserError) -> None:
        self.damaged += 1
        self._say(t(f"trouble-{trouble.code}", **trouble.values))


class Documents:
    """Takes in what was packed and hands on whole BSON documents, one at a time."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._unpacking, self._waiting, self._take = zlib.decompressobj(wbits=31), bytearray(), take
        self._count = 0

    def packed(self, block: bytes) -> None:
        """Raises zlib.error where it was not packed so."""
        self._waiting += self._unpacking.decompress(block)
        at = 0
        while at + 4 <= len(self._waiting):
            length = int.from_bytes(self._waiting[at : at + 4], "little")
            if at + length > len(self._waiting):
                break
            self._take(bytes(self._waiting[at : at + length]))
            self._count += 1
            at += length
        del self._waiting[:at]

    def end(self) -> int:
        """How many there were; -1 where the last one is not whole."""
        return -1 if self._waiting or not self._unpacking.eof else self._count
