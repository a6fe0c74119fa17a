"""Answers about files: what was taken in, and each row that fell, with its sentence in both languages."""

import asyncio
from collections.abc import Iterable
from typing import Any

from fastapi import Request
from pydantic import BaseModel

from shared.errors import Invalid
from shared.http.client_address import address_of
from shared.identity import Role
from shared.identity.authenticator import current_user
from shared.season.csv_rows import Rejection, Report
from shared.season.reading import SeasonRefused, load_season
from shared.season.rules import SeasonRules
from shared.throttle import Counters, Throttle
from shared.web.translation import shared_catalog

CHECKS, CHECK_SECONDS = 30, 600.0
ORGANIZERS = (Role.CITY_ORGANIZER, Role.OPERATOR)


class RejectedRow(BaseModel):
    """A row that fell."""

    file: str
    row: int
    column: str
    code: str
    message: dict[str, str]


class FileReport(BaseModel):
    """What became of a file. The same file again gives the same report and changes nothing."""

    file: str
    accepted: int
    changed: int
    rejected: list[RejectedRow]


def explain(rejections: Iterable[Rejection]) -> list[RejectedRow]:
    """Rejections with their sentences."""
    catalog = shared_catalog()
    return [
        RejectedRow(**rejection.model_dump(), message=catalog.both(f"code-{rejection.code}"))
        for rejection in rejections
    ]


def file_report(report: Report) -> FileReport:
    """The report as it is answered."""
    return FileReport(
        file=report.file, accepted=report.accepted, changed=report.changed, rejected=explain(report.rejected)
    )


def fault_list(refused: SeasonRefused) -> list[dict[str, Any]]:
    """Every fault of a season file, with its sentence in both languages."""
    catalog = shared_catalog()
    faults = []
    for fault in refused.faults:
        message = catalog.both(f"fault-{fault.code}", path=fault.path or "season.yaml", detail=fault.detail)
        faults.append({"path": fault.path, "code": fault.code, "detail": message["en"], "message": message})
    return faults


async def count_season_check(request: Request, counters: Counters) -> None:
    """Count a check of a season file for anybody: organizers as often as they like, others sometimes.

    Raises:
        TooMany: this address has had its checks for now.
    """
    principal = await current_user(request)
    if principal and any(grant.role in ORGANIZERS for grant in principal.grants):
        return
    await Throttle(counters, "season-check", CHECKS, CHECK_SECONDS).spend(address_of(request))


async def season_from(body: bytes) -> SeasonRules:
    """The rules in the body of a request, read beside the event loop.

    Raises:
        Invalid: with every fault.
    """
    return await asyncio.to_thread(_season_from, body)


def _season_from(body: bytes) -> SeasonRules:
    try:
        return load_season(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Invalid("file-unreadable", file="season.yaml", reason="NOT_UTF8", column="") from error
    except SeasonRefused as refused:
        raise Invalid("season-refused", count=len(refused.faults), errors=fault_list(refused)) from refused
