"""The tree of units: who administers which, invitations, and new units."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.arrivals import Arrival
from services.registration.application.unit_access import (
    UnitAccess,
    access_of_units,
    administrator_of,
    invite_unit,
)
from services.registration.application.units import NAMES, add_units, rename_unit
from services.registration.domain.units import Unit
from services.registration.entrypoints.access import StaffView, staff_view
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn
from services.registration.entrypoints.inviting import Slip, invitation_url
from shared.errors import InvalidState, NotFound
from shared.http.reports import explain
from shared.identity import Principal
from shared.web.forms import FormData, read_form
from shared.web.lists import (
    NOTHING,
    Asked,
    Listing,
    Outcome,
    Ticked,
    act_on_each,
    as_csv,
    chosen_keys,
    holds_words,
    list_rows,
    read_asked,
    read_ticked,
)
from shared.web.season_header import season_frame
from shared.web.translation import Translator

router = APIRouter(prefix="/registration/seasons/{season_id}/units", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as the list shows it."""

    unit: Unit
    access: UnitAccess
    entries: int
    depth: int
    invites: bool
    """Whether the visitor may invite its administrator."""


EMPTY = "empty"
ALWAYS = (Arrival.UNINVITED, Arrival.JOINED)
"""Tabs that show with nothing in them."""


async def rows_of(context: Context, look: StaffView, principal: Principal) -> list[UnitRow]:
    """The units of one's part of the tree, in its order."""
    season, scope, levels = look.season, look.scope, list(look.season.rules.unit_levels)
    counts = await context.read.entries.by_unit(season.id)
    mine = [unit for unit in look.units.values() if scope.holds(unit.unit) or unit.unit == scope.unit]
    access = await access_of_units(season, mine, principal, context.access.roles)

    def invites(unit: Unit) -> bool:
        above = scope.decides and unit.unit != scope.unit and scope.level != levels[-1]
        return above and administrator_of(season.rules, unit.level) is not None

    return [
        UnitRow(unit, access[unit.unit], counts.get(unit.unit, 0), levels.index(unit.level), invites(unit))
        for unit in mine
    ]


def list_units(rows: Sequence[UnitRow], asked: Asked, lowest: str) -> Listing[UnitRow]:
    """Those that fit what was asked for; words look in names and numbers."""
    tabs: dict[str, Callable[[UnitRow], bool]] = {stage: partial(_at, stage) for stage in Arrival}
    tabs[EMPTY] = lambda row: row.unit.level == lowest and not row.entries

    def fits(row: UnitRow) -> bool:
        unit = row.unit
        level = not asked["level"] or unit.level == asked["level"]
        return level and holds_words(asked["q"], unit.unit, unit.name.zh, unit.name.en)

    return list_rows(rows, asked, tabs, fits, always=ALWAYS)


def _at(stage: Arrival, row: UnitRow) -> bool:
    return (row.invites or row.access.joined) and row.access.stage is stage


async def page(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    form: FormData,
    status: int = 200,
    *,
    slips: Sequence[Slip] = (),
    ticked: Ticked = NOTHING,
    outcome: Outcome | None = None,
) -> Response:
    look = await staff_view(context, season_id, principal)
    season, asked = look.season, read_asked(request, "q", "level")
    return context.pages.render(
        request,
        "units.html",
        {
            **season_frame(season.rules, season.mode),
            "scope": look.scope,
            "listing": list_units(await rows_of(context, look, principal), asked, season.rules.unit_levels[-1]),
            "asked": asked,
            "form": form,
            "units": list(look.units.values()),
            "parents": [unit for unit in look.units.values() if unit.level != look.season.rules.unit_levels[-1]],
            "slips": slips,
            "ticked": ticked,
            "outcome": outcome,
        },
        status=status,
    )


def slip_of(context: Context, t: Translator, unit: Unit, secret: str) -> Slip:
    """For the administrator of the unit."""
    return Slip((t("units-invited", unit=unit.name.best(t.language)),), invitation_url(context, secret))


@router.get("")
async def tree(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await page(context, request, season_id, principal, FormData())


@router.get("/list.csv")
async def export(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """What the filter shows."""
    look, t = await staff_view(context, season_id, principal), context.pages.translator(request)
    asked, rules = read_asked(request, "q", "level"), look.season.rules
    listed = list_units(await rows_of(context, look, principal), asked, rules.unit_levels[-1]).chosen
    columns = [t(f"units-{name}") for name in ("id", "name-zh", "name-en", "level", "entries", "administrator")]
    return as_csv(
        f"{season_id}-units",
        columns,
        (
            (
                row.unit.unit,
                row.unit.name.zh,
                row.unit.name.en,
                t.first(f"level-{row.unit.level}", "level-other", level=row.unit.level),
                str(row.entries),
                t(f"units-stage-{row.access.stage}") if row.invites or row.access.joined else "",
            )
            for row in listed
        ),
    )


@router.post("/acts")
async def invite_many(context: ContextOf, request: Request, season_id: str, principal: InPerson) -> Response:
    """An invitation for the administrator of each unit that was ticked; one that waits is made anew."""
    look, t = await staff_view(context, season_id, principal, decides=True), context.pages.translator(request)
    sent, form, roles = await request.form(), await read_form(request), context.access.roles
    ticked, rows = read_ticked(sent), await rows_of(context, look, principal)
    may = {row.unit.unit: row for row in rows if row.invites}
    listed = list_units(rows, read_asked(request, "q", "level"), look.season.rules.unit_levels[-1]).chosen
    try:
        keys = chosen_keys(ticked, [row.unit.unit for row in listed])
    except InvalidState as error:
        refused = form.with_errors(error, t)
        return await page(context, request, season_id, principal, refused, 422, ticked=ticked)
    command = context.command_of(request, FormData({**form.values, "row": ";".join(keys)}))
    slips: list[Slip] = []

    async def do(key: str) -> None:
        if key not in may:
            raise NotFound("no-such-unit")
        unit, access = may[key].unit, may[key].access
        part, accounts = command.part(key), context.access.accounts
        secret = await invite_unit(look.season, unit, access, principal, part, accounts, roles)
        slips.append(slip_of(context, t, unit, secret))

    names = {unit.unit: unit.name.best(t.language) for unit in look.units.values()}
    outcome = await act_on_each("unit-invite", keys, do, lambda key: names.get(key, key), t)
    status, left = outcome.status, outcome.left
    return await page(
        context, request, season_id, principal, FormData(), status, slips=slips, ticked=left, outcome=outcome
    )


@router.post("/{unit}/invitation")
async def invite(context: ContextOf, request: Request, season_id: str, unit: str, principal: InPerson) -> Response:
    """A single-use invitation for the administrator of a unit below one's own."""
    look = await staff_view(context, season_id, principal, decides=True)
    stored_unit = look.units.get(unit)
    if stored_unit is None or not look.scope.holds(unit) or unit == look.scope.unit:
        raise NotFound("no-such-unit")
    command = context.command_of(request, await read_form(request))
    accounts, roles = context.access.accounts, context.access.roles
    secret = await invite_unit(look.season, stored_unit, UnitAccess(), principal, command, accounts, roles)
    slips = [slip_of(context, context.pages.translator(request), stored_unit, secret)]
    outcome = Outcome("unit-invite", 1)
    return await page(context, request, season_id, principal, FormData(), slips=slips, outcome=outcome)


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
