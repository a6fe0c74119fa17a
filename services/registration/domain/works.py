"""Works 作品: which files are taken, how they are called, and which version counts."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from shared.errors import Invalid
from shared.season.rules import FileType, Works

LONGEST_NAME = 120
TYPES: Mapping[FileType, Mapping[str, str]] = {
    "pdf": {".pdf": "application/pdf"},
    "image": {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"},
    "video": {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"},
    "audio": {".mp3": "audio/mpeg", ".wav": "audio/wav", ".ogg": "audio/ogg"},
    "archive": {".zip": "application/zip"},
    "office": {
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    },
    "text": {".txt": "text/plain", ".md": "text/markdown", ".py": "text/x-python", ".csv": "text/csv"},
}  # fmt: skip
"""File name extensions by kind, each with its media type. Nothing else is taken; nothing is ever run or rendered here."""
ALIKE: Mapping[str, frozenset[str]] = {
    ".jpg": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    ".jpeg": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    ".m4v": frozenset({".m4v", ".mp4"}),
    ".zip": frozenset({".zip", ".docx", ".pptx", ".xlsx"}),
    ".webm": frozenset({".webm", ".mkv"}),
}
"""What the content of a file may look like, where that is more than its own extension."""


@dataclass(frozen=True, slots=True)
class WorkFile:
    """One file of one version: once received it never changes. Times are microseconds UTC."""

    name: str
    upload: str
    size: int
    sha256: str
    media_type: str
    received_at: int
    in_time: bool


@dataclass(frozen=True, slots=True)
class WorkVersion:
    """What the work consisted of after a change."""

    number: int
    at: int
    files: tuple[WorkFile, ...]
    in_time: bool


def checked_name(name: str) -> str:
    """The name as it is kept: its last part, without control characters.

    Raises:
        Invalid: nothing is left, or it has no extension.
    """
    plain = unicodedata.normalize("NFC", name).replace("\\", "/")
    plain = "".join(sign for sign in PurePosixPath(plain).name if unicodedata.category(sign)[0] != "C")
    plain = re.sub(r'[<>:"|?*]', "_", plain).strip(" .")
    stem, dot, extension = plain.rpartition(".")
    if not stem or not dot or not extension:
        raise Invalid("file-name")
    return f"{stem[: LONGEST_NAME - len(extension)]}.{extension}"


def extension_of(name: str) -> str:
    """The extension in lower case, with its dot."""
    return "." + name.rpartition(".")[2].lower()


def media_type_of(name: str, rules: Works) -> str:
    """The media type of a file of this name.

    Raises:
        Invalid: the track takes no such files.
    """
    for kind in rules.types:
        if extension_of(name) in TYPES[kind]:
            return TYPES[kind][extension_of(name)]
    raise Invalid("file-type", name=name, types=", ".join(allowed_types(rules)))


def allowed_types(rules: Works) -> list[str]:
    """The extensions that the track takes."""
    return [extension for kind in rules.types for extension in TYPES[kind]]


def check_content(name: str, looks_like: frozenset[str], head: bytes) -> None:
    """Whether the content is what the name says; `looks_like` are the extensions that its first bytes fit.

    Raises:
        Invalid: it is something else.
    """
    extension = extension_of(name)
    if extension in TYPES["text"]:
        fits = not looks_like & {".html", ".svg", ".exe"} and b"\0" not in head and not head.startswith(b"#!")
        fits = fits and _is_text(head)
    else:
        fits = bool(looks_like & ALIKE.get(extension, frozenset({extension})))
    if not fits:
        raise Invalid("file-content", name=name)


def _is_text(head: bytes) -> bool:
    for cut in range(4):  # the first bytes may end within a character
        try:
            head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False


def counting_version(versions: Sequence[WorkVersion]) -> WorkVersion | None:
    """The version that is judged: the last one in time."""
    return next((version for version in reversed(versions) if version.in_time), None)


def files_lacking(rules: Works | None, files: Sequence[WorkFile]) -> int:
    """How many files are still needed before an entry of this track can be handed in."""
    return max(0, rules.files[0] - len(files)) if rules else 0


def with_file(files: Sequence[WorkFile], new: WorkFile, rules: Works) -> tuple[WorkFile, ...]:
    """The files after this one came: it takes the place of one with the same name.

    Raises:
        Invalid: there would be more files than the track takes.
    """
    kept = [file for file in files if file.name != new.name]
    if len(kept) + 1 > rules.files[1]:
        raise Invalid("file-count", most=rules.files[1])
    return (*kept, new)
