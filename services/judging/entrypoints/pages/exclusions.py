"""Entries that are disqualified and awards that are revoked, without an objection: the list, and the form."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.judging.application.excluding import (
    EXCLUSIONS,
    confirm_exclusion,
    exclude,
    take_back_exclusion,
    waiting_exclusions,
)
from services.judging.application.ports import JudgedSeason
from services.judging.application.signing import signatory
from services.judging.domain.signatures import exclusions_take_two
from services.judging.domain.stages import SETTLED
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import Invalid, InvalidState, LaurelError, error_at
from shared.identity import Principal, Role
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status
from shared.web.season_header import season_frame

router = APIRouter(prefix="/judging/seasons/{season_id}/exclusions", include_in_schema=False)


async def page(
    context: Context, request: Request, season: JudgedSeason, principal: Principal, form: FormData, status: int = 200
) -> Response:
    shown = {
        **season_frame(season.rules, season.mode),
        "form": form,
        "kinds": EXCLUSIONS,
        "settled": season.stage in SETTLED,
        "may_decide": principal.may(season.id, Role.CITY_ORGANIZER) and season.mode == "live",
        "waiting": await waiting_exclusions(season, context.store),
        "account": principal.account,
        "takes_two": exclusions_take_two(season.rules, season.mode),
        "excluded": await context.facts.excluded(season.id),
    }
    return context.pages.render(request, "exclusions.html", shown, status=status)


@router.get("")
async def listed(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.AUDITOR)
    asked = FormData({"entry": request.query_params.get("entry", "")})
    return await page(context, request, await context.season(season_id), principal, asked)


@router.post("")
async def decide(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Afterwards, where results are final, to the revision that it proposes."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await context.season(season_id), await read_form(request)
    try:
        kind = next((kind for kind in EXCLUSIONS if kind == sent["kind"]), None)
        if kind is None:
            raise Invalid("fields-invalid", errors=[error_at("kind", "exclusion-kind-missing")])
        require_word(context.pages, request, sent, FinalAct.EXCLUDE)
        by = await signatory(season, principal, context.store)
        counts = await exclude(season, kind, sent["entry"], [sent["round"]], sent["reason"], by, context.store)
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, season, principal, refused, 422)
    then = "revision" if counts and season.stage in SETTLED else "exclusions"
    return RedirectResponse(f"/judging/seasons/{season_id}/{then}", status_code=303)


@router.post("/{exclusion}/confirmation")
async def confirm(
    context: ContextOf, request: Request, season_id: str, exclusion: str, principal: SignedIn
) -> Response:
    """A second person agrees to a disqualification."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await context.season(season_id), await read_form(request)
    try:
        require_word(context.pages, request, sent, FinalAct.EXCLUDE)
        await confirm_exclusion(season, exclusion, await signatory(season, principal, context.store), context.store)
    except (Invalid, InvalidState) as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, season, principal, refused, refused_status(error))
    then = "revision" if season.stage in SETTLED else "exclusions"
    return RedirectResponse(f"/judging/seasons/{season_id}/{then}", status_code=303)


@router.post("/{exclusion}/withdrawal")
async def take_back(
    context: ContextOf, request: Request, season_id: str, exclusion: str, principal: SignedIn
) -> Response:
    """A disqualification that waits is dropped, with a reason."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await context.season(season_id), await read_form(request)
    try:
        by = await signatory(season, principal, context.store)
        await take_back_exclusion(season, exclusion, sent[f"back-{exclusion}"], by, context.store)
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, season, principal, refused, refused_status(error))
    return RedirectResponse(f"/judging/seasons/{season_id}/exclusions", status_code=303)
