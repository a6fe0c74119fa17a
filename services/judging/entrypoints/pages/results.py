"""The organizer's results: how far judging is, the ranking as it stands, and the three steps to final awards."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.judging.application.handing_out import hand_out
from services.judging.application.ports import JudgedSeason
from services.judging.application.rounds import announce, close_round, finalize, gather_facts
from services.judging.domain.facts import Judge
from services.judging.domain.results import compute
from services.judging.domain.rounding import fixed
from services.judging.domain.support import unsupported
from services.judging.entrypoints.context import Context, SignedIn
from shared.errors import Invalid, LaurelError, Refused
from shared.identity import Principal, Role
from shared.web.forms import Filled, filled
from shared.web.season_header import SeasonHeader


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/judging/seasons/{season_id}", include_in_schema=False)
    pages, store = context.pages, context.store

    async def results_page(request: Request, season: JudgedSeason, form: Filled, status: int = 200) -> Response:
        missing = unsupported(season.rules)
        page: dict[str, Any] = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "stage": season.stage,
            "mode": season.mode,
            "found": season,
            "missing": missing,
            "form": form,
            "results": None,
            "ballots": await context.ballots.count(season.id, season.rules.rounds[0].id),
            "provisional": await context.results.find(season.id, "provisional"),
            "final": await context.results.find(season.id, "final"),
            "fixed": fixed,
        }
        if not missing:
            final = season.stage in ("finalizing", "final")
            page["results"] = compute(await gather_facts(season, store), "final" if final else "provisional")
        return pages.render(request, "results.html", page, status=status)

    @routes.get("/results")
    async def results(request: Request, season_id: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE, Role.AUDITOR)
        return await results_page(request, await context.season(season_id), Filled())

    async def step(
        request: Request, season_id: str, principal: Principal, act: Callable[[JudgedSeason, str], Awaitable[None]]
    ) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        season, sent = await context.season(season_id), await filled(request)
        try:
            await act(season, sent["reason"])
        except LaurelError as error:
            return await results_page(request, season, sent.refused(error, pages.translator(request)), 409)
        return RedirectResponse(f"/judging/seasons/{season_id}/results", status_code=303)

    @routes.post("/closing")
    async def close(request: Request, season_id: str, principal: SignedIn) -> Response:
        return await step(request, season_id, principal, lambda s, reason: close_round(s, None, reason, store))

    @routes.post("/announcement")
    async def announcement(request: Request, season_id: str, principal: SignedIn) -> Response:
        return await step(request, season_id, principal, lambda s, _: announce(s, None, store))

    @routes.post("/finalization")
    async def finalization(request: Request, season_id: str, principal: SignedIn) -> Response:
        return await step(request, season_id, principal, lambda s, reason: finalize(s, None, reason, store))

    @routes.post("/panels")
    async def give_out(request: Request, season_id: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
        season = await context.season(season_id)
        if season.mode != "live":
            raise Refused("records-season")
        return await judges_page(request, season, Filled(), handed=await hand_out(season, store, context.panels))

    async def judges_page(
        request: Request,
        season: JudgedSeason,
        form: Filled,
        status: int = 200,
        *,
        handed: Mapping[str, int] | None = None,
    ) -> Response:
        listed = sorted((await context.facts.judges(season.id)).values(), key=lambda judge: judge.judge)
        page = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "judges": listed,
            "form": form,
            "mode": season.mode,
            "handed": handed,
        }
        return pages.render(request, "judges.html", page, status=status)

    @routes.get("/judges")
    async def judges(request: Request, season_id: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        return await judges_page(request, await context.season(season_id), Filled())

    @routes.post("/judges")
    async def record_judge(request: Request, season_id: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        season = await context.season(season_id)
        form = await request.form()
        sent = await filled(request)
        tracks = tuple(str(value) for value in form.getlist("tracks"))
        errors = []
        if not sent["judge"] or not sent["judge"].replace("-", "").replace("_", "").replace(".", "").isalnum():
            errors.append({"pointer": "/judge", "field": "judge", "code": "field-judge"})
        if not tracks or not set(tracks) <= {track.id for track in season.rules.tracks}:
            errors.append({"pointer": "/tracks", "field": "tracks", "code": "field-tracks"})
        if errors or season.mode != "live":
            refused = Invalid("fields-invalid", errors=errors) if errors else Invalid("records-season")
            return await judges_page(request, season, sent.refused(refused, pages.translator(request)), 422)
        conflicts = tuple(part.strip() for part in sent["conflicts"].split(";") if part.strip())
        await context.facts.save_judges(
            season_id, [Judge(sent["judge"], sent["employer"], tracks, conflicts, "scoring")]
        )
        return RedirectResponse(f"/judging/seasons/{season_id}/judges", status_code=303)

    return routes
