"""Everything that may rightly go wrong, without a word of HTTP.

    LaurelError
    ├── Invalid        what was sent cannot be understood or breaks a published rule
    ├── NotSignedIn    nobody is known to ask
    ├── NotAllowed     the one who asks may not do this
    ├── NotFound       there is no such thing, or it is not for the one who asks
    ├── Refused        it cannot be done now: the state or the time forbids it
    ├── Busy           somebody else changed it meanwhile, or a part is not reachable; try again
    └── TooMany        asked too often

Each error has a stable `code`; the sentence a person reads is `problem-<code>` in the catalogs.
"""

from collections.abc import Iterable
from typing import Any


class LaurelError(Exception):
    """An expected situation with a code, values for its sentence, and the fields it is about."""

    def __init__(self, code: str, /, *, errors: list[dict[str, Any]] | None = None, **values: Any) -> None:
        super().__init__(f"{code} {values}" if values else code)
        self.code, self.values, self.errors = code, values, errors or []


class Invalid(LaurelError):
    """What was sent cannot be understood or breaks a published rule."""


class NotSignedIn(LaurelError):
    """Nobody is known to ask."""


class NotAllowed(LaurelError):
    """The one who asks may not do this."""


class NotFound(LaurelError):
    """There is no such thing, or it is not for the one who asks."""


class InvalidState(LaurelError):
    """It cannot be done now: the state or the time forbids it."""


class Unavailable(LaurelError):
    """Somebody else changed it meanwhile, or a part is not reachable; trying again may help."""


class TooMany(LaurelError):
    """Asked too often."""


OF_ERROR = frozenset({"pointer", "field", "code"})
"""What one of the `errors` says beside the values of its sentence."""


def pointer_of(parts: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) to a value by the names and numbers on the way to it."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts) or "/"


def error_at(field: str, code: str, /, **values: str) -> dict[str, str]:
    """What is wrong with one field of what was sent, for the `errors` of `Invalid`.

    `code` is also the key of its sentence in the catalogs, with these values.
    """
    return {"pointer": pointer_of([field]), "field": field, "code": code, **values}
