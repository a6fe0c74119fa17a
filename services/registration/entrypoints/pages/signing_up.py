"""A student's first step: who they are, their school, a login name and a password."""

from fastapi import APIRouter, Depends, Request, Response

from services.registration.application.forms import enter_oneself
from services.registration.application.identity import Account
from services.registration.application.ports import Season
from services.registration.application.seasons import season_of
from services.registration.domain.people import Name
from services.registration.entrypoints.context import Context, ContextOf
from services.registration.entrypoints.pages.accounts import on_field
from shared.errors import Invalid, LaurelError
from shared.http.client_address import address_of
from shared.identity import Grant, Role
from shared.identity.authenticator import current_user
from shared.throttle import Throttle
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

SIGN_UPS_AN_HOUR = 600
"""From one address: several classes of a school, and no more."""


router = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current_user)])


def _throttle(context: Context) -> Throttle:
    return Throttle(context.access.counters, "sign-up", SIGN_UPS_AN_HOUR, 3600, "too-often")


async def sign_up_page(
    context: Context, request: Request, season: Season, form: FormData, status: int = 200
) -> Response:
    last = season.rules.unit_levels[-1]
    units = [unit for unit in (await context.read.units.of(season.id)).values() if unit.level == last]
    return context.pages.render(
        request,
        "sign-up.html",
        {
            **season_frame(season.rules),
            "schools": units,
            "form": form,
        },
        status=status,
    )


async def signed_up(context: Context, season: Season, sent: FormData, language: str) -> Account:
    unit, birth = sent["unit"], f"{sent['year']}-{sent['month'].zfill(2)}"
    name, grants = Name(sent["name_zh"], sent["name_en"]), [Grant(Role.STUDENT, season.id, unit)]
    try:
        await context.access.accounts.check_new(sent["login"], sent["password"])  # before somebody is taken in
    except Invalid as error:
        raise on_field(error) from error
    person = await enter_oneself(season, unit, name, birth, context.command(), context.store)
    try:
        return await context.access.accounts.register(
            sent["login"], sent["password"], grants, person=person, language=language
        )
    except Invalid as error:  # somebody else took the name at this moment
        raise on_field(error) from error


@router.get("/seasons/{season_id}/sign-up")
async def sign_up_form(context: ContextOf, request: Request, season_id: str) -> Response:
    season = await season_of(season_id, context.store, mode="live")
    return await sign_up_page(context, request, season, FormData())


@router.post("/seasons/{season_id}/sign-up")
async def sign_up(context: ContextOf, request: Request, season_id: str) -> Response:
    season, sent = await season_of(season_id, context.store, mode="live"), await read_form(request)
    try:
        await _throttle(context).spend(address_of(request))
        account = await signed_up(context, season, sent, context.pages.translator(request).language)
    except LaurelError as error:
        return await sign_up_page(
            context, request, season, sent.with_errors(error, context.pages.translator(request)), 422
        )
    return await context.access.browser.open(account, f"/registration/seasons/{season_id}/register")
