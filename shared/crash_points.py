"""Named places in the code where a test can let the process die, as a crash would.

A process armed with `relay.published` ends, without any cleaning up, the first time it gets there; with
`relay.published:3` the third time. Unarmed, a place costs one comparison.
"""

import os

EXIT_CRASHED = 9
PLACES = (
    "group.before-write",
    "group.written",
    "relay.before-publish",
    "relay.published",
    "relay.marked",
    "delivery.received",
    "delivery.applied",
    "delivery.acknowledged",
    "results.begun",
    "results.saved",
    "download.stored",
    "migration.part",
    "migration.run",
)

_armed: dict[str, int] = {}


def arm(place: str) -> None:
    """Let the process die at this place (`LAUREL_CRASH_AT`); nothing for an empty one."""
    name, _, count = place.partition(":")
    if name:
        _armed[name] = int(count or 1)


def crash_point(place: str) -> None:
    """The process has come to this place."""
    if place in _armed:
        _armed[place] -= 1
        if not _armed[place]:
            os._exit(EXIT_CRASHED)
