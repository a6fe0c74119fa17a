"""What keeps the servers and services of one machine running: started anew when they end, or when they are of no use.

A server that a full disk has ended is started again once there is room. A NATS that a full disk has kept from storing
refuses for as long as its process lives, also when there is room again: it is ended, and so started anew. Back-off
grows from half a second to half a minute. What happened is said, and kept in a file for the operator's page.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

FIRST_SECONDS, MOST_SECONDS = 0.5, 30.0
STEADY_SECONDS = 60.0
"""After so long a part counts as running well, and the back-off begins anew."""
ROOM_BYTES = 100_000_000
"""Free space without which a server is not started: it would end at once, or refuse."""
LARGEST_LOG = 20_000_000
KEPT_LOGS = 3
KEPT_HAPPENINGS = 50


class LogFile:
    """A log that a child appends to: of bounded size, and of which only what the last start wrote is quoted."""

    def __init__(self, path: Path) -> None:
        self.path, self._begin, self._read = path, 0, 0

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """For the child that is started now."""
        self.rotate()
        with self.path.open("ab") as out:
            self._begin = self._read = out.tell()
            yield out

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def tail(self) -> str:
        """The end of what was written since the last start, on one line."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as source:
            source.seek(max(self._begin, self.size - 600))
            return " ".join(source.read().decode(errors="replace").split())[-400:]

    def says(self, words: bytes) -> bool:
        """Whether these words were written since this was asked last."""
        if not self.path.exists():
            return False
        with self.path.open("rb") as source:
            source.seek(self._read)
            written = source.read()
        self._read += len(written)
        return words in written

    def rotate(self) -> None:
        """Put a large log aside and begin it anew; the child goes on in the same file. The oldest is let go."""
        if self.size <= LARGEST_LOG:
            return
        with suppress(OSError):  # there may be no room
            for number in range(KEPT_LOGS, 1, -1):
                older = self.path.with_name(f"{self.path.name}.{number - 1}")
                if older.exists():
                    older.replace(self.path.with_name(f"{self.path.name}.{number}"))
            shutil.copyfile(self.path, self.path.with_name(f"{self.path.name}.1"))
        with self.path.open("r+b") as log:
            log.truncate()
        self._begin = self._read = 0


class Happenings:
    """What the supervisor did, newest last, in a file that services show."""

    def __init__(self, file: Path, say: Callable[[str, str, float], None]) -> None:
        self._file, self._say = file, say
        self._kept: list[dict[str, str]] = []
        with suppress(OSError, ValueError):
            self._kept = json.loads(file.read_text())

    def note(self, part: str, what: str, seconds: float = 0.0) -> None:
        """Say it and keep it."""
        self._say(part, what, seconds)
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        self._kept = [*self._kept, {"at": moment, "part": part, "what": what}][-KEPT_HAPPENINGS:]
        with suppress(OSError):  # a full disk
            part_written = self._file.with_suffix(".part")
            part_written.write_text(json.dumps(self._kept))
            part_written.replace(self._file)


class Child(Protocol):
    """What a keeper needs of a part: `laurel.servers.Server`."""

    name: str
    output: LogFile
    refusal: bytes
    answers: Callable[[], bool]

    @property
    def folder(self) -> Path | None: ...

    def spawn(self) -> None: ...
    def ended(self) -> bool: ...
    def stop(self) -> None: ...


class Keeper:
    """Keeps one part running; `tick` is called again and again and never waits for long."""

    def __init__(
        self,
        child: Child,
        happenings: Happenings,
        *,
        before: Callable[[], None] = lambda: None,
        needs: Sequence["Keeper"] = (),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._child, self._happenings, self._before, self._needs, self._now = child, happenings, before, needs, now
        self._delay, self._started = FIRST_SECONDS, now()
        self._ended_at: float | None = None
        self._due: float | None = None
        self._said_full = self._refuses = False

    @property
    def well(self) -> bool:
        """Whether it runs, as far as is known."""
        return self._ended_at is None

    def tick(self) -> None:
        """Look at the part and do what is due."""
        child, now = self._child, self._now()
        child.output.rotate()
        if child.ended():
            self._start_when_due(now)
        elif self._ended_at is not None:
            if child.answers():
                self._happenings.note(child.name, "back", now - self._ended_at)
                self._ended_at, self._said_full = None, False
        elif child.refusal:
            self._refuses = self._refuses or child.output.says(child.refusal)
            if self._refuses and self._has_room():
                self._happenings.note(child.name, "refuses")
                child.stop()
        if not child.ended() and now - self._started > STEADY_SECONDS:
            self._delay = FIRST_SECONDS

    def _start_when_due(self, now: float) -> None:
        if self._ended_at is None:
            self._ended_at = now
            self._happenings.note(self._child.name, "ended")
        if self._due is None:
            self._due, self._delay = now + self._delay, min(self._delay * 2, MOST_SECONDS)
        if not self._has_room():
            if not self._said_full:
                self._happenings.note(self._child.name, "full")
            self._said_full, self._delay = True, FIRST_SECONDS
        elif now >= self._due and all(needed.well for needed in self._needs):
            self._before()
            self._child.spawn()
            self._started, self._due, self._refuses = self._now(), None, False

    def _has_room(self) -> bool:
        folder = self._child.folder
        return folder is None or shutil.disk_usage(folder).free >= ROOM_BYTES
