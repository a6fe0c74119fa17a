"""Run sheets and test scores of a live season: hand in a file, and confirm somebody else's."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.judging.application.entered import Kind, confirm, enter
from services.judging.application.ports import JudgedSeason
from services.judging.application.signing import signatory
from services.judging.domain.sheets import COLUMNS
from services.judging.domain.signatures import scores_take_two
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import InvalidState, LaurelError
from shared.identity import Role
from shared.season.csv_rows import Rejection
from shared.sheets.encodings import Reading
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status
from shared.web.season_header import season_frame
from shared.web.tables import refused_table, sent_table

router = APIRouter(prefix="/judging/seasons/{season_id}/sheets", include_in_schema=False)


async def page(
    context: Context,
    request: Request,
    season: JudgedSeason,
    form: FormData,
    rejected: list[Rejection] | None = None,
    readings: Sequence[Reading] = (),
    status: int = 200,
) -> Response:
    round_ = season.shown
    kinds = {
        kind
        for scoring in round_.scoring.values()
        for component in scoring.components
        for kind, used in (("runs", component.runs), ("tests", component.test))
        if used
    }
    values = {
        **season_frame(season.rules, season.mode),
        "form": form,
        "round": round_,
        "kinds": sorted(kinds),
        "columns": COLUMNS,
        "listed": await context.entered.of(season.id),
        "rejected": rejected or [],
        "readings": readings,
        "open": season.current is not None and season.mode == "live",
        "second": scores_take_two(season.rules, season.mode),
    }
    return context.pages.render(request, "sheets.html", values, status=status)


@router.get("")
async def show(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    return await page(context, request, await context.season(season_id), FormData())


@router.post("")
async def hand_in(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    season, sent, table = await context.season(season_id), await read_form(request), await sent_table(request)
    kind: Kind = "runs" if sent["kind"] == "runs" else "tests"
    try:
        if season.mode != "live":
            raise InvalidState("records-season")
        content, who = await table.content(), await signatory(season, principal, context.store)
        _, rejected = await enter(season, season.shown.id, kind, content, who, context.store, context.entered)
    except LaurelError as error:
        refused, readings = await refused_table(sent, table, error, context.pages.translator(request))
        return await page(context, request, season, refused, readings=readings, status=422)
    return await page(context, request, season, FormData({"done": "1"}), list(rejected))


@router.post("/{entered}/confirmation")
async def confirm_sheet(
    context: ContextOf, request: Request, season_id: str, entered: str, principal: SignedIn
) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    season, sent = await context.season(season_id), await read_form(request)
    try:
        require_word(context.pages, request, sent, FinalAct.CONFIRM_SCORES)
        await confirm(
            season, entered, await signatory(season, principal, context.store), context.store, context.entered
        )
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, season, refused, status=refused_status(error))
    return RedirectResponse(f"/judging/seasons/{season_id}/sheets", status_code=303)
