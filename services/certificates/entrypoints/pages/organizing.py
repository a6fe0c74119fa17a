"""The organizers' pages: a season's certificates, one of them, decisions by file, downloads, hand-out list, audit log."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.certificates.application.amending import ACTIONS, COLUMNS, Action, Decision, decide_by_file
from services.certificates.application.archive import printable
from services.certificates.application.granting import COLUMNS as GRANTED
from services.certificates.application.granting import grant_by_file
from services.certificates.domain.documents import KINDS, Certificate, kind_of
from services.certificates.domain.downloads import DownloadState
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.deciding import ByFile, decide_certificate, decided_by_file
from services.certificates.entrypoints.http.downloads import DownloadIn, address, begin_download, own, retry_download
from services.certificates.entrypoints.listing import certificates_asked, list_certificates
from services.certificates.entrypoints.scope import Scope, rules_for_deciding, rules_of, scope_of
from shared.base64url import decode, encode
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound
from shared.http.reports import explain
from shared.identity import Principal
from shared.mongo.attempts import MOST
from shared.season.text import Text
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status, values_of
from shared.web.lists import NOTHING, Outcome, Ticked
from shared.web.season_header import season_frame
from shared.web.tables import refused_table, sent_table

WORDS: Mapping[Action, FinalAct] = {"correct": FinalAct.CHANGE_CERTIFICATE, "revoke": FinalAct.REVOKE}
"""What is typed for a decision that is public at once; what was revoked can be restored."""


router = APIRouter(prefix="/certificates/seasons/{season_id}", include_in_schema=False)


async def season_page(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    form: FormData,
    status: int = 200,
    *,
    ticked: Ticked = NOTHING,
    outcome: Outcome | None = None,
) -> Response:
    """The part of the season that is theirs, with its downloads."""
    rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
    asked = certificates_asked(request)
    page = {
        **season_frame(rules),
        "counts": await context.certificates.counts(season_id, scope.wanted()),
        "listing": await list_certificates(context, season_id, scope, asked),
        "asked": asked,
        "ticked": ticked,
        "outcome": outcome,
        "kinds": KINDS,
        "units": [(unit, name) for unit, name in scope.names.items() if scope.holds(unit)],
        "decides": scope.decides,
        "undrawn": await context.aside.of(season_id) if scope.decides else [],
        "whole": scope.units is None,
        "form": form,
        "downloads": [
            (download, address(download)) for download in await context.downloads.of(season_id, principal.account)
        ],
    }
    return context.pages.render(request, "season-certificates.html", page, status=status)


@router.get("")
async def season(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await season_page(context, request, season_id, principal, FormData())


@router.post("/downloads")
async def ask(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    sent = await read_form(request)
    wish = DownloadIn(
        form="print" if sent["form"] == "print" else "zip",
        unit=sent["unit"][:64],
        track=sent["track"][:64],
        kind=kind_of(sent["kind"]),
        crop=sent["crop"] == "1",
        reason=sent["reason"][:500],
    )
    try:
        job = await begin_download(context, season_id, principal, wish)
    except InvalidState as error:
        return await season_page(
            context, request, season_id, principal, sent.with_errors(error, context.pages.translator(request)), 422
        )
    return RedirectResponse(f"/certificates/seasons/{season_id}/downloads/{job.id}", status_code=303)


@router.get("/downloads/{download}")
async def download(
    context: ContextOf, request: Request, season_id: str, download: str, principal: SignedIn
) -> Response:
    """How far it has come; the page looks again by itself."""
    rules, job = await rules_of(context, season_id), await own(context, season_id, download, principal)
    page = {**season_frame(rules), "job": job, "url": address(job)}
    page["problem"] = (
        context.pages.translator(request)(f"problem-{job.problem}", times=MOST) if job.set_aside else job.problem
    )
    response = context.pages.render(request, "download.html", page)
    if job.state == DownloadState.WORKING:
        response.headers["Refresh"] = "3"
    return response


@router.post("/downloads/{download}/retry")
async def retry(context: ContextOf, season_id: str, download: str, principal: SignedIn) -> Response:
    job = await retry_download(context, season_id, download, principal)
    return RedirectResponse(f"/certificates/seasons/{season_id}/downloads/{job.id}", status_code=303)


async def one_of(context: Context, season_id: str, serial: str, scope: Scope) -> Certificate:
    certificate = (await context.certificates.by_serials(season_id, [serial])).get(serial)
    if certificate is None or not scope.holds(certificate.unit):
        raise NotFound("no-such-certificate")
    return certificate


async def one_page(
    context: Context,
    request: Request,
    season_id: str,
    serial: str,
    principal: Principal,
    form: FormData | None = None,
    code: int = 200,
) -> Response:
    rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
    certificate = await one_of(context, season_id, serial, scope)
    name = certificate.current.name
    page = {
        **season_frame(rules),
        "certificate": certificate,
        "facts": certificate.facts,
        "form": form or values_of(name_zh=name.zh, name_en=name.en),
        "decides": scope.decides,
        "undrawn": await context.aside.find(certificate),
    }
    return context.pages.render(request, "certificate.html", page, status=code)


@router.get("/one/{serial}")
async def show_certificate(
    context: ContextOf, request: Request, season_id: str, serial: str, principal: SignedIn
) -> Response:
    return await one_page(context, request, season_id, serial, principal)


@router.post("/one/{serial}")
async def decide_one(
    context: ContextOf, request: Request, season_id: str, serial: str, principal: SignedIn
) -> Response:
    scope, sent = await scope_of(context, principal, season_id), await read_form(request)
    if not scope.decides:
        raise NotAllowed("role-needed")
    try:
        decision = _decision(sent)
        if decision.action in WORDS:
            require_word(context.pages, request, sent, WORDS[decision.action])
        await decide_certificate(context, season_id, serial, decision, principal)
    except (Invalid, InvalidState) as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await one_page(context, request, season_id, serial, principal, refused, refused_status(error))
    return RedirectResponse(request.url.path, status_code=303)


@router.post("/one/{serial}/again")
async def draw_again(context: ContextOf, season_id: str, serial: str, principal: SignedIn) -> Response:
    """Let a document that was set aside be tried anew by whoever asks for it next."""
    scope = await scope_of(context, principal, season_id)
    if not scope.decides:
        raise NotAllowed("role-needed")
    await context.aside.forget(await one_of(context, season_id, serial, scope))
    return RedirectResponse(f"/certificates/seasons/{season_id}/one/{serial}", status_code=303)


async def by_file(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    template: str,
    columns: Sequence[str],
    act: ByFile,
    word: FinalAct,
) -> Response:
    """First a dry run; what is right is carried out once it was looked at."""
    rules, form = await rules_for_deciding(context, principal, season_id), FormData()
    page: dict[str, Any] = {**season_frame(rules), "columns": columns, "word": word}
    page |= {"report": None, "rejected": [], "flagged": [], "readings": ()}
    if request.method == "GET":
        return context.pages.render(request, template, {**page, "form": form})
    sent, table = await request.form(), await sent_table(request)
    typed, status = FormData({"confirm": str(sent.get("confirm", ""))}), 200
    apply = sent.get("act") == "apply"
    try:
        if apply:
            require_word(context.pages, request, typed, word)
    except Invalid as error:  # what is right is shown again, and still not carried out
        apply, status = False, 422
        form = typed.with_errors(error, context.pages.translator(request))
    try:
        content = await table.content() if table.name else _tried_before(sent)
        report = await decided_by_file(context, season_id, content, principal, act, dry_run=not apply)
    except LaurelError as error:
        refused, readings = await refused_table(form, table, error, context.pages.translator(request))
        return context.pages.render(request, template, {**page, "form": refused, "readings": readings}, status=422)
    page |= {"packed": encode(content), "report": report}
    page |= {"rejected": explain(report.rejected), "flagged": explain(report.flagged), "form": form}
    return context.pages.render(request, template, page, status=status)


def _tried_before(sent: Any) -> bytes:
    """The file as it was looked at, in a form that a page can carry; or its text.

    Raises:
        Invalid: it is neither.
    """
    packed, text = sent.get("packed"), sent.get("text")
    try:
        return decode(packed) if isinstance(packed, str) and packed else text.encode() if isinstance(text, str) else b""
    except ValueError as error:
        raise Invalid("file-unreadable", file="", reason="NOT_A_SHEET", column="", place="") from error


@router.api_route("/changes", methods=["GET", "POST"])
async def changes(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await by_file(
        context, request, season_id, principal, "changes.html", COLUMNS, decide_by_file, FinalAct.CHANGE_CERTIFICATE
    )


@router.api_route("/grants", methods=["GET", "POST"])
async def grants(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await by_file(context, request, season_id, principal, "grants.html", GRANTED, grant_by_file, FinalAct.ISSUE)


@router.get("/handout")
async def handout(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """A list to sign when the papers are handed out, a table a school."""
    rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
    picked = {name: request.query_params.get(name, "") for name in ("unit", "track", "kind")}
    wanted = scope.wanted(picked["unit"], picked["track"], kind_of(picked["kind"]))
    certificates = [
        certificate async for certificate in context.certificates.of_season(season_id, wanted) if printable(certificate)
    ]
    certificates.sort(key=lambda certificate: (certificate.unit, certificate.serial))
    schools = [
        (scope.names.get(unit), list(some))
        for unit, some in groupby(certificates, key=lambda certificate: certificate.unit)
    ]
    await context.audit.note(
        season_id, principal, "handout", "", count=len(certificates), **{k: v for k, v in picked.items() if v}
    )
    page = {**season_frame(rules), "schools": schools, "count": len(certificates)}
    return context.pages.render(request, "handout.html", page)


@router.get("/audit")
async def audit(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
    if scope.units is not None:
        raise NotAllowed("role-needed")
    page = {
        **season_frame(rules),
        "log": await context.audit.of(season_id),
        "units": scope.names,
        "kinds": KINDS,
        "tracks": {track.id: track.title for track in rules.tracks},
    }
    return context.pages.render(request, "audit.html", page)


def _decision(sent: FormData) -> Decision:
    """Raises InvalidState when nothing was chosen."""
    action = next((action for action in ACTIONS if action == sent["action"]), None)
    if action is None:
        raise InvalidState("choose-one")
    named = action == "correct" and (sent["name_zh"] or sent["name_en"])
    return Decision(action, sent["reason"], Text(zh=sent["name_zh"], en=sent["name_en"]) if named else None)
