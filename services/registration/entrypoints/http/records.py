"""The records interface: files and dated actions of a season whose records state their own times."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.actions import apply_action
from services.registration.application.imports import IMPORTS, RowRejected, record_entry
from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import ContextOf, SignedIn
from shared.errors import Invalid, pointer_of
from shared.http.contract import Csv
from shared.http.reports import FileReport, explain, file_report
from shared.identity import Role
from shared.season.csv_rows import Rejection
from shared.season.rules import LONGEST_ANSWER
from shared.states import EntryStatus

FolderFile = Literal["units", "entries", "summaries", "media"]
Heading = Annotated[str, Field(max_length=2000)]
Cell = Annotated[str, Field(max_length=LONGEST_ANSWER)]


class RowIn(BaseModel):
    """A row as it stands in the file: the header, and as many cells."""

    model_config = ConfigDict(extra="forbid")

    columns: Annotated[tuple[Heading, ...], Field(min_length=1, max_length=100)]
    cells: Annotated[tuple[Cell, ...], Field(max_length=100)]


class RowOut(BaseModel):
    entry: str
    version: int
    standing: EntryStatus


def _fault(rejection: Rejection) -> dict[str, Any]:
    message = explain([rejection])[0].message
    return {"pointer": pointer_of(["cells", rejection.column]), "code": rejection.code, "message": message}


router = APIRouter(prefix="/registration/v1/seasons/{season}/records", tags=["records"])


@router.put("/{kind}", summary="Hand in a file of the season folder")
async def hand_in(context: ContextOf, season: str, kind: FolderFile, content: Csv, principal: SignedIn) -> FileReport:
    """Rows fall one by one, each with the code of the first check it failed. The same file again changes nothing.

    Units state no times, so a live season takes them in the same way. `media` is there where the season takes material.
    """
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await season_of(season, context.store, mode=None if kind == "units" else "records")
    report = await IMPORTS[kind](stored_season, content, context.store)
    return file_report(report)


@router.post("/entries", status_code=201, summary="Hand in one row of entries.csv")
async def hand_in_row(context: ContextOf, season: str, content: RowIn, principal: SignedIn) -> RowOut:
    """Checked like a row that stands behind all that are there. 422 with column and code of the first check it failed."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await season_of(season, context.store, mode="records")
    try:
        stored = await record_entry(stored_season, content.columns, content.cells, context.store)
    except RowRejected as rejected:
        raise Invalid(rejected.code, errors=[_fault(rejected.rejection)], **rejected.values) from rejected
    return RowOut(entry=stored.entry.entry, version=stored.version, standing=stored.standing)


@router.put("/actions/{action}", summary="Hand in a dated action that registration decides")
async def act(
    context: ContextOf, season: str, action: str, content: dict[str, Any], principal: SignedIn
) -> dict[str, object]:
    """`extension`, `withdrawal`, `consent_withdrawal`, `name_correction` or `transfer`, with the time it states."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await season_of(season, context.store, mode="records")
    return {**await apply_action(stored_season, action, content, context.store)}
