"""Signing in and out, links, invitations, one's own page, tokens for programs."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.adapters.logins import whole_login
from services.registration.application.forms import enter_instructor
from services.registration.application.seasons import season_of
from services.registration.entrypoints.browser import inside
from services.registration.entrypoints.context import Context, SignedIn, Visitor
from shared.errors import Invalid, LaurelError, Refused, error_at
from shared.http.throttle import address_of
from shared.identity import Grant, Role
from shared.identity.gate import current
from shared.season.records import moment
from shared.web.forms import Filled, filled


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current)])
    pages, accounts = context.pages, context.accounts

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
        account = await accounts.link_account(secret, use=False)
        return pages.render(request, "link.html", {"account": account, "secret": secret, "robots": False})

    @routes.post("/links/{secret}")
    async def use_link(secret: str) -> Response:
        return await context.browser.open(await accounts.link_account(secret, use=True), "/registration/me")

    @routes.get("/invitations/{secret}")
    async def invitation(request: Request, secret: str) -> Response:
        found = await accounts.invitation(secret)
        return pages.render(
            request, "invitation.html", {"link": found, "secret": secret, "form": Filled(), "robots": False}
        )

    @routes.post("/invitations/{secret}")
    async def accept(request: Request, secret: str) -> Response:
        found, sent = await accounts.invitation(secret), await filled(request)
        translator = pages.translator(request)
        teaches = next((grant for grant in found.grants if grant.role is Role.INSTRUCTOR), None)
        person = ""
        try:
            if teaches:
                season = await season_of(teaches.season, context.store)
                person = await enter_instructor(season, teaches.unit, sent["name"], context.store)
            account = await accounts.accept(secret, sent["login"], sent["password"], translator.language, person)
        except Invalid as error:
            form = sent.refused(error if error.errors else on_field(error), translator)
            page = {"link": found, "secret": secret, "form": form, "robots": False}
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
            if grant.covers(grant.role, season.id)
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
            {"id": session.id, "label": session.label, "expires_at": moment(session.expires_at)}
            for session in await accounts.personal_tokens(principal)
        ]
        return pages.render(request, "tokens.html", {"tokens": listed, "form": form, "made": made}, status=status)

    @routes.post("/tokens")
    async def make_token(request: Request, principal: SignedIn) -> Response:
        sent = await filled(request)
        try:
            _, token = await accounts.personal_token(
                principal, sent["label"], "*", int(sent["days"] or "90"), context.command()
            )
        except (LaurelError, ValueError) as error:
            known = error if isinstance(error, LaurelError) else Invalid("token-terms", longest=400)
            return await token_page(request, principal, sent.refused(known, pages.translator(request)), "", 422)
        return await token_page(request, principal, Filled(), token)

    @routes.post("/tokens/{token}/revoke")
    async def revoke_token(token: str, principal: SignedIn) -> Response:
        await accounts.revoke_personal(principal, token)
        return RedirectResponse("/registration/tokens", status_code=303)

    @routes.get("/seasons/{season_id}/invite")
    async def invite_form(request: Request, season_id: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        season = await season_of(season_id, context.store)
        return pages.render(request, "invite.html", {"rules": season.rules, "form": Filled(), "url": ""})

    @routes.post("/seasons/{season_id}/invite")
    async def invite(request: Request, season_id: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        season, sent = await season_of(season_id, context.store), await filled(request)
        allowed = {Role.JUDGE, Role.CHIEF_JUDGE, Role.CITY_ORGANIZER, Role.AUDITOR}
        if sent["role"] not in allowed or (sent["role"] in (Role.JUDGE, Role.CHIEF_JUDGE) and not sent["ref"]):
            field, code = ("role", "field-role") if sent["role"] not in allowed else ("ref", "field-judge-id")
            error = Invalid("fields-invalid", errors=[error_at(field, code)])
            page = {"rules": season.rules, "form": sent.refused(error, pages.translator(request)), "url": ""}
            return pages.render(request, "invite.html", page, status=422)
        try:
            secret = await accounts.invite(
                principal.gives(Grant(Role(sent["role"]), season_id, "*", sent["ref"])),
                days=14,
                command=context.command(),
                reason=sent["reason"],
            )
        except Refused as error:
            page = {"rules": season.rules, "form": sent.refused(error, pages.translator(request)), "url": ""}
            return pages.render(request, "invite.html", page, status=409)
        url = f"{context.settings.public_url}/registration/invitations/{secret}"
        return pages.render(request, "invite.html", {"rules": season.rules, "form": Filled(), "url": url})

    return routes


def on_field(error: Invalid) -> Invalid:
    """The same refusal, at the field it is about."""
    field = "password" if error.code.startswith("password") else "login"
    item = error_at(field, f"problem-{error.code}", **error.values)
    return Invalid(error.code, errors=[item], **error.values)
