"""How often one address may guess."""

import time
from collections import OrderedDict

from fastapi import Request

from shared.errors import TooMany

REMEMBERED = 10_000


class Throttle:
    """At most `most` failures an address within `seconds`, for this process."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises TooMany for an address that has failed too often lately."""
        since = time.monotonic() - self._seconds
        recent = [moment for moment in self._failures.get(address, []) if moment > since]
        if len(recent) >= self._most:
            raise TooMany("too-many-tries")

    def failed(self, address: str) -> None:
        """Count a failure."""
        since = time.monotonic() - self._seconds
        recent = [moment for moment in self._failures.pop(address, []) if moment > since]
        self._failures[address] = [*recent, time.monotonic()]
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)


def address_of(request: Request) -> str:
    """The address that a request came from; empty where there is none."""
    return request.client.host if request.client else ""
