"""What registration works out of a season, as the tables that a season folder expects."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal

from fastapi import APIRouter

from services.registration.application import material
from services.registration.application.ports import Season, Store
from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import ContextOf, SignedIn
from shared.http.contract import CsvResponse
from shared.identity import Role
from shared.season.csv_rows import write_csv

Table = Literal["media"]
Rows = Callable[[Season, Store], Awaitable[Sequence[Sequence[str]]]]
TABLES: Mapping[Table, tuple[Sequence[str], Rows]] = {"media": (material.COLUMNS, material.media_rows)}

router = APIRouter(prefix="/registration/v1/seasons/{season}/tables", tags=["results"])


@router.get("/{table}.csv", summary="A table that registration works out of a season", response_class=CsvResponse)
async def read(context: ContextOf, season: str, table: Table, principal: SignedIn) -> CsvResponse:
    """`media`: each item of material, whether it came in time, and whether everybody may see it."""
    principal.require(season, Role.CITY_ORGANIZER)
    columns, rows = TABLES[table]
    return CsvResponse(write_csv(columns, await rows(await season_of(season, context.store), context.store)))
