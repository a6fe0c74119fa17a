"""Signing in and out, links, invitations, one's own page, tokens for programs."""

from collections.abc import Awaitable
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.adapters.logins import whole_login
from services.registration.application.forms import enter_instructor
from services.registration.application.seasons import season_of
from services.registration.entrypoints.browser import own_path
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn, Visitor
from shared.errors import Invalid, InvalidState, LaurelError, NotFound, error_at
from shared.http.client_address import address_of
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import current_user
from shared.season.csv_rows import whole_number
from shared.season.time import from_unix_micros
from shared.throttle import Throttle
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

INVITATION_DAYS = 14
INVITED = (Role.JUDGE, Role.CHIEF_JUDGE, Role.CITY_ORGANIZER, Role.AUDITOR)
"""Roles that the form offers."""
T = TypeVar("T")
UNKNOWN_LINKS, UNKNOWN_SECONDS = 30, 600
"""Addresses of links that do not exist, tried from one address."""


router = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current_user)])


def _misses(context: Context) -> Throttle:
    return Throttle(context.access.counters, "unknown-link", UNKNOWN_LINKS, UNKNOWN_SECONDS)


async def known_link(context: Context, request: Request, link: Awaitable[T]) -> T:
    """What a link leads to. Whoever tries many that lead nowhere is refused for a while."""
    try:
        return await link
    except NotFound:
        await _misses(context).spend(address_of(request))
        raise


@router.get("/sign-in")
async def form(context: ContextOf, request: Request, next: str = "/registration/me") -> Response:  # noqa: A002
    return context.pages.render(request, "sign-in.html", {"form": FormData({"next": own_path(next)})})


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
        return context.pages.render(request, "sign-in.html", {"form": form}, status=status)
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
    return context.access.browser.close(RedirectResponse("/", status_code=303))


@router.get("/links/{secret}")
async def link(context: ContextOf, request: Request, secret: str) -> Response:
    """Shows whose link it is; only the button spends it, so that a preview does not."""
    account = await known_link(context, request, context.access.accounts.link_account(secret, use=False))
    return context.pages.render(request, "link.html", {"account": account, "secret": secret, "robots": False})


@router.post("/links/{secret}")
async def use_link(context: ContextOf, request: Request, secret: str) -> Response:
    account = await known_link(context, request, context.access.accounts.link_account(secret, use=True))
    return await context.access.browser.open(account, "/registration/me")


@router.get("/invitations/{secret}")
async def invitation(context: ContextOf, request: Request, secret: str) -> Response:
    link = await known_link(context, request, context.access.accounts.invitation(secret))
    return context.pages.render(
        request, "invitation.html", {"link": link, "secret": secret, "form": FormData(), "robots": False}
    )


@router.post("/invitations/{secret}")
async def accept(context: ContextOf, request: Request, secret: str) -> Response:
    link, sent = (
        await known_link(context, request, context.access.accounts.invitation(secret)),
        await read_form(request),
    )
    translator = context.pages.translator(request)
    teaches = next((grant for grant in link.grants if grant.role is Role.INSTRUCTOR), None)
    person = ""
    try:
        if teaches:
            season = await season_of(teaches.season, context.store)
            person = await enter_instructor(season, teaches.unit, sent["name"], context.store)
        account = await context.access.accounts.accept(
            secret, sent["login"], sent["password"], translator.language, person
        )
    except Invalid as error:
        form = sent.with_errors(error if error.errors else on_field(error), translator)
        page = {"link": link, "secret": secret, "form": form, "robots": False}
        return context.pages.render(request, "invitation.html", page, status=422)
    return await context.access.browser.open(account, "/registration/me")


@router.get("/me")
async def me(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    """What this account can do and what is waiting."""
    entries = await context.read.entries.owned(principal.account, principal.person)
    seasons = {season.id: season for season in await context.read.seasons.all()}
    grants: list[dict[str, Any]] = [
        {"role": role, "season": season, "ref": grant.ref}
        for grant in principal.grants
        for role in [Role.CITY_ORGANIZER if grant.role is Role.OPERATOR else grant.role]
        for season in seasons.values()
        if grant.covers(grant.role, season.id, season.rules.series.id)
    ]
    certificates = await context.read.results.certificates_of([principal.person]) if principal.person else []
    return context.pages.render(
        request,
        "me.html",
        {"entries": entries, "seasons": seasons, "grants": grants, "certificates": certificates},
    )


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
        _, token = await context.access.accounts.personal_token(principal, sent["label"], "*", days, context.command())
    except LaurelError as error:
        return await token_page(
            context, request, principal, sent.with_errors(error, context.pages.translator(request)), "", 422
        )
    return await token_page(context, request, principal, FormData(), token)


@router.post("/tokens/{token}/revoke")
async def revoke_token(context: ContextOf, token: str, principal: SignedIn) -> Response:
    await context.access.accounts.revoke_personal(principal, token)
    return RedirectResponse("/registration/tokens", status_code=303)


async def invite_page(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    form: FormData,
    *,
    url: str = "",
    status: int = 200,
) -> Response:
    season = await season_of(season_id, context.store)
    shown = {
        **season_frame(season.rules),
        "form": form,
        "url": url,
        "invitations": [
            (invitation, from_unix_micros(invitation.expires_at))
            for invitation in await context.access.roles.invitations(principal, season_id)
        ],
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
            command=context.command(),
            reason=sent["reason"],
        )
    except (Invalid, InvalidState) as error:
        refused, status = (
            sent.with_errors(error, context.pages.translator(request)),
            409 if isinstance(error, InvalidState) else 422,
        )
        return await invite_page(context, request, season_id, principal, refused, status=status)
    url = f"{context.settings.public_url}/registration/invitations/{secret}"
    return await invite_page(context, request, season_id, principal, FormData(), url=url)


@router.post("/seasons/{season_id}/{what}/{which}/withdrawal")
async def withdraw(
    context: ContextOf,
    request: Request,
    season_id: str,
    what: Literal["invitations", "roles"],
    which: str,
    principal: InPerson,
) -> Response:
    """Take back an open invitation or a role, with a reason."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    sent = await read_form(request)
    try:
        if what == "roles":
            await context.access.roles.withdraw(principal, season_id, which, sent["reason"])
        else:
            await context.access.roles.withdraw_invitation(principal, which, sent["reason"])
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
