"""Judges by name: recorded one by one or by a list, whom they avoid chosen and shown as understood, and their letters."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.registration.adapters.judge_sheets import read_judges, template
from services.registration.application.judges import (
    COLUMNS,
    INVITATION_DAYS,
    Invitations,
    meant_by,
    record_judge,
    record_sheet,
    search,
    without_account,
    write_letters,
)
from services.registration.application.ports import Season
from services.registration.application.seasons import season_of
from services.registration.domain.judges import Judge, JudgeDuty, JudgeForm, fitting, unit_choice
from services.registration.domain.messages import DeliveryState
from services.registration.entrypoints.access import note_students
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn
from services.registration.entrypoints.inviting import invitation_url, mail_invitations
from shared.errors import LaurelError, NotFound
from shared.identity import Principal, Role
from shared.season.csv_rows import Report
from shared.season.text import LANGUAGES
from shared.sheets.writing import XLSX
from shared.web.forms import FormData, read_form
from shared.web.qr import qr_svg
from shared.web.season_header import season_frame

MOST_OFFERED = 2000
"""So many units are offered while one types; more are looked up."""


router = APIRouter(prefix="/registration/seasons/{season_id}/judges", include_in_schema=False)


async def page(
    context: Context,
    request: Request,
    season: Season,
    principal: Principal,
    form: FormData,
    *,
    chosen: Sequence[str] = (),
    ticked: Sequence[str] = (),
    words: str = "",
    report: Report | None = None,
    status: int = 200,
) -> Response:
    judges = await context.judges.of(season.id)
    units = await context.read.units.of(season.id)
    understood = await meant_by(season, [*judges.values(), _naming(chosen)], context.store)
    matches = await search(season, words, context.store) if words else []
    await note_students(context, season.id, principal, [*matches, *understood.values()])
    offered = [unit_choice(unit, units).label for unit in units.values()]
    shown: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "judges": list(judges.values()),
        "understood": understood,
        "open": {
            judge.judge for judge in await without_account(season, judges.values(), context.access.stored_accounts)
        },
        "duties": list(JudgeDuty),
        "languages": LANGUAGES,
        "offered": offered[:MOST_OFFERED],
        "form": form,
        "chosen": chosen,
        "ticked": ticked,
        "matches": [choice for choice in matches if choice.id not in chosen],
        "looked": words,
        "kept": judges.get(request.query_params.get("kept", "")),
        "report": report,
        "columns": COLUMNS,
    }
    return context.pages.render(request, "judges.html", shown, status=status)


def _naming(chosen: Sequence[str]) -> Judge:
    """A judge of nothing but whom they avoid."""
    return Judge("", "", "", JudgeDuty.SCORING, (), (), "", tuple(chosen))


@router.get("")
async def listed(
    context: ContextOf, request: Request, season_id: str, principal: SignedIn, judge: str = ""
) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season = await season_of(season_id, context.store)
    present = (await context.judges.of(season_id)).get(judge)
    if present is None:
        return await page(context, request, season, principal, FormData())
    known = await meant_by(season, [present], context.store)
    units = await context.read.units.of(season_id)
    employer = known.get(present.employer)
    label = employer.label if employer else present.employer
    alike = fitting(label, [unit_choice(unit, units) for unit in units.values()])
    values = {
        **{name: str(getattr(present, name)) for name in ("judge", "name", "contact", "role")},
        "employer": label if len(alike) == 1 else present.employer,
    }
    ticked = [*present.tracks, *present.languages]
    return await page(context, request, season, principal, FormData(values), chosen=present.avoid, ticked=ticked)


@router.post("")
async def save(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Look somebody up, or keep the judge; what was typed stays as it was until it is understood."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent, form = await season_of(season_id, context.store), await read_form(request), await request.form()
    several = {name: [str(value) for value in form.getlist(name)] for name in ("tracks", "languages", "chosen")}
    ticked, chosen = [*several["tracks"], *several["languages"]], list(dict.fromkeys(several["chosen"]))
    if sent["act"] == "look":
        return await page(context, request, season, principal, sent, chosen=chosen, ticked=ticked, words=sent["words"])
    asked = JudgeForm(
        sent["judge"],
        sent["name"],
        sent["contact"],
        sent["role"],
        tuple(several["tracks"]),
        tuple(several["languages"]),
        sent["employer"],
        tuple(dict.fromkeys((*chosen, *filter(None, (line.strip() for line in sent["avoid"].splitlines()))))),
    )
    try:
        kept = await record_judge(season, asked, principal, context.store, context.judges, context.audit)
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        words = next((item["text"] for item in error.errors if item.get("text")), "")
        return await page(
            context, request, season, principal, refused, chosen=chosen, ticked=ticked, words=words, status=422
        )
    return RedirectResponse(f"/registration/seasons/{season_id}/judges?kept={kept.judge}", status_code=303)


@router.get("/template.xlsx")
async def download_template(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    await season_of(season_id, context.store)
    headers = {"Content-Disposition": f'attachment; filename="{season_id}-judges.xlsx"'}
    return Response(template(context.pages.translator(request)), media_type=XLSX, headers=headers)


@router.post("/sheet")
async def hand_in(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await season_of(season_id, context.store), (await request.form()).get("file")
    try:
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise NotFound("file-missing")
        sheet = await read_judges(await sent.read(), context.pages.catalog, season_id)
        report = await record_sheet(season, sheet, principal, context.store, context.judges, context.audit)
    except LaurelError as error:
        refused = FormData().with_errors(error, context.pages.translator(request))
        return await page(context, request, season, principal, refused, status=422)
    return await page(context, request, season, principal, FormData(), report=report)


@router.post("/letters")
async def letters(context: ContextOf, request: Request, season_id: str, principal: InPerson) -> Response:
    """Letters with a code for those who were ticked, or for all without an account; each address is shown this once."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent, form = await season_of(season_id, context.store), await read_form(request), await request.form()
    wanted = [str(value) for value in form.getlist("judge")]
    invitations = Invitations(context.access.accounts, context.access.stored_accounts)
    command = context.command_of(request, FormData({**sent.values, "judge": ";".join(wanted)}))
    try:
        written = await write_letters(season, wanted, principal, command, context.judges, invitations)
        t = context.pages.translator(request)
        mailed = await mail_invitations(context, [letter.secret for letter in written], t)
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, season, principal, refused, status=409)
    shown = {
        **season_frame(season.rules, season.mode),
        "days": INVITATION_DAYS,
        "mailed": mailed.count(DeliveryState.SENT),
        "not_mailed": mailed.count(DeliveryState.FAILED),
        "letters": [
            {"judge": letter.judge, "url": (url := invitation_url(context, letter.secret)), "qr": qr_svg(url)}
            for letter in written
        ],
    }
    return context.pages.render(request, "letters.html", shown)
