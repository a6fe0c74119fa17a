"""The records interface of judging: judges, ballots and decisions with the times they state."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body

from services.judging.application.ports import JudgedSeason
from services.judging.application.sheets import apply_action, import_ballots, import_judges, import_nothing
from services.judging.domain.support import unsupported
from services.judging.entrypoints.context import Context, SignedIn
from shared.errors import Refused
from shared.http.reports import FileReport, file_report
from shared.identity import Principal, Role

Csv = Annotated[bytes, Body(media_type="text/csv", description="The file, UTF-8.")]


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/judging/v1/seasons/{season}/records", tags=["records"])

    async def kept_in_records(season: str, principal: Principal) -> JudgedSeason:
        principal.require(season, Role.CITY_ORGANIZER)
        found = await context.season(season)
        if found.mode != "records":
            raise Refused("live-season")
        missing = unsupported(found.rules)
        if missing:
            raise Refused("rules-unsupported", features=", ".join(missing))
        return found

    @routes.put("/{kind}", summary="Hand in a file of the season folder")
    async def hand_in(
        season: str, kind: Literal["judges", "ballots", "runs", "tests"], content: Csv, principal: SignedIn
    ) -> FileReport:
        """Rows fall one by one, each with the code of the first check it failed. The same file again changes nothing."""
        found = await kept_in_records(season, principal)
        if kind == "judges":
            report = await import_judges(found, content, context.store)
        elif kind == "ballots":
            report = await import_ballots(found, content, context.store)
        else:
            report = await import_nothing(kind, content)
        return file_report(report)

    @routes.put("/actions/{action}", summary="Hand in a dated decision that changes results")
    async def act(season: str, action: str, content: dict[str, Any], principal: SignedIn) -> dict[str, bool]:
        """`objection`, with its outcome and the time it states. The same one again changes nothing."""
        found = await kept_in_records(season, principal)
        return {"new": await apply_action(found, action, content, context.store)}

    return routes
