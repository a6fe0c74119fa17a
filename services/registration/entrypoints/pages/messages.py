"""One's messages, one's address for mail, and the webhooks of a season."""

import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from aiosmtplib import SMTPException
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.identity import Account
from services.registration.application.seasons import season_of
from services.registration.domain.accounts import check_mail
from services.registration.domain.messages import DeliveryState, HookKind, place_of
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn
from services.registration.entrypoints.telling import tell_changed
from shared.errors import Invalid, InvalidState, LaurelError, NotFound
from shared.identity import Principal, Role
from shared.throttle import Throttle
from shared.web.forms import FormData, read_form
from shared.web.lists import (
    NOTHING,
    Asked,
    Listing,
    Outcome,
    Ticked,
    act_on_each,
    chosen_keys,
    list_rows,
    read_asked,
    read_ticked,
)
from shared.web.season_header import season_frame

KINDS = tuple(HookKind)
MOST_DELIVERIES = 1000
"""The newest of a season."""
Delivery = Mapping[str, Any]
LETTERS_A_DAY = 3
"""Confirmations to one address, so that nobody is pestered through us."""
LINK_SECONDS = 86_400


router = APIRouter(prefix="/registration", include_in_schema=False)


def _letters(context: Context) -> Throttle:
    return Throttle(context.access.counters, "mail", LETTERS_A_DAY, LINK_SECONDS, "too-often")


def proof(context: Context, account: Account, mail: str, until: int) -> str:
    """Good until then, and only as long as neither address nor password were changed: so once."""
    text = f"{account.id}\n{account.credentials}\n{mail}\n{until}"
    return hmac.new(context.access.key.derive("mail"), text.encode(), sha256).hexdigest()[:32]


async def changed_page(context: Context, account: Account, mail: str) -> Response:
    after = await context.access.accounts.set_mail(account, mail)
    await tell_changed(context, after, "mail-changed", mail=account.mail)
    return await context.access.browser.open(after, "/registration/messages")


async def page(
    context: Context, request: Request, principal: Principal, form: FormData, *, sent: str = "", status: int = 200
) -> Response:
    account = await context.access.accounts.find(principal.account)
    listed = await context.notifications.messages.of(principal.account)
    titles = {season.id: season.rules for season in await context.read.seasons.all()}
    response = context.pages.render(
        request,
        "messages.html",
        {
            "messages": [item for item in listed if not item["season"] or item["season"] in titles],
            "titles": titles,
            "place": place_of,
            "mail": account.mail if account else "",
            "post": context.notifications.post.open,
            "sent": sent,
            "form": form,
        },
        status=status,
    )
    await context.notifications.messages.read(principal.account)
    return response


@router.get("/messages")
async def listed(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    return await page(context, request, principal, FormData())


@router.post("/messages/address")
async def address(context: ContextOf, request: Request, principal: InPerson) -> Response:
    """An address is used once the link that was sent there has been opened; an empty one ends all mail.

    Who gets the letters is a matter of the present password, or of having just signed in.
    """
    form = await read_form(request)
    mail = form["mail"]
    try:
        check_mail(mail)
        account = await context.access.accounts.prove(principal, form["present"])
        if not mail:
            return await changed_page(context, account, "")
        await _letters(context).spend(mail.lower())
        t, until = context.pages.translator(request), int(time.time()) + LINK_SECONDS
        token = proof(context, account, mail, until)
        url = f"{context.settings.public_url}/registration/messages/address/{token}?until={until}&mail={quote(mail)}"
        text = t("letter-confirm", login=principal.login, url=url)
        await context.notifications.post.send("", mail, t("letter-confirm-subject"), text, t.html_language)
    except LaurelError as error:
        return await page(
            context, request, principal, form.with_errors(error, context.pages.translator(request)), status=422
        )
    except (SMTPException, OSError):
        refused = form.with_errors(Invalid("mail-not-taken"), context.pages.translator(request))
        return await page(context, request, principal, refused, status=422)
    return await page(context, request, principal, FormData(), sent=mail)


@router.get("/messages/address/{token}")
async def confirm(context: ContextOf, token: str, principal: InPerson, mail: str = "", until: int = 0) -> Response:
    account = await context.access.accounts.find(principal.account)
    right = account and hmac.compare_digest(token.encode(), proof(context, account, mail, until).encode())
    if account is None or not right or until < time.time():
        raise NotFound("link-spent")
    return await changed_page(context, account, mail)


async def hooks_page(
    context: Context,
    request: Request,
    season_id: str,
    form: FormData,
    *,
    made: str = "",
    ticked: Ticked = NOTHING,
    outcome: Outcome | None = None,
    status: int = 200,
) -> Response:
    season = await season_of(season_id, context.store)
    deliveries = await context.notifications.webhooks.deliveries(season_id, MOST_DELIVERIES)
    shown = {
        **season_frame(season.rules, season.mode),
        "hooks": await context.notifications.webhooks.of(season_id),
        "listing": list_deliveries(deliveries, read_asked(request, "kind")),
        "ticked": ticked,
        "outcome": outcome,
        "kinds": KINDS,
        "made": made,
        "form": form,
    }
    return context.pages.render(request, "webhooks.html", shown, status=status)


@router.get("/seasons/{season_id}/webhooks")
async def hooks(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    return await hooks_page(context, request, season_id, FormData())


@router.post("/seasons/{season_id}/webhooks")
async def add(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """The secret is shown once, here."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    sent, form = await request.form(), await read_form(request)
    try:
        chosen = [str(item) for item in sent.getlist("kind") if item in KINDS]
        command = context.command_of(request, form)
        hook = await context.notifications.webhooks.add(command, season_id, form["url"], chosen)
    except LaurelError as error:
        return await hooks_page(
            context, request, season_id, form.with_errors(error, context.pages.translator(request)), status=422
        )
    return await hooks_page(context, request, season_id, FormData(), made=hook.secret)


@router.post("/seasons/{season_id}/webhooks/{hook}/removal")
async def remove(context: ContextOf, season_id: str, hook: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    await context.notifications.webhooks.remove(season_id, hook)
    return RedirectResponse(f"/registration/seasons/{season_id}/webhooks", status_code=303)


@router.post("/seasons/{season_id}/webhooks/repetition")
async def again(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """All that were ticked, once more; receivers know what they had."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    t, webhooks = context.pages.translator(request), context.notifications.webhooks
    await season_of(season_id, context.store)
    ticked = read_ticked(await request.form())
    listed = list_deliveries(await webhooks.deliveries(season_id, MOST_DELIVERIES), read_asked(request, "kind"))
    try:
        keys = chosen_keys(ticked, [delivery["_id"] for delivery in listed.chosen])
    except InvalidState as error:
        refused = FormData().with_errors(error, t)
        return await hooks_page(context, request, season_id, refused, ticked=ticked, status=422)
    outcome = await act_on_each("delivery-again", keys, partial(webhooks.again, season_id), lambda key: key, t)
    return await hooks_page(
        context, request, season_id, FormData(), ticked=outcome.left, outcome=outcome, status=outcome.status
    )


def list_deliveries(deliveries: Sequence[Delivery], asked: Asked) -> Listing[Delivery]:
    """Those of this state and kind."""
    states = (DeliveryState.WAITING, DeliveryState.SENT, DeliveryState.FAILED)
    tabs: dict[str, Callable[[Delivery], bool]] = {state: partial(_in_state, state) for state in states}
    return list_rows(deliveries, asked, tabs, lambda item: not asked["kind"] or item["kind"] == asked["kind"])


def _in_state(state: DeliveryState, delivery: Delivery) -> bool:
    return bool(delivery["state"] == state)
