"""Archives: each file in them cleaned by its own kind, nothing else of the archive itself."""

import shutil
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from services.registration.adapters.anonymising.refusal import NotAnonymised

MOST_UNPACKED = 4096 * 1024 * 1024
"""Bytes, of an archive with all the archives in it."""
MOST_FILES = 20_000
LEFT_OUT = frozenset(
    ".git .svn .hg .bzr __MACOSX .idea .vscode .vs .settings .ipynb_checkpoints __pycache__ .pytest_cache .mypy_cache "
    ".DS_Store Thumbs.db desktop.ini .gitignore .gitconfig .project .classpath .directory .Trashes .Spotlight-V100 venv "
    ".venv node_modules".split()
)
"""What programs put beside a work: histories, settings of editors, traces of machines."""
TRACES = (".pyc", ".pyo", ".class", ".o", ".lnk", ".url", ".swp", ".iml", ".user", ".suo", ".bak", ".tmp", ".log")
COMMON_FOLDER = "work"


def clean_archive(source: Path, target: Path, clean: Callable[[Path, Path, str], None], deeper: int = 0) -> None:
    """The same files, each cleaned; remarks, owners, times and traces of programs are gone.

    A folder around everything, which people call after themselves, is called `work`. Archives in it are measured
    together with it before any work is done, to `deeper` more levels.

    Raises:
        NotAnonymised: it cannot be read, or a file in it cannot be cleaned; `part` names it.
    """
    try:
        with (
            TemporaryDirectory(dir=target.parent) as folder,
            zipfile.ZipFile(source) as original,
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy,
        ):
            kept = _kept(original)
            if any(item.flag_bits & 1 for item in kept):
                raise NotAnonymised("locked")
            if len(kept) > MOST_FILES or _unpacked_bytes(original, deeper) > MOST_UNPACKED:
                raise NotAnonymised("large")
            shared = {PurePosixPath(item.filename).parts[0] for item in kept if "/" in item.filename}
            whole = len(shared) == 1 and all("/" in item.filename for item in kept)
            for item in sorted(kept, key=lambda item: item.filename):
                parts = PurePosixPath(item.filename).parts
                name = "/".join((COMMON_FOLDER, *parts[1:]) if whole else parts)
                _copy(original, item, copy, name, Path(folder), clean)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise NotAnonymised("unreadable") from error


def _kept(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [item for item in archive.infolist() if not _is_left_out(item)]


def _unpacked_bytes(archive: zipfile.ZipFile, deeper: int) -> int:
    """What the lists of an archive and of those in it promise, as far as it matters: above the most it stops counting."""
    kept = _kept(archive)
    promised = sum(item.file_size for item in kept)
    for item in kept if deeper else ():
        if promised > MOST_UNPACKED:
            break
        if item.filename.lower().endswith(".zip"):
            # One that cannot be read is named when its turn to be cleaned comes.
            with (
                suppress(zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError),
                archive.open(item) as content,
                zipfile.ZipFile(content) as inner,
            ):
                promised += _unpacked_bytes(inner, deeper - 1)
    return promised


def _is_left_out(item: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(item.filename).parts
    return (
        item.is_dir()
        or not parts
        or any(part in LEFT_OUT or part.startswith("._") for part in parts)
        or parts[-1].lower().endswith(TRACES)
    )


def _copy(
    original: zipfile.ZipFile,
    item: zipfile.ZipInfo,
    copy: zipfile.ZipFile,
    name: str,
    folder: Path,
    clean: Callable[[Path, Path, str], None],
) -> None:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name:
        raise NotAnonymised("part", item.filename)
    unpacked, cleaned = folder / "unpacked", folder / "cleaned"
    with original.open(item) as content, unpacked.open("wb") as file:
        shutil.copyfileobj(content, file, 1024 * 1024)
    try:
        clean(unpacked, cleaned, PurePosixPath(name).suffix.lower())
    except NotAnonymised as refused:
        inner = f"{item.filename} › {refused.part}" if refused.part else item.filename
        raise NotAnonymised(refused.reason, inner) from refused
    plain = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    plain.compress_type = zipfile.ZIP_DEFLATED
    plain.file_size = cleaned.stat().st_size
    with cleaned.open("rb") as file, copy.open(plain, "w") as content:
        shutil.copyfileobj(file, content, 1024 * 1024)
