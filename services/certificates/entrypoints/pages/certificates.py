"""Checking a certificate, one's own certificates, and the organizer's downloads."""

import secrets
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from services.certificates.domain.documents import Certificate
from services.certificates.domain.serials import well_formed
from services.certificates.entrypoints.context import Context, SignedIn
from shared.errors import NotFound, TooMany
from shared.http.throttle import address_of
from shared.identity import Role
from shared.identity.gate import current
from shared.season.text import Text
from shared.web.forms import Filled, filled
from shared.web.names import masked, plain
from shared.web.season_header import SeasonHeader

MOST_SHOWN = 300


def router(context: Context) -> APIRouter:
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(current)])
    pages, store, throttle = context.pages, context.certificates, context.throttle

    def shown_name(certificate: Certificate, language: str) -> str:
        """A unit's name is public; a person's is masked."""
        name = certificate.current.name.best(language)
        return name if certificate.kind == "unit" else masked(name)

    async def result(
        request: Request, certificate: Certificate, *, match: bool | None = None, typed: str = "", action: str = ""
    ) -> Response:
        facts, language = certificate.facts, pages.translator(request).language
        named = certificate.kind == "unit" or (not certificate.erased and await context.known.may_be_named(certificate))
        header = SeasonHeader(certificate.season, facts.season_title, facts.statement, facts.approval_number)
        page: dict[str, Any] = {
            "certificate": certificate,
            "facts": facts,
            "name": shown_name(certificate, language) if named else "",
            "named": named,
            "match": match,
            "typed": typed,
            "action": action,
            "season": header,
            "robots": False,
            "state": certificate.state,
            "number": certificate.serial,
            "code": certificate.code if action != f"/v/{certificate.token}" else "",
        }
        response = pages.render(request, "verified.html", page)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def matches(certificate: Certificate, typed: str) -> bool:
        name: Text = certificate.current.name
        return any(
            secrets.compare_digest(plain(one).encode(), plain(typed).encode()) for one in (name.zh, name.en) if one
        )

    async def by_token(request: Request, token: str) -> Certificate:
        throttle.check(address_of(request))
        certificate = await store.by_token(token)
        if certificate is None:
            throttle.failed(address_of(request))
            raise NotFound("certificate-unknown")
        return certificate

    @routes.get("/v/{token}")
    async def scanned(request: Request, token: str) -> Response:
        """The address behind the QR code: every printed field, with the name masked."""
        return await result(request, await by_token(request, token), action=f"/v/{token}")

    @routes.post("/v/{token}")
    async def compare(request: Request, token: str) -> Response:
        """Whether the typed name is the one that is printed; it tells a stranger nothing else."""
        certificate, sent = await by_token(request, token), await filled(request)
        match = matches(certificate, sent["name"])
        if not match:
            throttle.failed(address_of(request))
        return await result(request, certificate, match=match, typed=sent["name"], action=f"/v/{token}")

    @routes.get("/certificates/")
    async def check(request: Request, serial: str = "", code: str = "") -> Response:
        """By printed number and code. The number alone tells only whether it exists."""
        serial, code = serial.strip().upper()[:64], code.strip().upper()[:64]
        form = Filled({"serial": serial, "code": code})
        if not serial:
            return pages.render(request, "check.html", {"form": form, "found": None})
        try:
            throttle.check(address_of(request))
        except TooMany as error:
            translator = pages.translator(request)
            return pages.render(
                request, "check.html", {"form": form.refused(error, translator), "found": None}, status=429
            )
        certificate = await store.by_serial(serial) if well_formed(serial) else None
        right = certificate is not None and secrets.compare_digest(certificate.code, code)
        if certificate is None or (code and not right):
            throttle.failed(address_of(request))
        if certificate is not None and right:
            return await result(request, certificate, action="/certificates/")
        found = (
            "misprint"
            if not well_formed(serial)
            else "unknown"
            if certificate is None
            else "code"
            if code
            else "exists"
        )
        return pages.render(request, "check.html", {"form": form, "found": found, "robots": False})

    @routes.post("/certificates/")
    async def compare_by_code(request: Request) -> Response:
        sent = await filled(request)
        throttle.check(address_of(request))
        certificate = await store.by_serial(sent["serial"])
        if certificate is None or not secrets.compare_digest(certificate.code, sent["code"]):
            throttle.failed(address_of(request))
            raise NotFound("certificate-unknown")
        match = matches(certificate, sent["name"])
        if not match:
            throttle.failed(address_of(request))
        return await result(request, certificate, match=match, typed=sent["name"], action="/certificates/")

    @routes.get("/certificates/mine")
    async def mine(request: Request, principal: SignedIn) -> Response:
        found = await store.of_recipient(principal.person) if principal.person else []
        return pages.render(request, "mine.html", {"certificates": found})

    @routes.get("/certificates/me/data.json")
    async def own_data(principal: SignedIn) -> Response:
        """Everything that this service holds of the person who asks."""
        found = await store.of_recipient(principal.person) if principal.person else []
        names = await context.known.names([principal.person]) if principal.person else {}
        named = names.get(principal.person)
        data = {
            "name": named.name.model_dump() if named else None,
            "certificates": [
                {
                    "serial": one.serial,
                    "kind": one.kind,
                    "season": one.season,
                    "entry": one.entry,
                    "granted_at": one.granted_at,
                    "state": one.state,
                    "versions": [
                        {"number": v.number, "name": v.name.model_dump(), "at": v.at, "reason": v.reason}
                        for v in one.versions
                    ],
                }
                for one in found
            ],
        }
        return JSONResponse(data, headers={"Content-Disposition": 'attachment; filename="certificates.json"'})

    @routes.get("/certificates/seasons/{season_id}")
    async def season(request: Request, season_id: str, principal: SignedIn) -> Response:
        """The organizer's list and downloads."""
        principal.require(season_id, Role.CITY_ORGANIZER, Role.AUDITOR)
        rules = await context.known.rules(season_id)
        if rules is None:
            raise NotFound("no-such-season")
        kind = request.query_params.get("kind", "")
        wanted = {"kind": kind} if kind in ("student", "instructor", "unit") else {}
        shown: list[Certificate] = []
        async for certificate in store.of_season(season_id, wanted):
            shown.append(certificate)
            if len(shown) == MOST_SHOWN:
                break
        page = {
            "rules": rules,
            "season": SeasonHeader.of(rules),
            "counts": await store.counts(season_id),
            "shown": shown,
            "kind": kind,
            "most": MOST_SHOWN,
        }
        return pages.render(request, "season-certificates.html", page)

    @routes.get("/certificates")
    async def home() -> Response:
        return RedirectResponse("/certificates/", status_code=308)

    return routes
