"""What a place is, and the name that is written into it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

MARK, MARK_ZH = "TestMakerOuyang", "测试欧阳桂"
"""The names of the pupil whose entry it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in files with this extension, and what becomes of a file that has the marker there."""

    extension: str
    name: str
    make: Callable[[], bytes]
    becomes: Literal["clean", "held"] = "clean"

    @property
    def id(self) -> str:
        return f"{self.extension[1:]}-{self.name}".replace(" ", "-")
