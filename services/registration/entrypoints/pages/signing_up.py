"""A student's first step: who they are, their school, a login name and a password."""

from fastapi import APIRouter, Depends, Request, Response

from services.registration.application.forms import enter_oneself
from services.registration.application.identity import Account
from services.registration.application.ports import Season
from services.registration.application.seasons import season_of
from services.registration.domain.people import Name
from services.registration.entrypoints.context import Context
from services.registration.entrypoints.pages.accounts import on_field
from shared.errors import Invalid, LaurelError
from shared.http.client_address import address_of
from shared.identity import Grant, Role
from shared.identity.gate import current
from shared.throttle import Throttle
from shared.web.forms import Filled, filled
from shared.web.season_header import SeasonHeader

SIGN_UPS_AN_HOUR = 600
"""From one address: several classes of a school, and no more."""


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current)])
    pages, store = context.pages, context.store
    throttle = Throttle(context.counters, "sign-up", SIGN_UPS_AN_HOUR, 3600, "too-often")

    async def sign_up_page(request: Request, season: Season, form: Filled, status: int = 200) -> Response:
        last = season.rules.unit_levels[-1]
        units = [unit for unit in (await context.units.of(season.id)).values() if unit.level == last]
        return pages.render(
            request,
            "sign-up.html",
            {
                "rules": season.rules,
                "season": SeasonHeader.of(season.rules),
                "schools": units,
                "form": form,
            },
            status=status,
        )

    async def signed_up(season: Season, sent: Filled, language: str) -> Account:
        unit, birth = sent["unit"], f"{sent['year']}-{sent['month'].zfill(2)}"
        name, grants = Name(sent["name_zh"], sent["name_en"]), [Grant(Role.STUDENT, season.id, unit)]
        try:
            await context.accounts.check_new(sent["login"], sent["password"])  # before somebody is taken in
        except Invalid as error:
            raise on_field(error) from error
        person = await enter_oneself(season, unit, name, birth, context.command(), store)
        try:
            return await context.accounts.register(
                sent["login"], sent["password"], grants, person=person, language=language
            )
        except Invalid as error:  # somebody else took the name at this moment
            raise on_field(error) from error

    @routes.get("/seasons/{season_id}/sign-up")
    async def sign_up_form(request: Request, season_id: str) -> Response:
        season = await season_of(season_id, store, mode="live")
        return await sign_up_page(request, season, Filled())

    @routes.post("/seasons/{season_id}/sign-up")
    async def sign_up(request: Request, season_id: str) -> Response:
        season, sent = await season_of(season_id, store, mode="live"), await filled(request)
        try:
            await throttle.spend(address_of(request))
            account = await signed_up(season, sent, pages.translator(request).language)
        except LaurelError as error:
            return await sign_up_page(request, season, sent.refused(error, pages.translator(request)), 422)
        return await context.browser.open(account, f"/registration/seasons/{season_id}/register")

    return routes
