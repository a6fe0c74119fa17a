"""Streams sealed with age: whoever writes them holds public keys alone and cannot read what was written before.

Each file can be opened without Laurel: `age --decrypt --identity KEY FILE`.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import pyrage
from pyrage.x25519 import Identity as Identity  # noqa: PLC0414 - known by this name to the others
from pyrage.x25519 import Recipient as Recipient  # noqa: PLC0414

from laurel.errors import UserError

PRIVATE = 0o600
SECRET = "AGE-SECRET-KEY-"  # noqa: S105 - how such a line begins
Sink = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was written: the hash and the length of the sealed file, and the bytes that went into it."""

    sha256: str
    size: int
    content: int


def recipients_from(text: str) -> list[Recipient]:
    """The public keys in a text, with blanks or commas between them.

    Raises:
        UserError: there is none, or one that is no key.
    """
    keys = text.replace(",", " ").split()
    if not keys:
        raise UserError("backup-recipient-needed")
    try:
        return [Recipient.from_str(key) for key in keys]
    except pyrage.RecipientError as error:
        raise UserError("backup-recipient", public=text) from error


def identities_from(file: Path) -> list[Identity]:
    """The secret keys in a file as `laurel backup key` or `age-keygen` writes it.

    Raises:
        UserError: there is none.
    """
    try:
        lines = [line.strip() for line in file.read_text().splitlines()]
        identities = [Identity.from_str(line) for line in lines if line.startswith(SECRET)]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise UserError("backup-key-unreadable", file=str(file)) from error
    if not identities:
        raise UserError("backup-key-unreadable", file=str(file))
    return identities


def new_key(file: Path) -> str:
    """Write a new secret key, readable by its owner alone; the public key that belongs to it.

    Raises:
        UserError: there is something under this name, or the folder cannot be written.
    """
    identity = Identity.generate()
    public = str(identity.to_public())
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w") as out:
            out.write(f"# public key: {public}\n{identity}\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise UserError("backup-unwritable", file=str(file), reason=error.strerror or "") from error
    return public


def seal(content: Iterable[bytes], file: Path, recipients: Sequence[Recipient]) -> Sealed:
    """Write the content, sealed; on disk when this returns. Memory does not grow with it.

    Raises:
        UserError: the file cannot be written. What the content itself raises comes out as it is.
    """
    source = _Source(iter(content))
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb") as out:
            target = _Hashing(out)
            try:
                pyrage.encrypt_io(source, target, recipients)
            except (pyrage.EncryptError, OSError):
                if source.error:
                    raise source.error from None
                if target.error:
                    raise target.error from None
                raise
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        file.unlink(missing_ok=True)
        raise UserError("backup-unwritable", file=str(file), reason=error.strerror or str(error)) from error
    return Sealed(target.hashed.hexdigest(), target.size, source.size)


def unseal(file: Path, identities: Sequence[Identity], sink: Sink) -> None:
    """Hand the content over, block by block, each of which is known to be as it was written.

    Raises:
        UserError: the file is sealed to another key, damaged, cut off, or cannot be read. What the sink raises comes out as it is.
    """
    target = _Sink(sink)
    try:
        with file.open("rb") as source:
            pyrage.decrypt_io(source, target, identities)
    except (pyrage.DecryptError, OSError) as error:
        if target.error:
            raise target.error from None
        if "No matching keys" in str(error):
            raise UserError("backup-key-wrong", file=str(file)) from error
        raise UserError("backup-damaged", file=str(file.parent), part=file.name) from error


def hash_of(file: Path) -> str:
    """The SHA-256 of the file as it lies there.

    Raises:
        OSError: it cannot be read.
    """
    hashed = sha256()
    with file.open("rb") as source:
        while block := source.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()


class _Source:
    """Blocks as a file that is read. An error of theirs is kept, because the library makes a text of it."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._block, self._at = blocks, b"", 0
        self.size = 0
        self.error: BaseException | None = None

    def read(self, most: int = -1) -> bytes:
        try:
            while self._at >= len(self._block):
                self._block, self._at = next(self._blocks), 0
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        end = self._at + most if most >= 0 else len(self._block)
        part = self._block[self._at : end]
        self._at += len(part)
        self.size += len(part)
        return part


class _Hashing:
    """A file that is written, hashed on the way."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self.hashed, self.size = out, sha256(), 0
        self.error: BaseException | None = None

    def write(self, block: bytes) -> int:
        try:
            self._out.write(block)
        except BaseException as error:
            self.error = error
            raise
        self.hashed.update(block)
        self.size += len(block)
        return len(block)

    def flush(self) -> None:
        """Nothing: the caller flushes and syncs the file."""


class _Sink:
    """A function as a file that is written."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.error: BaseException | None = None

    def write(self, block: bytes) -> int:
        try:
            self._sink(block)
        except BaseException as error:
            self.error = error
            raise
        return len(block)

    def flush(self) -> None:
        """Nothing is held back."""
