"""The organizer's desk: what waits, the entries and their review, ways to results and certificates."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.entering import review
from services.registration.application.ports import StoredEntry
from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import Context, SignedIn
from shared.errors import LaurelError, NotFound
from shared.identity import Principal, Role
from shared.mongo import database_time
from shared.season.records import micros
from shared.web.forms import Filled, filled
from shared.web.season_header import SeasonHeader

STANDINGS = (
    "pending",
    "valid",
    "exhibition",
    "returned",
    "rejected",
    "draft",
    "late",
    "withdrawn",
    "consent_withdrawn",
)
MOST_SHOWN = 200


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration/seasons/{season_id}", include_in_schema=False)
    pages, store = context.pages, context.store

    async def desk_page(
        request: Request, season_id: str, principal: Principal, form: Filled, status: int = 200
    ) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        season = await season_of(season_id, store)
        wanted = request.query_params.get("standing", "")
        found = await context.entries.standings(season_id)
        counts = {name: found.get(name, 0) for name in STANDINGS}
        shown: list[StoredEntry] = []
        for name in [wanted] if wanted in STANDINGS else STANDINGS:
            if len(shown) < MOST_SHOWN and counts[name]:
                shown += await context.entries.standing(season_id, name, MOST_SHOWN - len(shown))
        return pages.render(
            request,
            "desk.html",
            {
                "rules": season.rules,
                "mode": season.mode,
                "season": SeasonHeader.of(season.rules),
                "counts": counts,
                "entries": shown,
                "total": counts[wanted] if wanted in STANDINGS else sum(counts.values()),
                "wanted": wanted,
                "units": await context.units.of(season_id),
                "form": form,
            },
            status=status,
        )

    @routes.get("/desk")
    async def desk(request: Request, season_id: str, principal: SignedIn) -> Response:
        return await desk_page(request, season_id, principal, Filled())

    @routes.post("/entries/{entry}/review")
    async def decide(request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        season, sent = await season_of(season_id, store, mode="live"), await filled(request)
        stored = await context.entries.find(season_id, entry)
        if stored is None:
            raise NotFound("no-such-entry")
        now = micros(await database_time(context.database))
        try:
            await review(season, stored, sent["verdict"], sent["reason"], principal.account, now, store)
        except LaurelError as error:
            form = Filled().refused(error, pages.translator(request))
            return await desk_page(request, season_id, principal, form, 409)
        return RedirectResponse(f"/registration/seasons/{season_id}/desk", status_code=303)

    return routes
