"""How often somebody may try: counted before the try is looked at, in one place for all processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import TooMany


class Counters(Protocol):
    """Counts that run out, shared by all processes of a service."""

    async def take(self, key: str, most: int, seconds: float) -> bool:
        """Count one if fewer than `most` are counted since the first, `seconds` ago at most. All in one step."""
        ...

    async def give_back(self, key: str) -> None:
        """Count one less, if any is counted."""
        ...


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `most` tries of one kind by one who tries within `seconds`."""

    counters: Counters
    kind: str
    most: int
    seconds: float
    code: str = "too-many-tries"

    async def spend(self, who: str) -> None:
        """Count a try, before it is looked at.

        Raises:
            TooMany: it is one too many; nothing is counted then.
        """
        if not await self.counters.take(self._key(who), self.most, self.seconds):
            raise TooMany(self.code)

    async def give_back(self, who: str) -> None:
        """The try was right: it does not count."""
        await self.counters.give_back(self._key(who))

    def _key(self, who: str) -> str:
        return f"{self.kind}:{who}"


async def spend_all(spent: Sequence[tuple[Throttle, str]]) -> None:
    """Count a try with each of these, or with none.

    Raises:
        TooMany: it is one too many for one of them.
    """
    for number, (throttle, who) in enumerate(spent):
        try:
            await throttle.spend(who)
        except TooMany:
            await give_back_all(spent[:number])
            raise


async def give_back_all(spent: Sequence[tuple[Throttle, str]]) -> None:
    """The try does not count."""
    for throttle, who in spent:
        await throttle.give_back(who)
