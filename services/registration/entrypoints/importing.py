"""Runs imports of classes in the background of the service, few at a time, and takes up those that stopped."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated

import structlog
from fastapi import Depends, Request

from services.registration.adapters.jobs import Job
from services.registration.adapters.sheets import read_table, with_fields, wording
from services.registration.application.classes import NONE, Answers, ClassRun, Mode
from services.registration.application.ports import Season
from services.registration.application.seasons import season_of
from services.registration.domain.class_sheet import ImportState
from services.registration.domain.reviewing import below
from services.registration.entrypoints.access import StaffView, staff_view
from services.registration.entrypoints.context import Context
from shared.errors import Invalid, InvalidState, LaurelError, NotFound, Unavailable
from shared.fair_slots import FairSlots
from shared.identity import Principal
from shared.mongo import SetAside
from shared.sheets.reading import check_certain

log = structlog.get_logger()

MODES: tuple[Mode, ...] = ("right-rows", "all-or-nothing")
READ = 1024 * 1024
AT_ONCE = 2


class Importing:
    """The imports of one process. A file waits for its season's one before it, so that pages stay quick."""

    def __init__(self, context: Context) -> None:
        self._context, self._wording = context, wording(context.pages.catalog)
        self._slots = FairSlots(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def check_certain(self, file: str, content: bytes) -> None:
        """Raises UnreadableSheet: whoever sent it has to say in which encoding it is."""
        await check_certain(file, content, self._wording.columns.words)

    def start(self, job: Job) -> None:
        """Check or apply it, as its state says; returns at once."""
        if job.id in self._tasks:
            return
        task = asyncio.create_task(self.run(job), name=f"import-{job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    async def run(self, job: Job) -> None:
        """Go through the file. Whatever stops it, the job says so, is taken up again, or is set aside."""
        jobs = self._context.jobs
        try:
            async with self._slots.of(job.season), jobs.attempts.at(job.id, job.state) as mine:
                if mine:
                    await self._through(job)
        except SetAside as error:
            await jobs.set_aside(job, {"code": error.code, "values": error.values})
        except Unavailable as error:
            log.info("import_waits", job=job.id, code=error.code)
        except LaurelError as error:
            await jobs.end(job.id, ImportState.FAILED, {"code": error.code, "values": error.values})
            await self._context.files.uploads.remove(job.upload)
        except Exception as error:  # noqa: BLE001 - the sweeper takes it up again
            log.warning("import_stopped", job=job.id, error=type(error).__name__)

    async def _through(self, job: Job) -> None:
        context = self._context
        await context.files.uploads.find(job.upload)
        content = b"".join([part async for part in context.files.uploads.content(job.upload)])
        season = await season_of(job.season, context.store, mode="live")
        table = await read_table(job.file, content, with_fields(self._wording, season.rules), job.season)
        units = below(await context.read.units.of(job.season), job.unit)
        run = ClassRun(season, table, units, job.unit, job.account, context.store, job.answers)
        total = len(table.rows) + len(table.fallen)
        apply = job.state == ImportState.APPLYING
        if apply and job.mode == "all-or-nothing":
            rehearsal = ClassRun(season, table, units, job.unit, job.account, context.store, job.answers)
            for rows in rehearsal.chunks:
                await rehearsal.chunk(rows, apply=False)
            if stays := rehearsal.tally.fallen + rehearsal.tally.asked:
                raise InvalidState("import-not-all", count=stays)
        await context.jobs.progress(job.id, total, run.tally)
        for rows in run.chunks:
            await run.chunk(rows, apply=apply)
            await context.jobs.progress(job.id, total, run.tally)
        await context.jobs.end(job.id, ImportState.DONE if apply else ImportState.CHECKED)
        if apply:  # it names children, and nobody needs it any more
            await context.files.uploads.remove(job.upload)

    async def take_up(self) -> int:
        """The sweeper: go on with jobs that stopped with their process."""
        job = await self._context.jobs.take_stopped()
        if job is None:
            return 0
        self.start(job)
        return 1


async def registers_classes(context: Context, season_id: str, principal: Principal) -> StaffView:
    """The season and the part of it whose schools this principal may register.

    Raises:
        NotAllowed: none.
    """
    return await staff_view(context, season_id, principal, mode="live", decides=True)


async def own_job(context: Context, season_id: str, job_id: str, principal: Principal) -> tuple[Season, Job]:
    """An import that this principal began.

    Raises:
        NotFound: there is none.
    """
    look = await registers_classes(context, season_id, principal)
    job = await context.jobs.find(season_id, job_id)
    if job.account != principal.account:
        raise NotFound("no-such-import")
    return look.season, job


async def start_import(
    context: Context, importing: Importing, look: StaffView, principal: Principal, name: str, content: bytes
) -> Job:
    """Keep the file for some days at most, and begin to check it."""
    upload = await context.files.uploads.begin(look.season.id, "", principal.account, name, len(content))
    await context.files.uploads.write(upload, 0, _whole(content))
    job = await context.jobs.begin(look.season.id, look.scope.unit, principal.account, name[:200], upload.id)
    importing.start(job)
    return job


async def retry_import(context: Context, importing: Importing, job: Job) -> None:
    """Go on with one that was set aside.

    Raises:
        InvalidState: it was not.
    """
    importing.start(await context.jobs.retry(job))


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), READ):
        yield content[start : start + READ]


async def apply_import(context: Context, importing: Importing, job: Job, mode: str, answers: Answers = NONE) -> None:
    """Let the rows of a checked file in.

    Raises:
        Invalid: the mode is unknown.
        InvalidState: rows fall and all or nothing is wanted, or it has been applied.
    """
    chosen = next((each_mode for each_mode in MODES if each_mode == mode), None)
    if chosen is None:
        raise Invalid("import-mode")
    stays = job.progress.get("fallen", 0) + (0 if answers.others else job.progress.get("asked", 0))
    if mode == "all-or-nothing" and stays:
        raise InvalidState("import-not-all", count=stays)
    await context.jobs.apply(replace(job, answers=answers), chosen)
    importing.start(await context.jobs.find(job.season, job.id))


async def _importing(request: Request) -> Importing:
    importing: Importing = request.app.state.importing
    return importing


ImportingOf = Annotated[Importing, Depends(_importing)]
