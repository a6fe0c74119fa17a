"""Jobs that are taken up again when their process ends: whose turn it is, and when it is enough.

A job may be what killed the process. It is begun once more; when it ends the process again without having got further
it is set aside, until somebody asks for it by hand.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import structlog
from pymongo.errors import PyMongoError

from shared.errors import InvalidState, Unavailable
from shared.mongo.connection import DatabaseClock, Document
from shared.season.time import from_unix_micros

MOST = 2
"""How often a job is begun without getting further."""
MOST_SHOWN = 100
BEAT_SECONDS = 10.0

log = structlog.get_logger()


class SetAside(InvalidState):
    """A job ended its process as often as it may."""

    def __init__(self) -> None:
        super().__init__("job-set-aside", times=MOST)


@dataclass(frozen=True, slots=True)
class Aside:
    """A job that waits to be asked for again; it was made at a time in microseconds UTC."""

    id: str
    season: str
    created_at: int


class Attempts:
    """The attempts of this process at the jobs of one collection, each kept in the job's own document."""

    def __init__(self, jobs: Any, clock: DatabaseClock) -> None:
        self._jobs, self._clock = jobs, clock
        self.mine: Document = {"worker": uuid4().hex}
        """To be set by whoever begins or takes up a job: from then on it is this process that works on it."""
        self.anew: Document = {**self.mine, "attempts": 0}
        """The same for a job that is new, has got further, or is asked for by hand."""

    @asynccontextmanager
    async def at(self, job: str, state: str) -> AsyncIterator[bool]:
        """Work on a job in this state: false if it is another process's by now.

        Raises:
            SetAside: it was begun as often as it may be.
        """
        begun = await self._jobs.find_one_and_update(
            {"_id": job, "state": state, **self.mine},
            {"$inc": {"attempts": 1}, "$set": {"alive": from_unix_micros(await self._clock.now())}},
            return_document=True,
        )
        if begun is not None and begun["attempts"] > MOST:
            log.error("job_set_aside", job=job, attempts=MOST)
            raise SetAside
        beat = asyncio.create_task(self._beat(job), name=f"beat-{job}")
        try:
            yield begun is not None
        except (Unavailable, PyMongoError):  # it is no fault of the job's
            with suppress(PyMongoError):
                await self._jobs.update_one({"_id": job, **self.mine}, {"$inc": {"attempts": -1}})
            raise
        finally:
            beat.cancel()

    async def aside(self) -> list[Aside]:
        """The jobs that were set aside, newest first, at most a hundred."""
        wanted = {"set_aside": {"$nin": [None, False]}}
        result = self._jobs.find(wanted, {"season": 1, "created_at": 1}).sort("created_at", -1).limit(MOST_SHOWN)
        return [Aside(item["_id"], item["season"], item["created_at"]) async for item in result]

    async def _beat(self, job: str) -> None:
        """Say that somebody works on it, also while one step of it takes long."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await self._jobs.update_one(
                {"_id": job, **self.mine}, {"$set": {"alive": from_unix_micros(await self._clock.now())}}
            )
