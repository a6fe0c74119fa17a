"""Makes bulk downloads in the background of the service, few at a time, and takes up those that stopped."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from services.certificates.adapters.downloads import Download, Downloads, Part
from services.certificates.adapters.renderer import Renderer
from services.certificates.adapters.store import MongoCertificates
from services.certificates.application.archive import AT_FILE, Names, ZipChunk, lists, printable, row_of
from services.certificates.domain.documents import Certificate, MissingStatement
from services.certificates.domain.downloads import DownloadState
from shared.fair_slots import FairSlots
from shared.messaging.background import Background
from shared.mongo import SetAside

log = structlog.get_logger()

AT_ONCE = 2
LOOK_SECONDS = 5.0
"""How often a process looks for downloads on which nobody works."""
STRETCH = 100
"""Documents of a stretch: what is made again at most when a process stops."""
VOLUME = 500
"""Certificates of one PDF for a printer."""


class Downloading(Background):
    """The downloads of one process. A job waits for its season's one before it, so that pages stay quick."""

    def __init__(
        self,
        downloads: Downloads,
        certificates: MongoCertificates,
        renderer: Renderer,
        names: Callable[[str], Awaitable[Names]],
    ) -> None:
        super().__init__("downloading")
        self._names = names
        self._downloads, self._certificates, self._renderer = downloads, certificates, renderer
        self._slots = FairSlots(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def _run(self) -> None:
        while True:
            try:
                await self.take_up()
            except Exception as error:  # noqa: BLE001 - the next look tries again
                log.warning("downloads_not_looked_for", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    def begin(self, job: Download) -> None:
        """Work on it until it is done; returns at once."""
        if job.id in self._tasks:
            return
        task = asyncio.create_task(self._work(job), name=f"download-{job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    async def take_up(self) -> int:
        """Go on with jobs on which nobody works; how many."""
        downloads = await self._downloads.take_stale()
        for job in downloads:
            self.begin(job)
        return len(downloads)

    async def _work(self, job: Download) -> None:
        downloads = self._downloads
        try:
            async with self._slots.of(job.season), downloads.attempts.at(job.id, DownloadState.WORKING) as mine:
                if mine:
                    await (self._zip(job) if job.form == "zip" else self._print(job))
                    await downloads.end(job, DownloadState.DONE)
        except SetAside as error:
            await downloads.set_aside(job, error.code)
        except MissingStatement as error:
            await downloads.end(job, DownloadState.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - it is taken up again
            log.warning("download_stopped", job=job.id, error=type(error).__name__)

    async def _next(self, job: Download, most: int) -> tuple[list[Certificate], str]:
        """The certificates that follow, at most so many; and how far that is, empty at the end."""
        certificates: list[Certificate] = []
        wanted = {**job.wanted, **({"serial": {"$gt": job.after}} if job.after else {})}
        after = ""
        async for certificate in self._certificates.of_season(job.season, wanted):
            after = certificate.serial
            if printable(certificate):
                certificates.append(certificate)
            if len(certificates) == most:
                return certificates, after
        return certificates, after

    async def _zip(self, job: Download) -> None:
        names = await self._names(job.season)
        while True:
            certificates, after = await self._next(job, STRETCH)
            if not after:
                break
            stretch, rows = ZipChunk(job.size), []
            documents = await self._renderer.many(certificates)
            for number, (certificate, document) in enumerate(zip(certificates, documents, strict=True), job.done + 1):
                if document:
                    stretch.add(names.file_of(certificate), certificate.current.at, document)
                place = (
                    (names.file_of(certificate), "") if document else ("", await self._renderer.problem(certificate))
                )
                rows.append(row_of(certificate, number, self._renderer.address(certificate), *place))
            job = await self._kept(job, stretch, rows, after, len(certificates))
        await self._finish(job)

    async def _print(self, job: Download) -> None:
        while True:
            certificates, after = await self._next(job, VOLUME)
            if not after or not certificates:
                break
            books, aside = await self._renderer.book(certificates, crop=job.crop)
            if job.parts == 0 and job.total <= VOLUME and len(books) == 1 and not aside:
                await self._downloads.keep_part(job, Part((), (), len(books[0])), books[0], after, len(certificates))
                return
            stretch, newest = ZipChunk(job.size), max(certificate.current.at for certificate in certificates)
            names = [f"print-{job.parts + 1:03d}-{number}.pdf" for number in range(1, len(books) + 1)]
            for name, book in zip(names, books, strict=True):
                stretch.add(name, newest, book)
            place = " ".join(names)
            rows = []
            for number, certificate in enumerate(certificates, job.done + 1):
                where = ("", await self._renderer.problem(certificate)) if certificate in aside else (place, "")
                rows.append(row_of(certificate, number, self._renderer.address(certificate), *where))
            job = await self._kept(job, stretch, rows, after, len(certificates))
        await self._finish(job)

    async def _kept(
        self, job: Download, stretch: ZipChunk, rows: Sequence[Sequence[str]], after: str, more: int
    ) -> Download:
        content = stretch.take()
        part = Part(stretch.entries, rows, len(content), sum(1 for row in rows if not row[AT_FILE]))
        return await self._downloads.keep_part(job, part, content, after, job.done + more)

    async def _finish(self, job: Download) -> None:
        entries: list[Sequence[Any]] = []
        rows: list[Sequence[str]] = []
        async for part in self._downloads.parts_of(job):
            entries += part.entries
            rows += part.rows
        stretch = ZipChunk(job.size)
        lists(stretch, rows, max((entry[1] for entry in entries), default=job.created_at))
        content = stretch.take() + stretch.close(entries)
        await self._downloads.keep_part(job, Part((), (), len(content)), content, job.after, job.done)
