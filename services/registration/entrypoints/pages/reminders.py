"""Reminders: whom something waits for is chosen by state, looked at, and reminded."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.judges import without_account
from services.registration.application.ports import Season
from services.registration.application.reminding import (
    Part,
    ReminderPlan,
    plan_reminder,
    require_kind,
    send_reminder,
)
from services.registration.domain.reminders import FIRST, MOST_WORDS, ReminderKind
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.letters import write_letter
from services.registration.entrypoints.reminder_access import part_of
from shared.errors import Invalid, InvalidState, NotFound
from shared.season.text import LANGUAGES
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

router = APIRouter(prefix="/registration/seasons/{season_id}/reminders", include_in_schema=False)


async def page(
    context: Context,
    request: Request,
    season: Season,
    part: Part,
    form: FormData,
    *,
    plan: ReminderPlan | None = None,
    status: int = 200,
) -> Response:
    sent = await context.reminding.reminders.of(season.id, "" if part.whole else part.unit)
    senders = {reminder.by: await context.access.accounts.find(reminder.by) for reminder in sent}
    judges = (await context.judges.of(season.id)).values() if part.whole else ()
    first = plan.reminder.messages(0)[:1] if plan else []
    shown = {
        **season_frame(season.rules, season.mode),
        "kinds": [
            kind for kind in part.kinds if kind is not ReminderKind.SUMMARY_MISSING or season.rules.asks_summaries
        ],
        "plan": plan,
        "first": plan.reminder.receivers[:FIRST] if plan else (),
        "letters": [write_letter(context, message, season, language) for message in first for language in LANGUAGES],
        "sent": sent,
        "senders": {account: sender.login for account, sender in senders.items() if sender},
        "units": await context.read.units.of(season.id),
        "uninvited": len(await without_account(season, judges, context.access.stored_accounts)),
        "most": MOST_WORDS,
        "form": form,
    }
    return context.pages.render(request, "reminders.html", shown, status=status)


@router.get("")
async def show(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """A season kept in records reminds nobody, and the page says so."""
    season, part = await part_of(context, season_id, principal, mode=None)
    return await page(context, request, season, part, FormData())


@router.post("/preview")
async def preview(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    season, part = await part_of(context, season_id, principal)
    sent = await read_form(request)
    try:
        plan = await plan_reminder(season, part, require_kind(sent["kind"]), sent["words"], context.reminding)
    except (Invalid, InvalidState, NotFound) as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, season, part, refused, status=422)
    return await page(context, request, season, part, sent, plan=plan)


@router.post("")
async def send(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """As previewed; where somebody came or left meanwhile, whom it would reach now is shown."""
    season, part = await part_of(context, season_id, principal)
    sent = await read_form(request)
    try:
        await send_reminder(
            season,
            part,
            require_kind(sent["kind"]),
            sent["words"],
            preview=sent["preview"],
            reason=sent["reason"],
            sender=principal,
            by=context.reminding,
        )
    except (Invalid, InvalidState, NotFound) as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        again = error.code in ("reminder-otherwise", "reason-needed")
        plan = (
            await plan_reminder(season, part, require_kind(sent["kind"]), sent["words"], context.reminding)
            if again
            else None
        )
        return await page(context, request, season, part, refused, plan=plan, status=409)
    return RedirectResponse(f"/registration/seasons/{season_id}/reminders", status_code=303)
