"""Answers about files: what was taken in, and each row that fell, with its sentence in both languages."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, Field

from shared.errors import Invalid, NotAllowed, pointer_of
from shared.http.client_address import address_of
from shared.identity import Principal, Role
from shared.programme.reading import ProgrammeRefused
from shared.season.csv_rows import Rejection, Report
from shared.season.plain_yaml import lines_of
from shared.season.reading import SeasonRefused, load_season
from shared.season.rules import SeasonRules
from shared.throttle import Counters, Throttle
from shared.web.translation import shared_catalog

CHECKS, CHECK_SECONDS = 30, 600.0
ORGANIZERS = (Role.CITY_ORGANIZER, Role.OPERATOR)


DryRun = Annotated[
    bool,
    Query(description="Only say what would become of each row. True unless said otherwise; the answer says which."),
]
"""For routes that take a file; everywhere `dry_run: DryRun = True`."""


class RejectedRow(BaseModel):
    """A row that fell, or is flagged."""

    file: str
    row: int
    column: str
    code: str
    message: dict[str, str]


class FileReport(BaseModel):
    """What became of a file. The same file again gives the same report and changes nothing."""

    file: str
    dry_run: bool = Field(description="Whether nothing was changed because only a dry run was asked for.")
    accepted: int
    changed: int
    rejected: list[RejectedRow]
    flagged: list[RejectedRow] = Field(default=[], description="Taken in, but there is something to see to.")


def require_organizer(principal: Principal) -> None:
    """For whoever organizes something: a season, a series, or everything.

    Raises:
        NotAllowed: nothing is theirs to organize.
    """
    if not any(grant.role in ORGANIZERS for grant in principal.grants):
        raise NotAllowed("role-needed")


def explain(rejections: Iterable[Rejection]) -> list[RejectedRow]:
    """Rejections with their sentences."""
    catalog = shared_catalog()
    return [
        RejectedRow(**rejection.model_dump(), message=catalog.both(f"code-{rejection.code}"))
        for rejection in rejections
    ]


def file_report(report: Report, *, dry_run: bool = False) -> FileReport:
    """The report as it is answered."""
    return FileReport(
        file=report.file,
        dry_run=dry_run,
        accepted=report.accepted,
        changed=report.changed,
        rejected=explain(report.rejected),
        flagged=explain(report.flagged),
    )


def fault_list(refused: SeasonRefused | ProgrammeRefused) -> list[dict[str, Any]]:
    """Every fault of the file of a season or a programme, with its sentence in both languages."""
    catalog = shared_catalog()
    file = "programme.yaml" if isinstance(refused, ProgrammeRefused) else "season.yaml"
    faults = []
    for fault in refused.faults:
        message = catalog.both(f"fault-{fault.code}", path=fault.path or file, detail=fault.detail)
        pointer = pointer_of(fault.path.split(".")) if fault.path else "/"
        faults.append({"pointer": pointer, "path": fault.path, "code": fault.code, "message": message})
    return faults


async def count_season_check(request: Request, principal: Principal | None, counters: Counters) -> None:
    """Count a check of a season file for anybody: organizers as often as they like, others sometimes.

    Raises:
        TooMany: this address has had its checks for now.
    """
    if principal and any(grant.role in ORGANIZERS for grant in principal.grants):
        return
    await Throttle(counters, "season-check", CHECKS, CHECK_SECONDS).spend(address_of(request))


async def season_from(body: bytes) -> SeasonRules:
    """The rules in the body of a request, read beside the event loop.

    Raises:
        Invalid: with every fault.
    """
    return await asyncio.to_thread(_season_from, body)


async def faults_in(text: str) -> tuple[SeasonRules | None, list[dict[str, Any]]]:
    """The rules that a text says, or every fault with its line and its sentence in both languages."""
    return await asyncio.to_thread(_faults_in, text)


def _faults_in(text: str) -> tuple[SeasonRules | None, list[dict[str, Any]]]:
    try:
        return load_season(text), []
    except SeasonRefused as refused:
        lines = lines_of(text, [fault.path for fault in refused.faults])
        return None, [{**fault, "line": lines.get(fault["path"])} for fault in fault_list(refused)]


def _season_from(body: bytes) -> SeasonRules:
    try:
        return load_season(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Invalid("file-unreadable", file="season.yaml", reason="NOT_UTF8", column="", place="") from error
    except SeasonRefused as refused:
        raise Invalid("season-refused", count=len(refused.faults), errors=fault_list(refused)) from refused
