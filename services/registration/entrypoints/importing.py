"""Runs imports of classes in the background of the service, one after another, and takes up those that stopped."""

import asyncio

import structlog

from services.registration.adapters.jobs import Job
from services.registration.adapters.sheets import read_table, wording
from services.registration.application.classes import ClassRun
from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import Context
from shared.errors import LaurelError, Refused

log = structlog.get_logger()


class Importing:
    """The imports of one process. A file waits for the one before it, so that pages stay quick."""

    def __init__(self, context: Context) -> None:
        self._context, self._wording = context, wording(context.pages.catalog)
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, job: Job) -> None:
        """Check or apply it, as its state says; returns at once."""
        task = asyncio.create_task(self.run(job), name=f"import-{job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self, job: Job) -> None:
        """Go through the file. Whatever stops it, the job says so or is taken up again."""
        jobs = self._context.jobs
        async with self._one_at_a_time:
            try:
                await self._through(job)
            except LaurelError as error:
                await jobs.end(job.id, "failed", {"code": error.code, "values": error.values})
            except Exception as error:  # noqa: BLE001 - the sweeper takes it up again
                log.warning("import_stopped", job=job.id, error=type(error).__name__)

    async def _through(self, job: Job) -> None:
        context = self._context
        content = b"".join([part async for part in context.uploads.content(job.upload)])
        table = await asyncio.to_thread(read_table, job.file, content, self._wording)
        season, units = await season_of(job.season, context.store, mode="live"), await context.units.of(job.season)
        run = ClassRun(season, table, units, job.unit, job.account, context.store)
        apply = job.state == "applying"
        if apply and job.mode == "all-or-nothing":
            rehearsal = ClassRun(season, table, units, job.unit, job.account, context.store)
            for rows in rehearsal.chunks:
                await rehearsal.chunk(rows, apply=False)
            if rehearsal.tally.fallen:
                raise Refused("import-not-all", count=rehearsal.tally.fallen)
        for rows in run.chunks:
            await run.chunk(rows, apply=apply)
            await context.jobs.progress(job.id, len(table.rows), run.tally)
        await context.jobs.progress(job.id, len(table.rows), run.tally)
        await context.jobs.end(job.id, "done" if apply else "checked")

    async def take_up(self) -> int:
        """The sweeper: go on with jobs that stopped with their process."""
        job = await self._context.jobs.take_stopped()
        if job is None:
            return 0
        self.start(job)
        return 1
