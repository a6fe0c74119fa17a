"""Why there is no copy of a file."""

from typing import Literal

Reason = Literal["unreadable", "locked", "kind", "part", "large", "deep", "layers", "costly", "names"]


class NotAnonymised(ValueError):
    """There is no copy that would be safe to hand out; `part` is the place within the file, if there is one."""

    def __init__(self, reason: Reason, part: str = "") -> None:
        super().__init__(reason, part)
        self.reason: Reason = reason
        self.part = part
