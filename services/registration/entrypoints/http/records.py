"""The records interface: files and dated actions of a season whose records state their own times."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body

from services.registration.application.actions import apply_action
from services.registration.application.imports import IMPORTS
from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import Context, SignedIn
from shared.http.reports import FileReport, file_report
from shared.identity import Role

Csv = Annotated[bytes, Body(media_type="text/csv", description="The file, UTF-8.")]


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration/v1/seasons/{season}/records", tags=["records"])

    @routes.put("/{kind}", summary="Hand in a file of the season folder")
    async def hand_in(
        season: str, kind: Literal["units", "entries", "summaries"], content: Csv, principal: SignedIn
    ) -> FileReport:
        """Rows fall one by one, each with the code of the first check it failed. The same file again changes nothing.

        Units state no times, so a live season takes them in the same way.
        """
        principal.require(season, Role.CITY_ORGANIZER)
        found = await season_of(season, context.store, mode=None if kind == "units" else "records")
        report = await IMPORTS[kind](found, content, context.store)
        return file_report(report)

    @routes.put("/actions/{action}", summary="Hand in a dated action that registration decides")
    async def act(season: str, action: str, content: dict[str, Any], principal: SignedIn) -> dict[str, Any]:
        """`extension`, `withdrawal`, `consent_withdrawal`, `name_correction` or `transfer`, with the time it states."""
        principal.require(season, Role.CITY_ORGANIZER)
        found = await season_of(season, context.store, mode="records")
        return await apply_action(found, action, content, context.store)

    return routes
