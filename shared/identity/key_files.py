"""Private keys in files that only their owner may read, made on first use."""

import os
from collections.abc import Callable
from pathlib import Path

Keep = Callable[[Path, Callable[[], bytes]], bytes]
"""Gives a key by its file, and makes it on first use. Replicas that share no disk keep theirs in the database."""


def keep_file(file: Path, make: Callable[[], bytes]) -> bytes:
    """What the file holds; if there is none, what `make` gives, put there whole unless another process was first."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(make())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_bytes()
