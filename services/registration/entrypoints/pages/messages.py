"""One's messages, one's address for mail, and the webhooks of a season."""

import hmac
import time
from hashlib import sha256
from urllib.parse import quote

from aiosmtplib import SMTPException
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.identity import Account
from services.registration.application.seasons import season_of
from services.registration.domain.messages import CONFIRMATIONS
from services.registration.entrypoints.context import Context, InPerson, SignedIn
from services.registration.entrypoints.telling import tell_changed
from shared.errors import Invalid, LaurelError, NotFound, error_at
from shared.identity import Principal, Role
from shared.throttle import Throttle
from shared.web.forms import Filled, filled
from shared.web.season_header import SeasonHeader

KINDS = tuple(dict.fromkeys(kind.replace("-", ".") for kind in CONFIRMATIONS.values()))
LONGEST_ADDRESS = 200
LETTERS_A_DAY = 3
"""Confirmations to one address, so that nobody is pestered through us."""
LINK_SECONDS = 86_400


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration", include_in_schema=False)
    pages, accounts = context.pages, context.accounts
    secret = context.key.derive("mail")
    letters = Throttle(context.counters, "mail", LETTERS_A_DAY, LINK_SECONDS, "too-often")

    def proof(account: Account, mail: str, until: int) -> str:
        """Good until then, and only as long as neither address nor password were changed: so once."""
        text = f"{account.id}\n{account.credentials}\n{mail}\n{until}"
        return hmac.new(secret, text.encode(), sha256).hexdigest()[:32]

    async def changed(account: Account, mail: str) -> Response:
        after = await accounts.set_mail(account, mail)
        await tell_changed(context, after, "mail-changed", mail=account.mail)
        return await context.browser.open(after, "/registration/messages")

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
                "messages": [one for one in listed if not one["season"] or one["season"] in titles],
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
    async def address(request: Request, principal: InPerson) -> Response:
        """An address is used once the link that was sent there has been opened; an empty one ends all mail.

        Who gets the letters is a matter of the present password, or of having just signed in.
        """
        form = await filled(request)
        mail = form["mail"]
        try:
            if mail and (len(mail) > LONGEST_ADDRESS or mail.count("@") != 1 or any(sign.isspace() for sign in mail)):
                raise Invalid("fields-invalid", errors=[error_at("mail", "field-mail")])
            account = await accounts.prove(principal, form["present"])
            if not mail:
                return await changed(account, "")
            await letters.spend(mail.lower())
            t, until = pages.translator(request), int(time.time()) + LINK_SECONDS
            token = proof(account, mail, until)
            url = (
                f"{context.settings.public_url}/registration/messages/address/{token}?until={until}&mail={quote(mail)}"
            )
            text = t("letter-confirm", login=principal.login, url=url)
            await context.post.send("", mail, t("letter-confirm-subject"), text, t.html_language)
        except LaurelError as error:
            return await page(request, principal, form.refused(error, pages.translator(request)), status=422)
        except (SMTPException, OSError):
            refused = form.refused(Invalid("mail-not-taken"), pages.translator(request))
            return await page(request, principal, refused, status=422)
        return await page(request, principal, Filled(), sent=mail)

    @routes.get("/messages/address/{token}")
    async def confirm(token: str, principal: InPerson, mail: str = "", until: int = 0) -> Response:
        account = await accounts.find(principal.account)
        right = account and hmac.compare_digest(token.encode(), proof(account, mail, until).encode())
        if account is None or not right or until < time.time():
            raise NotFound("link-spent")
        return await changed(account, mail)

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
