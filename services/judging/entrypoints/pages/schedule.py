"""The judging day: plan it, print it by room, with sheets to score on paper when everything else fails."""

from collections import defaultdict
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from services.judging.application.ports import JudgedSeason
from services.judging.application.scheduling import Day, plan_day
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import Invalid, LaurelError, NotFound
from shared.identity import Role
from shared.season.csv_rows import write_marked_csv
from shared.season.time import from_unix_micros, parse_moment
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

CHIEFS = (Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)


router = APIRouter(prefix="/judging/seasons/{season_id}/schedule", include_in_schema=False)


async def page(context: Context, request: Request, season: JudgedSeason, form: FormData, status: int = 200) -> Response:
    panels: dict[str, list[str]] = defaultdict(list)
    for judge, works in (await context.panels.all(season.id, season.shown.id)).items():
        for name in works:
            panels[name].append(judge)
    values: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "form": form,
        "round": season.shown,
        "days": await context.days.of(season.id, season.shown.id),
        "panels": panels,
        "rubrics": {
            track: [season.rules.rubrics[part.rubric] for part in scoring.components if part.rubric]
            for track, scoring in season.shown.scoring.items()
        },
    }
    return context.pages.render(request, "schedule.html", values, status=status)


@router.get("")
async def show(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, *CHIEFS)
    return await page(context, request, await context.season(season_id), FormData())


@router.post("")
async def make(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, *CHIEFS)
    season, sent = await context.season(season_id), await read_form(request)
    try:
        begins = parse_moment(f"{sent['begins']}:00", season.rules.zone)
        if begins is None or sent["track"] not in {track.id for track in season.rules.tracks}:
            raise Invalid("schedule-frame")
        await plan_day(
            season,
            sent["track"],
            begins,
            _number(sent["minutes"]),
            _number(sent["slots"]),
            sent["rooms"].replace("\n", ";").split(";"),
            context.store,
            context.days,
        )
    except LaurelError as error:
        return await page(context, request, season, sent.with_errors(error, context.pages.translator(request)), 422)
    return RedirectResponse(f"/judging/seasons/{season_id}/schedule", status_code=303)


@router.get("/{track}.csv")
async def table(context: ContextOf, season_id: str, track: str, principal: SignedIn) -> Response:
    principal.require(season_id, *CHIEFS)
    season = await context.season(season_id)
    day: Day | None = next(
        (day for day in await context.days.of(season_id, season.shown.id) if day.track == track), None
    )
    if day is None:
        raise NotFound("no-such-page")
    rows = [
        (
            place.room,
            from_unix_micros(day.at(place.slot)).astimezone(season.rules.zone).strftime("%Y-%m-%d %H:%M"),
            place.entry,
        )
        for place in day.places
    ]
    return PlainTextResponse(write_marked_csv(("room", "time", "entry"), rows), media_type="text/csv")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
