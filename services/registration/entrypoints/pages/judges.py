"""Judges by name: recorded one by one or by a list, whom they avoid chosen and shown as understood, and their letters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.adapters.judge_sheets import read_judges, template
from services.registration.application.arrivals import Arrival
from services.registration.application.judge_access import (
    JudgeAccess,
    access_of,
    invite_judge,
    stop_judge,
    withdraw_letters,
)
from services.registration.application.judges import (
    COLUMNS,
    Invitations,
    Letter,
    meant_by,
    record_judge,
    record_sheet,
    search,
)
from services.registration.application.ports import Season
from services.registration.application.seasons import season_of
from services.registration.domain.judges import Choice, Judge, JudgeDuty, JudgeForm, fitting, unit_choice
from services.registration.domain.messages import DeliveryState
from services.registration.domain.reasons import stated_reason
from services.registration.entrypoints.access import note_students
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn
from services.registration.entrypoints.inviting import invitation_url, mail_invitations
from shared.errors import InvalidState, LaurelError, NotFound
from shared.identity import Principal, Role
from shared.season.csv_rows import Report
from shared.season.text import LANGUAGES
from shared.sheets.encodings import Reading
from shared.sheets.writing import XLSX
from shared.web.forms import FormData, read_form
from shared.web.lists import (
    NOTHING,
    Asked,
    Listing,
    Outcome,
    Ticked,
    act_on_each,
    as_csv,
    chosen_act,
    chosen_keys,
    holds_words,
    list_rows,
    read_asked,
    read_ticked,
)
from shared.web.qr import qr_svg
from shared.web.season_header import season_frame
from shared.web.tables import refused_table, sent_table

Known = Mapping[str, Choice]
"""Whom ids mean."""
MOST_OFFERED = 2000
"""So many units are offered while one types; more are looked up."""


router = APIRouter(prefix="/registration/seasons/{season_id}/judges", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """A judge as the list shows them."""

    judge: Judge
    access: JudgeAccess
    employer: str
    share: tuple[int, int] | None
    """How many works they have scored, of how many; None where nothing is to be scored now."""

    @property
    def login(self) -> str:
        return self.access.role.login if self.access.role else ""


ACTS = ("invite", "withdraw", "stop")
AVOIDING, RESERVES = "avoiding", "reserves"
ALWAYS = (Arrival.UNINVITED, Arrival.JOINED)
"""Tabs that show with nothing in them."""


async def rows_of(context: Context, season: Season, principal: Principal, known: Known) -> list[JudgeRow]:
    judges = await context.judges.of(season.id)
    access = await access_of(season, judges.values(), principal, context.access.roles)
    shares = await context.reminding.tasks_left.shares(season.id)
    return [
        JudgeRow(
            judge,
            access[judge.judge],
            known[judge.employer].label if judge.employer in known else judge.employer,
            shares.get(judge.judge),
        )
        for judge in sorted(judges.values(), key=lambda judge: judge.judge)
    ]


def list_judges(rows: Sequence[JudgeRow], asked: Asked) -> Listing[JudgeRow]:
    """Those that fit what was asked for; words look in names, ids, accounts and employers."""
    tabs: dict[str, Callable[[JudgeRow], bool]] = {stage: partial(_at, stage) for stage in Arrival}
    tabs[AVOIDING] = lambda row: bool(row.judge.avoid)
    tabs[RESERVES] = lambda row: row.judge.role is JudgeDuty.RESERVE

    def fits(row: JudgeRow) -> bool:
        judge = row.judge
        texts = (judge.name, judge.judge, judge.contact, row.login, row.employer)
        return (not asked["track"] or asked["track"] in judge.tracks) and holds_words(asked["q"], *texts)

    return list_rows(rows, asked, tabs, fits, always=ALWAYS)


def _at(stage: Arrival, row: JudgeRow) -> bool:
    return row.access.stage is stage


async def list_page(
    context: Context,
    request: Request,
    season: Season,
    principal: Principal,
    form: FormData,
    *,
    ticked: Ticked = NOTHING,
    outcome: Outcome | None = None,
    report: Report | None = None,
    readings: Sequence[Reading] = (),
    status: int = 200,
) -> Response:
    judges = await context.judges.of(season.id)
    understood = await meant_by(season, judges.values(), context.store)
    await note_students(context, season.id, principal, list(understood.values()))
    rows, asked = await rows_of(context, season, principal, understood), read_asked(request, "q", "track")
    shown: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "listing": list_judges(rows, asked),
        "joined": sum(row.access.role is not None for row in rows),
        "asked": asked,
        "understood": understood,
        "form": form,
        "ticked": ticked,
        "outcome": outcome,
        "kept": judges.get(request.query_params.get("kept", "")),
        "report": report,
        "readings": readings,
        "columns": COLUMNS,
    }
    return context.pages.render(request, "judges.html", shown, status=status)


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
    kept: Judge | None = None,
    status: int = 200,
) -> Response:
    """The form of one judge; `kept` is who was recorded just before."""
    judges = await context.judges.of(season.id)
    units = await context.read.units.of(season.id)
    understood = await meant_by(season, [_naming(chosen)], context.store)
    matches = await search(season, words, context.store) if words else []
    await note_students(context, season.id, principal, [*matches, *understood.values()])
    offered = [unit_choice(unit, units).label for unit in units.values()]
    shown: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "present": judges.get(form["judge"]),
        "understood": understood,
        "duties": list(JudgeDuty),
        "languages": LANGUAGES,
        "offered": offered[:MOST_OFFERED],
        "form": form,
        "chosen": chosen,
        "ticked": ticked,
        "matches": [choice for choice in matches if choice.id not in chosen],
        "looked": words,
        "kept": kept,
    }
    return context.pages.render(request, "judge.html", shown, status=status)


def _naming(chosen: Sequence[str]) -> Judge:
    """A judge of nothing but whom they avoid."""
    return Judge("", "", "", JudgeDuty.SCORING, (), (), "", tuple(chosen))


@router.get("")
async def listed(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    return await list_page(context, request, await season_of(season_id, context.store), principal, FormData())


@router.get("/list.csv")
async def export(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """What the filter shows; whom a judge avoids stays on the pages."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, t = await season_of(season_id, context.store), context.pages.translator(request)
    known = await meant_by(season, (await context.judges.of(season_id)).values(), context.store)
    chosen = list_judges(await rows_of(context, season, principal, known), read_asked(request, "q", "track")).chosen
    columns = ("judge", "name", "contact", "role", "tracks", "employer", "account", "stage")
    return as_csv(
        f"{season_id}-judges",
        [t(f"jury-column-{name}") for name in columns],
        (
            (
                row.judge.judge,
                row.judge.name,
                row.judge.contact,
                t(f"jury-role-{row.judge.role}"),
                ";".join(row.judge.tracks),
                row.employer,
                row.login,
                t(f"jury-stage-{row.access.stage}"),
            )
            for row in chosen
        ),
    )


@router.get("/record")
async def record(
    context: ContextOf, request: Request, season_id: str, principal: SignedIn, judge: str = ""
) -> Response:
    """The form of a judge who is there, or of a new one."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season = await season_of(season_id, context.store)
    recorded = await context.judges.of(season_id)
    present = recorded.get(judge)
    if present is None:
        kept = recorded.get(request.query_params.get("kept", ""))
        return await page(context, request, season, principal, FormData(), kept=kept)
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
    to = "judges/record" if sent["act"] == "another" else "judges"
    return RedirectResponse(f"/registration/seasons/{season_id}/{to}?kept={kept.judge}", status_code=303)


@router.get("/template.xlsx")
async def download_template(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    await season_of(season_id, context.store)
    headers = {"Content-Disposition": f'attachment; filename="{season_id}-judges.xlsx"'}
    return Response(template(context.pages.translator(request)), media_type=XLSX, headers=headers)


@router.post("/sheet")
async def hand_in(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, table = await season_of(season_id, context.store), await sent_table(request)
    try:
        sheet = await read_judges(await table.content(), context.pages.catalog, season_id)
        report = await record_sheet(season, sheet, principal, context.store, context.judges, context.audit)
    except LaurelError as error:
        refused, readings = await refused_table(FormData(), table, error, context.pages.translator(request))
        return await list_page(context, request, season, principal, refused, readings=readings, status=422)
    return await list_page(context, request, season, principal, FormData(), report=report)


@router.post("/acts")
async def act(context: ContextOf, request: Request, season_id: str, principal: InPerson) -> Response:
    """Invite, or let go, all that were ticked; whoever is refused is named with the reason and stays ticked.

    Letters are shown this once, each with its address.
    """
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, t = await season_of(season_id, context.store, mode="live"), context.pages.translator(request)
    sent, form = await request.form(), await read_form(request)
    ticked, roles = read_ticked(sent), context.access.roles
    known = await meant_by(season, (await context.judges.of(season_id)).values(), context.store)
    rows = {row.judge.judge: row for row in await rows_of(context, season, principal, known)}
    try:
        doing = chosen_act(form["do"], ACTS)
        listed = list_judges(list(rows.values()), read_asked(request, "q", "track")).chosen
        keys = chosen_keys(ticked, [row.judge.judge for row in listed])
        why = stated_reason(form["reason"]) if doing != "invite" else ""
    except InvalidState as error:
        refused = form.with_errors(error, t)
        return await list_page(context, request, season, principal, refused, ticked=ticked, status=422)
    invitations = Invitations(context.access.accounts, context.access.stored_accounts)
    command = context.command_of(request, FormData({**form.values, "row": ";".join(keys)}))
    letters: list[Letter] = []

    async def do(key: str) -> None:
        if key not in rows:
            raise NotFound("no-such-judge")
        judge, access = rows[key].judge, rows[key].access
        if doing == "withdraw":
            await withdraw_letters(access, principal, why, roles)
        elif doing == "stop":
            await stop_judge(season, access, principal, why, roles)
        else:
            asked = (season, judge, access, principal, command.part(key))
            letters.append(await invite_judge(*asked, context.judges, invitations, roles))

    outcome = await act_on_each(f"judge-{doing}", keys, do, lambda key: rows[key].judge.name if key in rows else key, t)
    if letters:
        return await letters_page(context, request, season, letters, outcome)
    left = outcome.left
    return await list_page(
        context, request, season, principal, FormData(), ticked=left, outcome=outcome, status=outcome.status
    )


async def letters_page(
    context: Context, request: Request, season: Season, written: Sequence[Letter], outcome: Outcome
) -> Response:
    """Letters to be printed, each mailed too where there is an address."""
    t = context.pages.translator(request)
    mailed = await mail_invitations(context, [letter.secret for letter in written], t)
    shown = {
        **season_frame(season.rules, season.mode),
        "outcome": outcome,
        "mailed": mailed.count(DeliveryState.SENT),
        "not_mailed": mailed.count(DeliveryState.FAILED),
        "letters": [
            {
                "judge": letter.judge,
                "days": letter.days,
                "url": (url := invitation_url(context, letter.secret)),
                "qr": qr_svg(url),
            }
            for letter in written
        ],
    }
    return context.pages.render(request, "letters.html", shown)
