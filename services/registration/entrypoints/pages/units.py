"""The tree of units: who administers which, invitations, and new units."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.units import NAMES, add_units, rename_unit
from services.registration.entrypoints.access import staff_view
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn
from shared.errors import NotAllowed, NotFound
from shared.http.reports import explain
from shared.identity import Grant, Principal, Role
from shared.season.rules import SeasonRules
from shared.web.forms import FormData, read_form
from shared.web.qr import qr_svg
from shared.web.season_header import season_frame

INVITATION_DAYS = 30


def administrator_of(rules: SeasonRules, level: str) -> Role | None:
    """What the administrator of a unit of this level is; the top unit's is the organizer of the season."""
    if level == rules.unit_levels[-1]:
        return Role.SCHOOL_ADMIN
    return None if level == rules.unit_levels[0] else Role.DISTRICT_ORGANIZER


router = APIRouter(prefix="/registration/seasons/{season_id}/units", include_in_schema=False)


async def page(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    form: FormData,
    status: int = 200,
    made: str = "",
    made_for: str = "",
) -> Response:
    look = await staff_view(context, season_id, principal)
    season, units, scope = look.season, look.units, look.scope
    counts = await context.read.entries.by_unit(season_id)
    levels = list(season.rules.unit_levels)
    return context.pages.render(
        request,
        "units.html",
        {
            **season_frame(season.rules, season.mode),
            "scope": scope,
            "units": [unit for unit in units.values() if scope.holds(unit.unit) or unit.unit == scope.unit],
            "depth": {unit.unit: levels.index(unit.level) for unit in units.values()},
            "counts": counts,
            "invites": {
                unit.unit: scope.decides
                and unit.unit != scope.unit
                and scope.level != levels[-1]
                and administrator_of(season.rules, unit.level) is not None
                for unit in units.values()
            },
            "form": form,
            "parents": [unit for unit in units.values() if unit.level != levels[-1]],
            "made": made,
            "made_for": units.get(made_for),
            "qr": qr_svg(made) if made else "",
        },
        status=status,
    )


@router.get("")
async def tree(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await page(context, request, season_id, principal, FormData())


@router.post("/{unit}/invitation")
async def invite(context: ContextOf, request: Request, season_id: str, unit: str, principal: InPerson) -> Response:
    """A single-use invitation for the administrator of a unit below one's own."""
    look = await staff_view(context, season_id, principal, decides=True)
    stored_unit = look.units.get(unit)
    if stored_unit is None or not look.scope.holds(unit) or unit == look.scope.unit:
        raise NotFound("no-such-unit")
    role = administrator_of(look.season.rules, stored_unit.level)
    if role is None:
        raise NotAllowed("role-needed")
    secret = await context.access.accounts.invite(
        principal.gives(Grant(role, season_id, unit)),
        by=principal,
        days=INVITATION_DAYS,
        command=context.command_of(request, await read_form(request)),
        label=unit,
    )
    url = f"{context.settings.public_url}/registration/invitations/{secret}"
    return await page(context, request, season_id, principal, FormData(), made=url, made_for=unit)


@router.post("")
async def add(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """New units, a name a line; for the organizer of the whole season."""
    look = await staff_view(context, season_id, principal, decides=True, whole=True)
    sent = await read_form(request)
    level = sent["level"] or look.season.rules.unit_levels[-1]
    _, rejected = await add_units(look.season, level, sent["parent"], sent["names"], context.store)
    if rejected:
        t = context.pages.translator(request)
        said = [t("units-line", line=row.row, why=row.message[t.language]) for row in explain(rejected)]
        form = FormData(sent.values, {NAMES: " ".join(said)})
        return await page(context, request, season_id, principal, form, 422)
    return RedirectResponse(f"/registration/seasons/{season_id}/units", status_code=303)


@router.post("/names")
async def rename(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Other names for a unit that is there; for the organizer of the whole season."""
    look = await staff_view(context, season_id, principal, decides=True, whole=True)
    sent = await read_form(request)
    rejected = await rename_unit(look.season, sent["unit"], sent["name_zh"], sent["name_en"], context.store)
    if rejected:
        language = context.pages.translator(request).language
        form = FormData(sent.values, {row.column: row.message[language] for row in explain(rejected)})
        return await page(context, request, season_id, principal, form, 422)
    return RedirectResponse(f"/registration/seasons/{season_id}/units", status_code=303)
