"""Signing in and out, links, invitations, tokens for programs."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.adapters.logins import whole_login
from services.registration.application.identity import Link
from services.registration.application.roles import Invitation
from services.registration.application.seasons import season_of
from services.registration.domain.messages import DeliveryState
from services.registration.entrypoints.browser import own_path
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn, Visitor
from services.registration.entrypoints.inviting import invitation_url, mail_invitations
from services.registration.entrypoints.ways_in import invited_person, known_link
from shared.errors import Invalid, InvalidState, LaurelError, NotSignedIn, error_at
from shared.http.client_address import address_of
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import current_user
from shared.season.csv_rows import whole_number
from shared.season.time import from_unix_micros
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

INVITATION_DAYS = 14
INVITED = (Role.JUDGE, Role.CHIEF_JUDGE, Role.CITY_ORGANIZER, Role.AUDITOR)
"""Roles that the form offers."""


router = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current_user)])


@router.get("/sign-in")
async def form(context: ContextOf, request: Request, next: str = "/registration/me") -> Response:  # noqa: A002
    return sign_in_page(context, request, FormData({"next": own_path(next)}))


def sign_in_page(context: Context, request: Request, form: FormData, status: int = 200) -> Response:
    """With the way for those who have no account yet, where the page to come back to has one."""
    return context.pages.render(
        request, "sign-in.html", {"form": form, "first": first_step(form["next"])}, status=status
    )


def first_step(wanted: str) -> str:
    """Where somebody without an account begins who wants to see this page; empty: they are given one."""
    parts = urlsplit(own_path(wanted))
    into = re.fullmatch(r"/registration/seasons/([\w-]+)/(?:join|sign-up|register)", parts.path, re.ASCII)
    if into:
        code = parse_qs(parts.query).get("code", [""])[0]
        return f"/registration/seasons/{into[1]}/sign-up{f'?code={quote(code)}' if code else ''}"
    return parts.path if re.fullmatch(r"/registration/invitations/[\w-]+", parts.path, re.ASCII) else ""


@router.post("/sign-in")
async def sign_in(context: ContextOf, request: Request) -> Response:
    sent = await read_form(request)
    try:
        account = await context.access.accounts.sign_in(
            whole_login(sent["school"], sent["login"]), sent["password"], address_of(request)
        )
    except LaurelError as error:
        status = 429 if error.code == "sign-in-throttled" else 401
        form = sent.with_errors(error, context.pages.translator(request))
        return sign_in_page(context, request, form, status)
    return await context.access.browser.open(account, sent["next"] or "/registration/me")


@router.get("/session")
async def renew(context: ContextOf, request: Request, next: str = "/registration/me") -> Response:  # noqa: A002
    """A fresh token for a session that still holds, and back; else to sign in."""
    renewed = await context.access.browser.renew(request, next)
    return renewed or RedirectResponse(f"/registration/sign-in?next={quote(own_path(next), safe='/')}", status_code=303)


@router.post("/sign-out")
async def sign_out(context: ContextOf, principal: Visitor) -> Response:
    if principal:
        await context.access.accounts.end_session(principal.session)
    response = context.access.browser.close(RedirectResponse("/", status_code=303))
    response.headers["Clear-Site-Data"] = '"storage"'  # what waited on a shared computer goes with whoever wrote it
    return response


@router.get("/links/{secret}")
async def link(context: ContextOf, request: Request, secret: str) -> Response:
    """Shows whose link it is; only the button spends it, so that a preview does not."""
    account = await known_link(context, request, context.access.accounts.link_account(secret, use=False))
    return context.pages.render(request, "link.html", {"account": account, "secret": secret, "robots": False})


@router.post("/links/{secret}")
async def use_link(context: ContextOf, request: Request, secret: str) -> Response:
    account = await known_link(context, request, context.access.accounts.link_account(secret, use=True))
    return await context.access.browser.open(account, "/registration/me")


async def invitation_page(
    context: Context, request: Request, link: Link, secret: str, form: FormData, status: int = 200
) -> Response:
    here = f"/registration/invitations/{secret}"
    known = [await context.store.seasons.find(season) for season in {grant.season for grant in link.grants}]
    seasons = {season.id: season.rules for season in known if season}
    own = getattr(request.state, "principal", None) is not None and "new" not in request.query_params
    shown = {
        "link": link,
        "seasons": seasons,
        "zone": next((rules.time_zone for rules in seasons.values()), ""),
        "secret": secret,
        "form": form,
        "own": own and (form["as"] == "account" or not form.values),
        "sign_in": f"/registration/sign-in?next={here}",
        "robots": False,
    }
    return context.pages.render(request, "invitation.html", shown, status=status)


@router.get("/invitations/{secret}")
async def invitation(context: ContextOf, request: Request, secret: str) -> Response:
    """With the account that one is signed in to, with another one that one has, or with a new one."""
    now = await context.store.clock.now()
    link = await known_link(context, request, context.access.accounts.open_invitation(secret, now))
    return await invitation_page(context, request, link, secret, FormData())


@router.post("/invitations/{secret}")
async def accept(context: ContextOf, request: Request, secret: str, principal: Visitor) -> Response:
    """`as=account`: as the account that one is signed in to; else with a new account."""
    link, sent = (
        await known_link(context, request, context.access.accounts.invitation(secret)),
        await read_form(request),
    )
    translator = context.pages.translator(request)
    try:
        if sent["as"] == "account":
            if principal is None:
                raise NotSignedIn("sign-in-needed")
            person = await invited_person(context, link, sent["name"])
            await context.access.accounts.accept_as(secret, principal, person)
            return await context.access.browser.refresh(request, RedirectResponse("/registration/me", status_code=303))
        person = await invited_person(context, link, sent["name"])
        account = await context.access.accounts.accept(
            secret, sent["login"], sent["password"], translator.language, person
        )
    except Invalid as error:
        form = sent.with_errors(error if error.errors else on_field(error), translator)
        return await invitation_page(context, request, link, secret, form, 422)
    except InvalidState as error:
        return await invitation_page(context, request, link, secret, sent.with_errors(error, translator), 409)
    return await context.access.browser.open(account, "/registration/me")


@router.get("/tokens")
async def tokens(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    return await token_page(context, request, principal, FormData(), "")


async def token_page(
    context: Context, request: Request, principal: Any, form: FormData, made: str, status: int = 200
) -> Response:
    listed = [
        {"id": session.id, "label": session.label, "expires_at": from_unix_micros(session.expires_at)}
        for session in await context.access.accounts.personal_tokens(principal)
    ]
    return context.pages.render(request, "tokens.html", {"tokens": listed, "form": form, "made": made}, status=status)


@router.post("/tokens")
async def make_token(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    sent = await read_form(request)
    try:
        days = whole_number(sent["days"] or "90") or 0
        _, token = await context.access.accounts.personal_token(
            principal, sent["label"], "*", days, context.command_of(request, sent)
        )
    except LaurelError as error:
        return await token_page(
            context, request, principal, sent.with_errors(error, context.pages.translator(request)), "", 422
        )
    return await token_page(context, request, principal, FormData(), token)


@router.post("/tokens/{token}/revoke")
async def revoke_token(context: ContextOf, token: str, principal: SignedIn) -> Response:
    await context.access.accounts.revoke_personal(principal, token)
    return RedirectResponse("/registration/tokens", status_code=303)


async def listed_invitations(
    context: Context, season_id: str, principal: Principal
) -> list[tuple[Invitation, datetime]]:
    """Those that the visitor made or may see, each with the day that counts: until when, or since when it is what it is."""
    listed = await context.access.roles.all_invitations(principal, season_id)
    return [(invitation, from_unix_micros(invitation.expires_at or invitation.at)) for invitation in listed]


async def invite_page(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    form: FormData,
    *,
    url: str = "",
    mailed: DeliveryState = DeliveryState.NONE,
    status: int = 200,
) -> Response:
    season = await season_of(season_id, context.store)
    shown = {
        **season_frame(season.rules, season.mode),
        "form": form,
        "url": url,
        "mailed": mailed,
        "mails": context.notifications.post.open,
        "invitations": await listed_invitations(context, season_id, principal),
        "roles": await context.access.roles.held(principal, season_id),
        "records": [
            (record, from_unix_micros(record.at)) for record in await context.access.roles.records(principal, season_id)
        ],
    }
    return context.pages.render(request, "invite.html", shown, status=status)


@router.get("/seasons/{season_id}/invite")
async def invite_form(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Who has a role, which invitations are open, and a form for another."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    return await invite_page(context, request, season_id, principal, FormData())


@router.post("/seasons/{season_id}/invite")
async def invite(context: ContextOf, request: Request, season_id: str, principal: InPerson) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    sent = await read_form(request)
    try:
        secret = await context.access.accounts.invite(
            principal.gives(Grant(_read_role(sent["role"]), season_id, "*", sent["ref"])),
            by=principal,
            days=INVITATION_DAYS,
            command=context.command_of(request, sent),
            reason=sent["reason"],
            mail=sent["mail"],
        )
        t = context.pages.translator(request)
        (mailed,) = await mail_invitations(context, [secret], t)
    except (Invalid, InvalidState) as error:
        refused, status = (
            sent.with_errors(error, context.pages.translator(request)),
            409 if isinstance(error, InvalidState) else 422,
        )
        return await invite_page(context, request, season_id, principal, refused, status=status)
    url = invitation_url(context, secret)
    return await invite_page(context, request, season_id, principal, FormData(), url=url, mailed=mailed)


@router.post("/seasons/{season_id}/roles/{role}/withdrawal")
async def withdraw(context: ContextOf, request: Request, season_id: str, role: str, principal: InPerson) -> Response:
    """Take back a role, with a reason."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    sent = await read_form(request)
    try:
        await context.access.roles.withdraw(principal, season_id, role, sent["reason"])
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await invite_page(context, request, season_id, principal, refused, status=422)
    return RedirectResponse(f"/registration/seasons/{season_id}/invite", status_code=303)


def _read_role(text: str) -> Role:
    """The role that the form names. Raises Invalid where it offers no such role."""
    if text not in INVITED:
        raise Invalid("fields-invalid", errors=[error_at("role", "field-role")])
    return Role(text)


def on_field(error: Invalid) -> Invalid:
    """The same refusal, at the field it is about."""
    field = "password" if error.code.startswith("password") else "login"
    item = error_at(field, f"problem-{error.code}", **error.values)
    return Invalid(error.code, errors=[item], **error.values)
