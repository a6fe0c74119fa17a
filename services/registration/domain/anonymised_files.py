"""Copies of works for judges: which of them judges get, and which the organizer looks at first."""

from dataclasses import dataclass

from shared.errors import Invalid, InvalidState
from shared.states import State

LONGEST_NOTE = 500
CLEANED = ("", "names")
"""Reasons with which there is a cleaned copy."""


class CopyState(State):
    """What became of the copy of a file."""

    MAKING = "making"
    CLEAN = "clean"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Release:
    """That the organizer looked at a file and lets judges have it; the time is microseconds UTC."""

    account: str
    login: str
    at: int
    note: str


@dataclass(frozen=True, slots=True)
class Copy:
    """What became of one file of a work. `part` or `places` say where within the file the reason is."""

    upload: str
    season: str
    entry: str
    state: CopyState
    reason: str
    part: str
    places: tuple[str, ...]
    size: int
    release: Release | None = None

    @property
    def is_given(self) -> bool:
        """Whether judges get it."""
        return self.state == CopyState.CLEAN or self.release is not None

    @property
    def is_cleaned(self) -> bool:
        """Whether judges get a cleaned copy; if not, what they get is the file as it was sent."""
        return self.reason in CLEANED


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page of a work as a picture, and how many pages the file has."""

    content: bytes
    count: int

    @property
    def media_type(self) -> str:
        """By what it is, which is one of two."""
        return "image/png" if self.content.startswith(b"\x89PNG") else "image/jpeg"


def release(copy: Copy, account: str, login: str, at: int, note: str) -> Release:
    """The organizer's decision to let judges have a file.

    Raises:
        Invalid: it says nothing of what was looked at.
        InvalidState: judges get the file already.
    """
    if copy.is_given:
        raise InvalidState("copy-given")
    if not note.strip() or len(note) > LONGEST_NOTE:
        raise Invalid("copy-note", most=LONGEST_NOTE)
    return Release(account, login, at, note.strip())
