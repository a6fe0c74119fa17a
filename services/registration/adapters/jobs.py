"""Imports of classes as jobs: the file, how far it has come, what fell. A job that stopped is taken up again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from services.registration.application.classes import NONE, Answers, Mode, Tally
from services.registration.domain.class_sheet import AT_WORK, ImportState
from shared.errors import InvalidState, NotFound
from shared.mongo import Attempts, Document, Mongo, beyond
from shared.season.time import from_unix_micros

STALE_SECONDS = 60
KEPT_DAYS = 30
COUNTED = ("done", "right", "already", "differing", "changed", "asked", "entered", "fallen")


@dataclass(frozen=True, slots=True)
class Job:
    """One import, by an account that registers the schools at and below `unit`."""

    id: str
    season: str
    unit: str
    account: str
    file: str
    upload: str
    state: ImportState
    mode: str
    total: int
    progress: Mapping[str, int]
    rejected: tuple[Mapping[str, Any], ...]
    problem: Mapping[str, Any]
    created_at: int
    set_aside: str
    understood: tuple[Mapping[str, Any], ...] = ()
    """Cells in the words of teachers, with what they are taken for."""
    differences: tuple[Mapping[str, Any], ...] = ()
    """Cells that say something else than what is kept."""
    near: tuple[Mapping[str, Any], ...] = ()
    """Students whose names are nearly somebody else's."""
    answers: Answers = NONE
    flagged: tuple[Mapping[str, Any], ...] = ()
    """Rows that are right and hold a sign that no font has."""


class Jobs:
    """The collection of imports."""

    def __init__(self, mongo: Mongo) -> None:
        self._jobs, self._clock = mongo.database["imports"], mongo.clock
        self.attempts = Attempts(self._jobs, mongo.clock)

    async def begin(self, season: str, unit: str, account: str, file: str, upload: str) -> Job:
        now = await self._clock.now()
        document: Document = {
            "_id": uuid4().hex,
            "season": season,
            "unit": unit,
            "account": account,
            "file": file,
            "upload": upload,
            "state": ImportState.CHECKING,
            "mode": "",
            "total": 0,
            "progress": {},
            "rejected": [],
            "understood": [],
            "problem": {},
            "created_at": now,
            "forget_at": from_unix_micros(now + KEPT_DAYS * 86_400_000_000),
            "alive": from_unix_micros(now),
            "furthest": 0,
            **self.attempts.anew,
        }
        await self._jobs.insert_one(document)
        return _job(document)

    async def find(self, season: str, job: str) -> Job:
        """Raises NotFound."""
        document = await self._jobs.find_one({"_id": job, "season": season})
        if document is None:
            raise NotFound("no-such-import")
        return _job(document)

    async def of(self, season: str, account: str, most: int = 20, after: Sequence[str | int] = ()) -> list[Job]:
        """The imports of an account, newest first, after the one of this time and id."""
        wanted = {"season": season, "account": account, **beyond(after, "created_at", "_id", newest_first=True)}
        cursor = self._jobs.find(wanted).sort([("created_at", -1), ("_id", -1)]).limit(most)
        return [_job(document) async for document in cursor]

    async def progress(self, job: str, total: int, tally: Tally) -> None:
        """Note how far it has come; this also says that somebody works on it."""
        values = {
            "total": total,
            "progress": {name: getattr(tally, name) for name in COUNTED},
            "rejected": [rejection.model_dump() for rejection in tally.rejected],
            "flagged": [rejection.model_dump() for rejection in tally.flagged],
            "differences": [asdict(item) for item in tally.differences],
            "near": [asdict(item) for item in tally.near],
            "understood": [{"row": row, **asdict(item)} for item, row in tally.understood.items()],
            "alive": from_unix_micros(await self._clock.now()),
        }
        await self._jobs.update_one({"_id": job}, {"$set": values})
        further = {"_id": job, "furthest": {"$not": {"$gte": tally.done}}}
        await self._jobs.update_one(further, {"$set": {"furthest": tally.done, "attempts": 0}})

    async def end(self, job: str, state: ImportState, problem: Mapping[str, Any] | None = None) -> None:
        values = {"state": state, "problem": dict(problem or {})}
        if state == ImportState.DONE:  # names that nobody needs any more
            values |= {"differences": [], "near": []}
        await self._jobs.update_one({"_id": job}, {"$set": values})

    async def set_aside(self, job: Job, problem: Mapping[str, Any]) -> None:
        """Leave it as it is until somebody asks for it again."""
        values = {"state": ImportState.FAILED, "problem": dict(problem), "set_aside": job.state}
        await self._jobs.update_one({"_id": job.id}, {"$set": values})

    async def retry(self, job: Job) -> Job:
        """Go on where it was set aside.

        Raises:
            InvalidState: it was not.
        """
        again = {**self.attempts.anew, "alive": from_unix_micros(await self._clock.now()), "furthest": 0}
        document = await self._jobs.find_one_and_update(
            {"_id": job.id, "set_aside": {"$in": list(AT_WORK)}},
            [{"$set": {**again, "state": "$set_aside", "problem": {"$literal": {}}}}, {"$unset": "set_aside"}],
            return_document=True,
        )
        if document is None:
            raise InvalidState("job-not-set-aside")
        return _job(document)

    async def apply(self, job: Job, mode: Mode) -> None:
        """Begin to let the rows in, with the job's answers; once.

        Raises:
            InvalidState: it is not checked yet, or has been applied.
        """
        alive = from_unix_micros(await self._clock.now())
        changed = await self._jobs.update_one(
            {"_id": job.id, "state": ImportState.CHECKED},
            {
                "$set": {
                    "state": ImportState.APPLYING,
                    "mode": mode,
                    "answers": asdict(job.answers),
                    "alive": alive,
                    "furthest": 0,
                    **self.attempts.anew,
                }
            },
        )
        if not changed.modified_count:
            raise InvalidState("import-not-ready")

    async def take_stopped(self) -> Job | None:
        """A job that nobody has worked on for a minute, for this process to go on with."""
        now = await self._clock.now()
        stale = {"$lt": from_unix_micros(now - STALE_SECONDS * 1_000_000)}
        wanted = {"state": {"$in": list(AT_WORK)}, "alive": stale}
        document = await self._jobs.find_one_and_update(
            wanted, {"$set": {"alive": from_unix_micros(now), **self.attempts.mine}}, return_document=True
        )
        return _job(document) if document else None


def _job(document: Document) -> Job:
    return Job(
        document["_id"],
        document["season"],
        document["unit"],
        document["account"],
        document["file"],
        document["upload"],
        ImportState(document["state"]),
        document["mode"],
        document["total"],
        document["progress"],
        tuple(document["rejected"]),
        document["problem"],
        document["created_at"],
        document.get("set_aside", ""),
        tuple(document.get("understood", ())),
        tuple(document.get("differences", ())),
        tuple(document.get("near", ())),
        Answers(**document.get("answers", {})),
        tuple(document.get("flagged", ())),
    )
