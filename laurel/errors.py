"""What may keep Laurel from running here: one sentence each, with the way out."""

from typing import Any


class UserError(Exception):
    """Something on this machine is in the way; `trouble-<code>` in the catalog says what and what to do."""

    def __init__(self, code: str, /, **values: Any) -> None:
        super().__init__(f"{code} {values}")
        self.code, self.values = code, values
