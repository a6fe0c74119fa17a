"""The organizers' pages: a season's certificates, one of them, decisions by file, downloads, hand-out list, audit log."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.certificates.application.amending import ACTIONS, COLUMNS, Decision, decide_by_file
from services.certificates.application.archive import printable
from services.certificates.application.granting import COLUMNS as GRANTED
from services.certificates.application.granting import grant_by_file
from services.certificates.domain.documents import KINDS, Certificate, kind_of
from services.certificates.domain.downloads import DownloadState
from services.certificates.entrypoints.context import Context, SignedIn
from services.certificates.entrypoints.deciding import ByFile, decided, decided_by_file
from services.certificates.entrypoints.http.downloads import DownloadIn, address, asked, own, retried
from services.certificates.entrypoints.scope import Scope, deciding, rules_of, scope_of
from shared.errors import LaurelError, NotAllowed, NotFound, Refused
from shared.http.reports import explained
from shared.identity import Principal
from shared.mongo.attempts import MOST
from shared.season.text import Text
from shared.web.forms import Filled, filled, values_of
from shared.web.season_header import SeasonHeader

MOST_SHOWN = 300


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/certificates/seasons/{season_id}", include_in_schema=False)
    pages, store = context.pages, context.certificates

    async def season_page(
        request: Request, season_id: str, principal: Principal, form: Filled, status: int = 200
    ) -> Response:
        """The part of the season that is theirs, with its downloads."""
        rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
        asked_for = {name: request.query_params.get(name, "") for name in ("kind", "unit", "track", "find")}
        wanted = scope.wanted(asked_for["unit"], asked_for["track"], kind_of(asked_for["kind"])) | _found(
            asked_for["find"]
        )
        shown: list[Certificate] = []
        async for certificate in store.of_season(season_id, wanted):
            shown.append(certificate)
            if len(shown) == MOST_SHOWN:
                break
        page = {
            "rules": rules,
            "season": SeasonHeader.of(rules),
            "counts": await store.counts(season_id, scope.wanted()),
            "shown": shown,
            "asked": asked_for,
            "kinds": KINDS,
            "most": MOST_SHOWN,
            "units": [(unit, name) for unit, name in scope.names.items() if scope.holds(unit)],
            "decides": scope.decides,
            "undrawn": await context.aside.of(season_id) if scope.decides else [],
            "whole": scope.units is None,
            "form": form,
            "downloads": [(one, address(one)) for one in await context.downloads.of(season_id, principal.account)],
        }
        return pages.render(request, "season-certificates.html", page, status=status)

    @routes.get("")
    async def season(request: Request, season_id: str, principal: SignedIn) -> Response:
        return await season_page(request, season_id, principal, Filled())

    @routes.post("/downloads")
    async def ask(request: Request, season_id: str, principal: SignedIn) -> Response:
        sent = await filled(request)
        wish = DownloadIn(
            form="print" if sent["form"] == "print" else "zip",
            unit=sent["unit"][:64],
            track=sent["track"][:64],
            kind=kind_of(sent["kind"]),
            crop=sent["crop"] == "1",
            reason=sent["reason"][:500],
        )
        try:
            job = await asked(context, season_id, principal, wish)
        except Refused as error:
            return await season_page(request, season_id, principal, sent.refused(error, pages.translator(request)), 422)
        return RedirectResponse(f"/certificates/seasons/{season_id}/downloads/{job.id}", status_code=303)

    @routes.get("/downloads/{download}")
    async def download(request: Request, season_id: str, download: str, principal: SignedIn) -> Response:
        """How far it has come; the page looks again by itself."""
        rules, job = await rules_of(context, season_id), await own(context, season_id, download, principal)
        page = {"rules": rules, "season": SeasonHeader.of(rules), "job": job, "url": address(job)}
        page["problem"] = (
            pages.translator(request)(f"problem-{job.problem}", times=MOST) if job.set_aside else job.problem
        )
        response = pages.render(request, "download.html", page)
        if job.state == DownloadState.WORKING:
            response.headers["Refresh"] = "3"
        return response

    @routes.post("/downloads/{download}/retry")
    async def retry(season_id: str, download: str, principal: SignedIn) -> Response:
        job = await retried(context, season_id, download, principal)
        return RedirectResponse(f"/certificates/seasons/{season_id}/downloads/{job.id}", status_code=303)

    async def one_of(season_id: str, serial: str, scope: Scope) -> Certificate:
        found = (await store.by_serials(season_id, [serial])).get(serial)
        if found is None or not scope.holds(found.unit):
            raise NotFound("no-such-certificate")
        return found

    async def one_page(
        request: Request, season_id: str, serial: str, principal: Principal, form: Filled | None = None, code: int = 200
    ) -> Response:
        rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
        certificate = await one_of(season_id, serial, scope)
        name = certificate.current.name
        page = {
            "rules": rules,
            "season": SeasonHeader.of(rules),
            "certificate": certificate,
            "facts": certificate.facts,
            "form": form or values_of(name_zh=name.zh, name_en=name.en),
            "decides": scope.decides,
            "undrawn": await context.aside.find(certificate),
        }
        return pages.render(request, "certificate.html", page, status=code)

    @routes.get("/one/{serial}")
    async def one(request: Request, season_id: str, serial: str, principal: SignedIn) -> Response:
        return await one_page(request, season_id, serial, principal)

    @routes.post("/one/{serial}")
    async def decide_one(request: Request, season_id: str, serial: str, principal: SignedIn) -> Response:
        scope, sent = await scope_of(context, principal, season_id), await filled(request)
        if not scope.decides:
            raise NotAllowed("role-needed")
        try:
            await decided(context, season_id, serial, _decision(sent), principal)
        except Refused as error:
            refused = sent.refused(error, pages.translator(request))
            return await one_page(request, season_id, serial, principal, refused, 409)
        return RedirectResponse(request.url.path, status_code=303)

    @routes.post("/one/{serial}/again")
    async def draw_again(season_id: str, serial: str, principal: SignedIn) -> Response:
        """Let a document that was set aside be tried anew by whoever asks for it next."""
        scope = await scope_of(context, principal, season_id)
        if not scope.decides:
            raise NotAllowed("role-needed")
        await context.aside.forget(await one_of(season_id, serial, scope))
        return RedirectResponse(f"/certificates/seasons/{season_id}/one/{serial}", status_code=303)

    async def by_file(
        request: Request, season_id: str, principal: Principal, template: str, columns: Sequence[str], act: ByFile
    ) -> Response:
        """First a dry run; what is right is carried out once it was looked at."""
        rules, form = await deciding(context, principal, season_id), Filled()
        page: dict[str, Any] = {"rules": rules, "season": SeasonHeader.of(rules), "columns": columns}
        page |= {"report": None, "rejected": []}
        if request.method == "GET":
            return pages.render(request, template, {**page, "form": form})
        sent = await request.form()
        file, text = sent.get("file"), sent.get("text")
        content = text.encode() if isinstance(text, str) and text else b""
        if not isinstance(file, str) and file is not None and file.filename:
            content = await file.read()
        apply = sent.get("act") == "apply"
        try:
            report = await decided_by_file(context, season_id, content, principal, act, dry_run=not apply)
        except LaurelError as error:
            refused = form.refused(error, pages.translator(request))
            return pages.render(request, template, {**page, "form": refused}, status=422)
        shown = values_of(text=content.decode("utf-8-sig"))
        page |= {"form": shown, "report": report, "rejected": explained(report.rejected)}
        return pages.render(request, template, page)

    @routes.api_route("/changes", methods=["GET", "POST"])
    async def changes(request: Request, season_id: str, principal: SignedIn) -> Response:
        return await by_file(request, season_id, principal, "changes.html", COLUMNS, decide_by_file)

    @routes.api_route("/grants", methods=["GET", "POST"])
    async def grants(request: Request, season_id: str, principal: SignedIn) -> Response:
        return await by_file(request, season_id, principal, "grants.html", GRANTED, grant_by_file)

    @routes.get("/handout")
    async def handout(request: Request, season_id: str, principal: SignedIn) -> Response:
        """A list to sign when the papers are handed out, a table a school."""
        rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
        picked = {name: request.query_params.get(name, "") for name in ("unit", "track", "kind")}
        wanted = scope.wanted(picked["unit"], picked["track"], kind_of(picked["kind"]))
        found = [one async for one in store.of_season(season_id, wanted) if printable(one)]
        found.sort(key=lambda one: (one.unit, one.serial))
        schools = [(scope.names.get(unit), list(some)) for unit, some in groupby(found, key=lambda one: one.unit)]
        await context.audit.note(
            season_id, principal, "handout", "", count=len(found), **{k: v for k, v in picked.items() if v}
        )
        page = {"rules": rules, "season": SeasonHeader.of(rules), "schools": schools, "count": len(found)}
        return pages.render(request, "handout.html", page)

    @routes.get("/audit")
    async def audit(request: Request, season_id: str, principal: SignedIn) -> Response:
        rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
        if scope.units is not None:
            raise NotAllowed("role-needed")
        page = {"rules": rules, "season": SeasonHeader.of(rules), "log": await context.audit.of(season_id)}
        return pages.render(request, "audit.html", page)

    return routes


def _decision(sent: Filled) -> Decision:
    """Raises Refused when nothing was chosen."""
    action = next((one for one in ACTIONS if one == sent["action"]), None)
    if action is None:
        raise Refused("choose-one")
    named = action == "correct" and (sent["name_zh"] or sent["name_en"])
    return Decision(action, sent["reason"], Text(zh=sent["name_zh"], en=sent["name_en"]) if named else None)


def _found(text: str) -> dict[str, Any]:
    """By number, or by the printed name as it is written."""
    text = text.strip()
    if not text:
        return {}
    names = [{"versions.name.zh": text}, {"versions.name.en": text}]
    return {"$or": [{"serial": text.upper()}, *names]}
