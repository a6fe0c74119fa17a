"""Bulk downloads as jobs: what is asked, how far it has come, and its bytes in pieces. A job that stopped is taken up again."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

from services.certificates.domain.downloads import DownloadState
from shared.crash_points import crash_point
from shared.errors import InvalidState, NotFound, Unavailable
from shared.mongo import Attempts, Document, Mongo, beyond, insert_once
from shared.season.time import from_unix_micros

Form = Literal["zip", "print"]
PIECE = 8 * 1024 * 1024
"""Bytes of a piece: a document of the database holds one."""
STALE_SECONDS = 20
"""A job on which nobody has got further for so long is taken up by whoever asks first."""
KEPT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Download:
    """One bulk download."""

    id: str
    season: str
    account: str
    form: Form
    wanted: Mapping[str, Any]
    crop: bool
    reason: str
    state: DownloadState
    total: int
    done: int
    parts: int
    size: int
    after: str
    problem: str
    created_at: int
    set_aside: bool = False
    """Whether it ended its process as often as it may, and waits to be asked for again."""
    left_out: int = 0
    """Documents that could not be drawn; the lists name them."""
    label: str = ""
    """What it holds, in words; of a download begun by a release before it is empty."""

    @property
    def file(self) -> str:
        """What it is called when it is saved."""
        one_pdf = self.form == "print" and self.parts == 1  # a ZIP has its lists in a part of their own
        return f"{self.label or f'{self.season}-{self.id[:8]}'}.{'pdf' if one_pdf else 'zip'}"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the file: what the end of it must know of its beginning."""

    entries: Sequence[Sequence[Any]]
    rows: Sequence[Sequence[str]]
    size: int
    left_out: int = 0


class Downloads:
    """The collections of downloads."""

    def __init__(self, mongo: Mongo) -> None:
        database = mongo.database
        self._jobs, self._parts, self._pieces = (
            database["downloads"],
            database["download_parts"],
            database["download_pieces"],
        )
        self._all_parts, self._all_pieces = mongo.long_reads["download_parts"], mongo.long_reads["download_pieces"]
        self._clock = mongo.clock
        self.attempts = Attempts(self._jobs, mongo.clock)

    async def begin(
        self,
        season: str,
        account: str,
        form: Form,
        wanted: Mapping[str, Any],
        reason: str,
        total: int,
        *,
        crop: bool,
        label: str = "",
    ) -> Download:
        now = await self._clock.now()
        document: Document = {
            "_id": uuid4().hex,
            "season": season,
            "account": account,
            "form": form,
            "wanted": dict(wanted),
            "crop": crop,
            "reason": reason,
            "label": label,
            "state": DownloadState.WORKING,
            "total": total,
            "done": 0,
            "parts": 0,
            "size": 0,
            "after": "",
            "problem": "",
            "created_at": now,
            "alive": from_unix_micros(now),
            "forget_at": from_unix_micros(now) + timedelta(days=KEPT_DAYS),
            **self.attempts.anew,
        }
        await self._jobs.insert_one(document)
        return _download(document)

    async def find(self, season: str, download: str) -> Download:
        """Raises NotFound."""
        document = await self._jobs.find_one({"_id": download, "season": season})
        if document is None:
            raise NotFound("no-such-download")
        return _download(document)

    async def of(self, season: str, account: str, most: int = 20, after: Sequence[str | int] = ()) -> list[Download]:
        """Those of an account, newest first, after the one of this time and id."""
        wanted = {"season": season, "account": account, **beyond(after, "created_at", "_id", newest_first=True)}
        cursor = self._jobs.find(wanted).sort([("created_at", -1), ("_id", -1)]).limit(most)
        return [_download(document) async for document in cursor]

    async def take_stale(self) -> list[Download]:
        """Jobs on which nobody works any more; who asks works on them from now on."""
        downloads: list[Download] = []
        now = from_unix_micros(await self._clock.now())
        while True:
            document = await self._jobs.find_one_and_update(
                {"state": DownloadState.WORKING, "alive": {"$lt": now - timedelta(seconds=STALE_SECONDS)}},
                {"$set": {"alive": now, **self.attempts.mine}},
            )
            if document is None:
                return downloads
            downloads.append(_download(document))

    async def keep_part(self, job: Download, part: Part, content: bytes, after: str, done: int) -> Download:
        """Store a stretch of the file, then say so. If another process stored it before it stopped, its stretch counts.

        Raises:
            NotFound: the download is gone, or another process has got further.
            Unavailable: another process stored it, and the database cannot show it.
        """
        number, name = job.parts, f"{job.id}/{job.parts:06d}"
        pieces = f"{name}/{uuid4().hex}"
        key = {"download": job.id, "forget_at": from_unix_micros(job.created_at) + timedelta(days=KEPT_DAYS)}
        for piece, start in enumerate(range(0, len(content), PIECE)):
            data = content[start : start + PIECE]
            await self._pieces.insert_one({"_id": f"{pieces}/{piece:04d}", **key, "data": data})
        values = {"entries": [list(entry) for entry in part.entries], "rows": [list(row) for row in part.rows]}
        whole: Document = {
            "_id": name,
            **key,
            **values,
            "size": part.size,
            "left_out": part.left_out,
            "pieces": pieces,
            "after": after,
            "done": done,
        }
        stored: Document | None = whole
        if not await insert_once(self._parts, whole):
            await self._pieces.delete_many({"_id": _below(pieces)})
            stored = await self._parts.find_one({"_id": name})
        if stored is None:
            raise Unavailable("try-again")
        crash_point("download.stored")
        now = from_unix_micros(await self._clock.now())
        document = await self._jobs.find_one_and_update(
            {"_id": job.id, "parts": number},
            {
                "$set": {
                    "parts": number + 1,
                    "after": stored["after"],
                    "done": stored["done"],
                    "alive": now,
                    "attempts": 0,
                },
                "$inc": {"size": stored["size"], "left_out": stored["left_out"]},
            },
            return_document=True,
        )
        if document is None:
            raise NotFound("no-such-download")
        return _download(document)

    async def parts_of(self, job: Download) -> AsyncIterator[Part]:
        """The stretches stored so far, in order."""
        cursor = self._all_parts.find({"download": job.id}).sort("_id", 1)
        async for d in cursor:
            yield Part(d["entries"], d["rows"], d["size"])

    async def end(self, job: Download, state: DownloadState, problem: str = "") -> None:
        await self._jobs.update_one({"_id": job.id}, {"$set": {"state": state, "problem": problem}})

    async def set_aside(self, job: Download, problem: str) -> None:
        """Leave it as it is until somebody asks for it again."""
        values = {"state": DownloadState.FAILED, "problem": problem, "set_aside": True}
        await self._jobs.update_one({"_id": job.id}, {"$set": values})

    async def retry(self, job: Download) -> Download:
        """Go on where it was set aside.

        Raises:
            InvalidState: it was not.
        """
        alive = from_unix_micros(await self._clock.now())
        again = {
            "state": DownloadState.WORKING,
            "problem": "",
            "set_aside": False,
            "alive": alive,
            **self.attempts.anew,
        }
        document = await self._jobs.find_one_and_update(
            {"_id": job.id, "set_aside": True}, {"$set": again}, return_document=True
        )
        if document is None:
            raise InvalidState("job-not-set-aside")
        return _download(document)

    async def content(self, job: Download, start: int = 0) -> AsyncIterator[bytes]:
        """The bytes of the file from `start` on."""
        position = 0
        async for part in self._all_parts.find({"download": job.id}, {"size": 1, "pieces": 1}).sort("_id", 1):
            if position + part["size"] <= start:
                position += part["size"]
                continue
            async for piece in self._all_pieces.find({"_id": _below(part["pieces"])}).sort("_id", 1):
                data: bytes = piece["data"]
                if position + len(data) > start:
                    yield data[max(0, start - position) :]
                position += len(data)


def _below(name: str) -> Document:
    """Names that go on after this one and a slash."""
    return {"$gte": f"{name}/", "$lt": f"{name}0"}


def _download(d: Mapping[str, Any]) -> Download:
    fields = {name: d[name] for name in Download.__dataclass_fields__ if name in d}
    return Download(id=d["_id"], **{**fields, "state": DownloadState(d["state"])})
