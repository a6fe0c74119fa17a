"""The load: people who send again until they are answered, and a log of what they were told."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.faults.season import JUDGES, Cast, Planned
from tests.support.raw_http import RawClient

ENTRANTS, SCORERS = 8, 8
AGAIN_SECONDS = 0.25


@dataclass
class Log:
    """What was acknowledged, and how the others were answered."""

    entries: dict[str, str] = field(default_factory=dict)
    """Title to number."""
    ballots: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)
    """Number and judge to scores."""
    answers: dict[str, int] = field(default_factory=dict)
    """How often each status, or none, came instead."""

    @property
    def acknowledged(self) -> int:
        return len(self.entries) + len(self.ballots)

    def note(self, answer: str) -> None:
        self.answers[answer] = self.answers.get(answer, 0) + 1


class Load:
    """Hands in the planned entries as they are released, and scores each once judging knows it."""

    def __init__(self, cast: Cast, plan: Sequence[Planned], registration: str, judging: str) -> None:
        self._cast, self._registration, self._judging = cast, registration, judging
        self.log = Log()
        self._plan = plan
        self._todo: asyncio.Queue[Planned] = asyncio.Queue()
        self._to_score: asyncio.Queue[tuple[str, Planned, int]] = asyncio.Queue()
        self.released = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            *(asyncio.create_task(self._enter()) for _ in range(ENTRANTS)),
            *(asyncio.create_task(self._score()) for _ in range(SCORERS)),
        ]

    def release(self, upto: int) -> None:
        """Let people send the planned entries up to this one."""
        for planned in self._plan[self.released : upto]:
            self._todo.put_nowait(planned)
        self.released = max(self.released, min(upto, len(self._plan)))

    async def finish(self, patience: float) -> None:
        """Wait until everything released is acknowledged.

        Raises:
            TimeoutError: some never was.
        """
        wanted = self.released * (1 + len(JUDGES))
        async with asyncio.timeout(patience):
            while self.log.acknowledged < wanted:
                for task in self._tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.2)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _enter(self) -> None:
        client = RawClient(self._registration, {"Authorization": f"Bearer {self._cast.operator}"})
        path = f"/registration/v1/seasons/{self._cast.season}/entries"
        while True:
            planned = await self._todo.get()
            headers = f"Content-Type: application/json\r\nIdempotency-Key: {planned.title}\r\n"
            answer = await self._until_answered(client, "POST", path, planned.body, headers, 201)
            number = json.loads(answer)["entry"]
            self.log.entries[planned.title] = number
            for judge in range(len(JUDGES)):
                self._to_score.put_nowait((number, planned, judge))

    async def _score(self) -> None:
        clients = [
            RawClient(self._judging, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
            for token in self._cast.judges
        ]
        while True:
            number, planned, judge = await self._to_score.get()
            path = f"/judging/v1/seasons/{self._cast.season}/tasks/{number}/work/ballot"
            await self._until_answered(clients[judge], "PUT", path, planned.ballots[judge], "", 200)
            self.log.ballots[number, judge] = planned.scores[judge]

    async def _until_answered(
        self, client: RawClient, method: str, path: str, body: bytes, headers: str, wanted: int
    ) -> bytes:
        while True:
            try:
                status, answer = await client.send(method, path, body, headers)
            except OSError as error:
                self.log.note(f"none ({error})")
            else:
                if status == wanted:
                    return answer
                self.log.note(str(status))
                if status not in (404, 503):  # 404: judging has not heard of the entry yet
                    raise AssertionError(f"{method} {path}: {status} {answer!r}")
            await asyncio.sleep(AGAIN_SECONDS)
