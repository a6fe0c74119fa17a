"""Slots for work that is shared by many: nobody has more than half of them, and whoever waits is served in turn."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.errors import Unavailable

MOST_WAITING = 200


class FairSlots:
    """So many pieces of work at once; an owner has at most half of them."""

    def __init__(self, slots: int, *, most_waiting: int = MOST_WAITING) -> None:
        self._free, self._each, self._most_waiting = slots, max(1, slots // 2), most_waiting
        self._held: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def of(self, owner: str) -> AsyncIterator[None]:
        """Hold a slot for this owner.

        Raises:
            Unavailable: too much of this owner's work waits already.
        """
        await self._take(owner)
        try:
            yield
        finally:
            self._give_back(owner)

    async def _take(self, owner: str) -> None:
        queue = self._waiting.setdefault(owner, deque())
        if len(queue) >= self._most_waiting:
            raise Unavailable("try-again")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(owner)
            raise

    def _give_back(self, owner: str) -> None:
        self._free += 1
        self._held[owner] -= 1
        self._serve()

    def _serve(self) -> None:
        """Give free slots to owners in turn."""
        served = True
        while self._free and served:
            served = False
            for owner in list(self._waiting):
                queue = self._waiting[owner]
                while queue and queue[0].done():  # given up
                    queue.popleft()
                if not queue:
                    del self._waiting[owner]
                elif self._free and self._held[owner] < self._each:
                    queue.popleft().set_result(None)
                    self._free -= 1
                    self._held[owner] += 1
                    self._waiting.move_to_end(owner)
                    served = True
        self._held = +self._held
