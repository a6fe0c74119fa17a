"""Named places in the code where a test can let the process die, as a crash would.

`LAUREL_CRASH_AT=relay.published` ends the process, without any cleaning up, the first time it gets there;
`LAUREL_CRASH_AT=relay.published:3` the third time. Unset, a place costs one comparison.
"""

import os

EXIT_CRASHED = 9

_name, _, _count = os.environ.get("LAUREL_CRASH_AT", "").partition(":")
_left = int(_count or 1)


def reach(place: str) -> None:
    """The process has come to this place."""
    global _left  # noqa: PLW0603 - it counts for the whole process
    if place == _name:
        _left -= 1
        if _left == 0:
            os._exit(EXIT_CRASHED)
