"""One's messages, one's address for mail, and the webhooks of a season."""

import hmac
from hashlib import sha256
from urllib.parse import quote

from aiosmtplib import SMTPException
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.seasons import season_of
from services.registration.domain.messages import CONFIRMATIONS
from services.registration.entrypoints.context import Context, SignedIn
from shared.errors import Invalid, LaurelError, NotFound, error_at
from shared.identity import Principal, Role
from shared.web.forms import Filled, filled
from shared.web.season_header import SeasonHeader

KINDS = tuple(dict.fromkeys(kind.replace("-", ".") for kind in CONFIRMATIONS.values()))
LONGEST_ADDRESS = 200
LETTERS_A_DAY = 3
"""Confirmations to one address, so that nobody is pestered through us."""


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration", include_in_schema=False)
    pages, accounts = context.pages, context.accounts
    secret = context.key.derive("mail")

    def proof(account: str, mail: str) -> str:
        return hmac.new(secret, f"{account}\n{mail}".encode(), sha256).hexdigest()[:32]

    async def page(
        request: Request, principal: Principal, form: Filled, *, sent: str = "", status: int = 200
    ) -> Response:
        account = await accounts.find(principal.account)
        listed = await context.messages.of(principal.account)
        titles = {one.id: one.rules for one in await context.seasons.all()}
        response = pages.render(
            request,
            "messages.html",
            {
                "messages": [one for one in listed if one["season"] in titles],
                "titles": titles,
                "mail": account.mail if account else "",
                "post": context.post.open,
                "sent": sent,
                "form": form,
            },
            status=status,
        )
        await context.messages.read(principal.account)
        return response

    @routes.get("/messages")
    async def listed(request: Request, principal: SignedIn) -> Response:
        return await page(request, principal, Filled())

    @routes.post("/messages/address")
    async def address(request: Request, principal: SignedIn) -> Response:
        """An address is used once the link that was sent there has been opened; an empty one ends all mail."""
        form = await filled(request)
        mail = form["mail"]
        try:
            if not mail:
                await accounts.set_mail(principal.account, "")
                return RedirectResponse("/registration/messages", status_code=303)
            if len(mail) > LONGEST_ADDRESS or mail.count("@") != 1 or any(sign.isspace() for sign in mail):
                raise Invalid("fields-invalid", errors=[error_at("mail", "field-mail")])
            await accounts.spend(f"mail:{mail.lower()}", LETTERS_A_DAY, 86_400)
            t = pages.translator(request)
            url = f"{context.settings.public_url}/registration/messages/address/{proof(principal.account, mail)}"
            text = t("letter-confirm", login=principal.login, url=f"{url}?mail={quote(mail)}")
            await context.post.send("", mail, t("letter-confirm-subject"), text, t.html_language)
        except LaurelError as error:
            return await page(request, principal, form.refused(error, pages.translator(request)), status=422)
        except (SMTPException, OSError):
            refused = form.refused(Invalid("mail-not-taken"), pages.translator(request))
            return await page(request, principal, refused, status=422)
        return await page(request, principal, Filled(), sent=mail)

    @routes.get("/messages/address/{token}")
    async def confirm(token: str, principal: SignedIn, mail: str = "") -> Response:
        if not hmac.compare_digest(token, proof(principal.account, mail)):
            raise NotFound("link-spent")
        await accounts.set_mail(principal.account, mail)
        return RedirectResponse("/registration/messages", status_code=303)

    async def hooks_page(
        request: Request, season_id: str, form: Filled, *, made: str = "", status: int = 200
    ) -> Response:
        season = await season_of(season_id, context.store)
        shown = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "hooks": await context.webhooks.of(season_id),
            "deliveries": await context.webhooks.deliveries(season_id),
            "kinds": KINDS,
            "made": made,
            "form": form,
        }
        return pages.render(request, "webhooks.html", shown, status=status)

    @routes.get("/seasons/{season_id}/webhooks")
    async def hooks(request: Request, season_id: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        return await hooks_page(request, season_id, Filled())

    @routes.post("/seasons/{season_id}/webhooks")
    async def add(request: Request, season_id: str, principal: SignedIn) -> Response:
        """The secret is shown once, here."""
        principal.require(season_id, Role.CITY_ORGANIZER)
        sent = await request.form()
        form = Filled({"url": str(sent.get("url", "")).strip()})
        try:
            chosen = [str(one) for one in sent.getlist("kind") if one in KINDS]
            hook = await context.webhooks.add(season_id, form["url"], chosen)
        except LaurelError as error:
            return await hooks_page(request, season_id, form.refused(error, pages.translator(request)), status=422)
        return await hooks_page(request, season_id, Filled(), made=hook.secret)

    @routes.post("/seasons/{season_id}/webhooks/{hook}/removal")
    async def remove(season_id: str, hook: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        await context.webhooks.remove(season_id, hook)
        return RedirectResponse(f"/registration/seasons/{season_id}/webhooks", status_code=303)

    @routes.post("/seasons/{season_id}/webhooks/repetition")
    async def again(request: Request, season_id: str, principal: SignedIn) -> Response:
        principal.require(season_id, Role.CITY_ORGANIZER)
        await context.webhooks.again(season_id, (await filled(request))["delivery"])
        return RedirectResponse(f"/registration/seasons/{season_id}/webhooks", status_code=303)

    return routes
