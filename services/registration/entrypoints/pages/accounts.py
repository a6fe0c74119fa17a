"""Signing in and out, links, invitations, one's own page, tokens for programs."""

from collections.abc import Awaitable
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.adapters.logins import whole_login
from services.registration.application.forms import enter_instructor
from services.registration.application.seasons import season_of
from services.registration.entrypoints.browser import inside
from services.registration.entrypoints.context import Context, InPerson, SignedIn, Visitor
from shared.errors import Invalid, LaurelError, NotFound, Refused, error_at
from shared.http.client_address import address_of
from shared.identity import Grant, Principal, Role
from shared.identity.gate import current
from shared.season.csv_rows import whole_number
from shared.season.time import from_unix_micros
from shared.throttle import Throttle
from shared.web.forms import Filled, filled
from shared.web.season_header import SeasonHeader

INVITATION_DAYS = 14
T = TypeVar("T")
UNKNOWN_LINKS, UNKNOWN_SECONDS = 30, 600
"""Addresses of links that do not exist, tried from one address."""


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current)])
    pages, accounts, roles = context.pages, context.accounts, context.roles
    misses = Throttle(context.counters, "unknown-link", UNKNOWN_LINKS, UNKNOWN_SECONDS)

    async def found(request: Request, link: Awaitable[T]) -> T:
        """What a link leads to. Whoever tries many that lead nowhere is refused for a while."""
        try:
            return await link
        except NotFound:
            await misses.spend(address_of(request))
            raise

    @routes.get("/sign-in")
    async def form(request: Request, next: str = "/registration/me") -> Response:  # noqa: A002
        return pages.render(request, "sign-in.html", {"form": Filled({"next": inside(next)})})

    @routes.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        sent = await filled(request)
        try:
            account = await accounts.sign_in(
                whole_login(sent["school"], sent["login"]), sent["password"], address_of(request)
            )
        except LaurelError as error:
            status = 429 if error.code == "sign-in-throttled" else 401
            form = sent.refused(error, pages.translator(request))
            return pages.render(request, "sign-in.html", {"form": form}, status=status)
        return await context.browser.open(account, sent["next"] or "/registration/me")

    @routes.get("/session")
    async def renew(request: Request, next: str = "/registration/me") -> Response:  # noqa: A002
        """A fresh token for a session that still holds, and back; else to sign in."""
        renewed = await context.browser.renew(request, next)
        return renewed or RedirectResponse(
            f"/registration/sign-in?next={quote(inside(next), safe='/')}", status_code=303
        )

    @routes.post("/sign-out")
    async def sign_out(principal: Visitor) -> Response:
        if principal:
            await accounts.end_session(principal.session)
        return context.browser.close(RedirectResponse("/", status_code=303))

    @routes.get("/links/{secret}")
    async def link(request: Request, secret: str) -> Response:
        """Shows whose link it is; only the button spends it, so that a preview does not."""
        account = await found(request, accounts.link_account(secret, use=False))
        return pages.render(request, "link.html", {"account": account, "secret": secret, "robots": False})

    @routes.post("/links/{secret}")
    async def use_link(request: Request, secret: str) -> Response:
        account = await found(request, accounts.link_account(secret, use=True))
        return await context.browser.open(account, "/registration/me")

    @routes.get("/invitations/{secret}")
    async def invitation(request: Request, secret: str) -> Response:
        link = await found(request, accounts.invitation(secret))
        return pages.render(
            request, "invitation.html", {"link": link, "secret": secret, "form": Filled(), "robots": False}
        )

    @routes.post("/invitations/{secret}")
    async def accept(request: Request, secret: str) -> Response:
        link, sent = await found(request, accounts.invitation(secret)), await filled(request)
        translator = pages.translator(request)
        teaches = next((grant for grant in link.grants if grant.role is Role.INSTRUCTOR), None)
        person = ""
        try:
            if teaches:
                season = await season_of(teaches.season, context.store)
                person = await enter_instructor(season, teaches.unit, sent["name"], context.store)
            account = await accounts.accept(secret, sent["login"], sent["password"], translator.language, person)
        except Invalid as error:
            form = sent.refused(error if error.errors else on_field(error), translator)
            page = {"link": link, "secret": secret, "form": form, "robots": False}
            return pages.render(request, "invitation.html", page, status=422)
        return await context.browser.open(account, "/registration/me")

    @routes.get("/me")
    async def me(request: Request, principal: SignedIn) -> Response:
        """What this account can do and what is waiting."""
        entries = await context.entries.owned(principal.account, principal.person)
        seasons = {season.id: season for season in await context.seasons.all()}
        grants: list[dict[str, Any]] = [
            {"role": role, "season": season, "ref": grant.ref}
            for grant in principal.grants
            for role in [Role.CITY_ORGANIZER if grant.role is Role.OPERATOR else grant.role]
            for season in seasons.values()
            if grant.covers(grant.role, season.id, season.rules.series.id)
        ]
        certificates = await context.results.certificates_of([principal.person]) if principal.person else []
        return pages.render(
            request,
            "me.html",
            {"entries": entries, "seasons": seasons, "grants": grants, "certificates": certificates},
        )

    @routes.get("/tokens")
    async def tokens(request: Request, principal: SignedIn) -> Response:
        return await token_page(request, principal, Filled(), "")

    async def token_page(request: Request, principal: Any, form: Filled, made: str, status: int = 200) -> Response:
        listed = [
            {"id": session.id, "label": session.label, "expires_at": from_unix_micros(session.expires_at)}
            for session in await accounts.personal_tokens(principal)
        ]
        return pages.render(request, "tokens.html", {"tokens": listed, "form": form, "made": made}, status=status)

    @routes.post("/tokens")
    async def make_token(request: Request, principal: SignedIn) -> Response:
        sent = await filled(request)
        try:
            days = whole_number(sent["days"] or "90") or 0
            _, token = await accounts.personal_token(principal, sent["label"], "*", days, context.command())
        except LaurelError as error:
            return await token_page(request, principal, sent.refused(error, pages.translator(request)), "", 422)
        return await token_page(request, principal, Filled(), token)

    @routes.post("/tokens/{token}/revoke")
    async def revoke_token(token: str, principal: SignedIn) -> Response:
        await accounts.revoke_personal(principal, token)
        return RedirectResponse("/registration/tokens", status_code=303)

    async def invite_page(
        request: Request, season_id: str, principal: Principal, form: Filled, *, url: str = "", status: int = 200
    ) -> Response:
        season = await season_of(season_id, context.store)
        shown = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "form": form,
            "url": url,
            "invitations": [
                (one, from_unix_micros(one.expires_at)) for one in await roles.invitations(principal, season_id)
            ],
            "roles": await roles.held(principal, season_id),
            "records": [(one, from_unix_micros(one.at)) for one in await roles.records(principal, season_id)],
        }
        return pages.render(request, "invite.html", shown, status=status)

    @routes.get("/seasons/{season_id}/invite")
    async def invite_form(request: Request, season_id: str, principal: SignedIn) -> Response:
        """Who has a role, which invitations are open, and a form for another."""
        principal.require(season_id, Role.CITY_ORGANIZER)
        return await invite_page(request, season_id, principal, Filled())

    @routes.post("/seasons/{season_id}/invite")
    async def invite(request: Request, season_id: str, principal: InPerson) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        sent = await filled(request)
        allowed = {Role.JUDGE, Role.CHIEF_JUDGE, Role.CITY_ORGANIZER, Role.AUDITOR}
        if sent["role"] not in allowed or (sent["role"] in (Role.JUDGE, Role.CHIEF_JUDGE) and not sent["ref"]):
            field, code = ("role", "field-role") if sent["role"] not in allowed else ("ref", "field-judge-id")
            error = Invalid("fields-invalid", errors=[error_at(field, code)])
            refused = sent.refused(error, pages.translator(request))
            return await invite_page(request, season_id, principal, refused, status=422)
        try:
            secret = await accounts.invite(
                principal.gives(Grant(Role(sent["role"]), season_id, "*", sent["ref"])),
                by=principal,
                days=INVITATION_DAYS,
                command=context.command(),
                reason=sent["reason"],
            )
        except Refused as error:
            refused = sent.refused(error, pages.translator(request))
            return await invite_page(request, season_id, principal, refused, status=409)
        url = f"{context.settings.public_url}/registration/invitations/{secret}"
        return await invite_page(request, season_id, principal, Filled(), url=url)

    @routes.post("/seasons/{season_id}/{what}/{which}/withdrawal")
    async def withdraw(
        request: Request, season_id: str, what: Literal["invitations", "roles"], which: str, principal: InPerson
    ) -> Response:
        """Take back an open invitation or a role, with a reason."""
        principal.require(season_id, Role.CITY_ORGANIZER)
        sent = await filled(request)
        try:
            if what == "roles":
                await roles.withdraw(principal, season_id, which, sent["reason"])
            else:
                await roles.withdraw_invitation(principal, which, sent["reason"])
        except LaurelError as error:
            refused = sent.refused(error, pages.translator(request))
            return await invite_page(request, season_id, principal, refused, status=422)
        return RedirectResponse(f"/registration/seasons/{season_id}/invite", status_code=303)

    return routes


def on_field(error: Invalid) -> Invalid:
    """The same refusal, at the field it is about."""
    field = "password" if error.code.startswith("password") else "login"
    item = error_at(field, f"problem-{error.code}", **error.values)
    return Invalid(error.code, errors=[item], **error.values)
