"""The folder of backups: files of works, each once, and a generation for each moment that was kept.

laurel-backups                         says what this folder is
files/3f/<key>.<sha256>.age            a file of a work; the hash is that of this sealed file
generations/<time>/manifest.json       what belongs to it, with hashes; written last
generations/<time>/manifest.sha256     the hash of the manifest, as sha256sum writes it
generations/<time>/files.sha256        the files of works that belong to it, as sha256sum writes them
generations/<time>/<service>/….age     documents, one collection a file
"""

import fcntl
import heapq
import json
import os
import re
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from laurel.backup.sealing import hash_of
from laurel.errors import UserError

FORMAT = "laurel-backup/2"
MARK, LOCK = "laurel-backups", ".lock"
MANIFEST, MANIFEST_HASH, FILES = "manifest.json", "manifest.sha256", "files.sha256"
PART, GONE = ".part", ".gone"
"""What the name of a generation ends with while it is made, and while it is removed."""
FILE_NAME = re.compile(r"^(?P<key>[0-9A-Za-z.]+?)(?:~(?P<edition>[0-9a-f]+))?\.(?P<sha256>[0-9a-f]{64})\.age$")
LINE = re.compile(r"^(?P<sha256>[0-9a-f]{64})  files/[0-9A-Za-z]{2}/(?P<name>[0-9A-Za-z.~]+)$")
TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class FileName:
    """A file of a work as it is kept: the key of its pieces, which making of it (of what is made anew), its sealed hash."""

    key: str
    edition: str
    sha256: str

    @property
    def label(self) -> str:
        """What it is, whatever became of it when it was sealed."""
        return f"{self.key}~{self.edition}" if self.edition else self.key

    def __str__(self) -> str:
        return f"{self.label}.{self.sha256}.age"

    @property
    def line(self) -> str:
        """Its line in a list of files."""
        return f"{self.sha256}  files/{self.key[:2]}/{self}"


def file_name(text: str) -> FileName | None:
    """The name of a file of a work; None for anything else that lies there."""
    match = FILE_NAME.match(text)
    return FileName(match["key"], match["edition"] or "", match["sha256"]) if match else None


@dataclass(frozen=True, slots=True)
class Generation:
    """One moment that was kept."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def made_at(self) -> datetime:
        return datetime.strptime(self.name[:16], TIME).replace(tzinfo=UTC)

    def manifest(self) -> dict[str, Any]:
        """What belongs to it, after its hash was found to be right.

        Raises:
            UserError: it is missing or was changed, or a later release wrote it.
        """
        file = self.folder / MANIFEST
        try:
            noted = (self.folder / MANIFEST_HASH).read_text().split()[0]
            if hash_of(file) != noted:
                raise UserError("backup-damaged", file=str(self.folder), part=MANIFEST)
            manifest: dict[str, Any] = json.loads(file.read_bytes())
            form = manifest["format"]
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise UserError("backup-damaged", file=str(self.folder), part=MANIFEST) from error
        if form != FORMAT:
            raise UserError("backup-newer", file=str(self.folder), form=form, known=FORMAT)
        return manifest

    def check_list(self) -> None:
        """Raises UserError where the manifest or the list of files is missing or was changed."""
        noted = self.manifest()["members"].get(FILES, {}).get("sha256")
        try:
            whole = hash_of(self.folder / FILES) == noted
        except OSError:
            whole = False
        if not whole:
            raise UserError("backup-damaged", file=str(self.folder), part=FILES)

    def files(self) -> Generator[FileName, None, None]:
        """Its files of works, sorted by the first two letters of their names.

        Raises:
            UserError: a line of the list is none, or the list cannot be read.
        """
        group = ""
        try:
            with (self.folder / FILES).open() as lines:
                for line in lines:
                    match = LINE.match(line.rstrip("\n"))
                    name = file_name(match["name"]) if match else None
                    if match is None or name is None or match["sha256"] != name.sha256 or name.key[:2] < group:
                        raise UserError("backup-damaged", file=str(self.folder), part=FILES)
                    group = name.key[:2]
                    yield name
        except (OSError, UnicodeDecodeError) as error:
            raise UserError("backup-damaged", file=str(self.folder), part=FILES) from error


class Repository:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._present: tuple[str, dict[str, FileName]] = ("", {})

    def prepare(self) -> None:
        """Make the folder one of backups.

        Raises:
            UserError: there is something else in it, or it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            mark = self.folder / MARK
            if not mark.exists():
                if any(path.name != "lost+found" for path in self.folder.iterdir()):  # a volume of its own has that
                    raise UserError("backup-folder-taken", folder=str(self.folder))
                self.folder.chmod(0o700)
                mark.write_text(f"{FORMAT}\n")
            for name in ("files", "generations"):
                (self.folder / name).mkdir(exist_ok=True)
        except OSError as error:
            raise UserError("backup-unwritable", file=str(self.folder), reason=error.strerror or "") from error

    def check(self) -> None:
        """Raises UserError where this is no folder of backups that this release can read."""
        try:
            form = (self.folder / MARK).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError("backup-none", folder=str(self.folder)) from error
        if form != FORMAT:
            raise UserError("backup-newer", file=str(self.folder), form=form, known=FORMAT)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The only one that writes here; what an interrupted one left is taken away.

        Raises:
            UserError: another backup is at work in this folder.
        """
        with (self.folder / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UserError("backup-running", folder=str(self.folder)) from error
            for left in (self.folder / "generations").iterdir():
                if left.suffix in (PART, GONE):
                    shutil.rmtree(left)
            yield

    def generations(self) -> list[Generation]:
        """Those that are whole, oldest first."""
        folder = self.folder / "generations"
        names = sorted(path for path in folder.iterdir() if not path.suffix) if folder.is_dir() else []
        return [Generation(path) for path in names]

    def generation(self, name: str) -> Generation:
        """The one of this name; without one the newest.

        Raises:
            UserError: there is none.
        """
        kept = {generation.name: generation for generation in self.generations()}
        if not kept:
            raise UserError("backup-none", folder=str(self.folder))
        if name and name not in kept:
            raise UserError("backup-no-generation", generation=name, known=", ".join(kept))
        return kept[name or max(kept)]

    def begin(self, now: datetime) -> Path:
        """The folder in which a new generation is made; its name is later than that of every other."""
        name, number = now.strftime(TIME), 0
        while (self.folder / "generations" / (wanted := f"{name}-{number}" if number else name)).exists():
            number += 1
        folder = self.folder / "generations" / f"{wanted}{PART}"
        folder.mkdir(mode=0o700)
        return folder

    @staticmethod
    def finish(folder: Path, manifest: dict[str, Any]) -> Generation:
        """Write the manifest and let the generation appear."""
        file = folder / MANIFEST
        write(file, json.dumps(manifest, indent=1) + "\n")
        write(folder / MANIFEST_HASH, f"{hash_of(file)}  {MANIFEST}\n")
        whole = folder.with_suffix("")
        sync_folder(folder)
        folder.rename(whole)
        sync_folder(whole.parent)
        return Generation(whole)

    def path(self, name: FileName) -> Path:
        """Where a file of a work lies."""
        return self.folder / "files" / name.key[:2] / str(name)

    def find(self, label: str) -> FileName | None:
        """The file of this label, if it is there whole. Quick when asked in the order of the labels."""
        group = label[:2]
        if self._present[0] != group:
            folder = self.folder / "files" / group
            folder.mkdir(exist_ok=True)
            names = [name for path in folder.iterdir() if (name := file_name(path.name))]
            self._present = group, {name.label: name for name in names}
        return self._present[1].get(label)

    def keep(self, part: Path, name: FileName) -> None:
        """Let a file that was written whole appear under its name."""
        part.rename(self.path(name))
        if self._present[0] == name.key[:2]:
            self._present[1][name.label] = name

    def prune(self, keep: int) -> int:
        """Remove all but the newest generations, and the files that none of those names; returns how many generations.

        Raises:
            UserError: the list of a kept generation is damaged; then nothing is removed.
        """
        generations = self.generations()
        old, kept = generations[:-keep], generations[-keep:]
        for generation in kept:
            generation.check_list()
        for generation in old:
            shutil.rmtree(generation.folder.rename(generation.folder.with_suffix(GONE)))
        named = groups(kept)
        group, names = next(named, ("", set[str]()))
        for folder in sorted((self.folder / "files").iterdir()):
            while group and group < folder.name:
                group, names = next(named, ("", set[str]()))
            for path in folder.iterdir():
                if group != folder.name or path.name not in names:
                    path.unlink()
        return len(old)


def groups(generations: Sequence[Generation]) -> Iterator[tuple[str, set[str]]]:
    """The names of all files that these generations name, by their first two letters, one group after the other."""
    with ExitStack() as stack:
        lists = [stack.enter_context(closing(generation.files())) for generation in generations]
        merged = heapq.merge(*lists, key=_group)
        for group, names in groupby(merged, key=_group):
            yield group, {str(name) for name in names}


def _group(name: FileName) -> str:
    return name.key[:2]


def write(file: Path, text: str) -> None:
    """A small file, on disk when this returns."""
    with file.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
