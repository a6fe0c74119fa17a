"""Counts that run out, in memory."""

import time


class CountersInMemory:
    """The port `Counters`, for tests without a database."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}

    async def take(self, key: str, most: int, seconds: float) -> bool:
        count, until = self._counts.get(key, (0, 0.0))
        if until <= time.monotonic():
            count, until = 0, time.monotonic() + seconds
        self._counts[key] = (min(count + 1, most), until)
        return count < most

    async def give_back(self, key: str) -> None:
        count, until = self._counts.get(key, (0, 0.0))
        self._counts[key] = (max(count - 1, 0), until)
