"""Checking a certificate: by its address, by number and code, by the file, many at once; and the keys it is signed with."""

import csv
import io
import json
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.certificates.adapters.inspecting import MOST_BYTES, Inspected, inspect_pdf
from services.certificates.application.checking import MOST_AT_ONCE, Answer, Asked, matches, right_code
from services.certificates.domain.documents import Certificate
from services.certificates.domain.serials import well_formed
from services.certificates.entrypoints.context import Context, ContextOf
from services.certificates.entrypoints.http.checks import answers as answered
from shared.errors import InvalidState, LaurelError, NotFound
from shared.http.client_address import address_of
from shared.identity.authenticator import current_user
from shared.names import mask_name
from shared.web.forms import FormData, read_form
from shared.web.season_header import SeasonHeader

router = APIRouter(include_in_schema=False, dependencies=[Depends(current_user)])


def shown_name(certificate: Certificate, language: str) -> str:
    """A unit's name is public; a person's is masked."""
    name = certificate.current.name.best(language)
    return name if certificate.kind == "unit" else mask_name(name)


async def result(
    context: Context,
    request: Request,
    certificate: Certificate,
    *,
    match: bool | None = None,
    typed: str = "",
    action: str = "",
    file: Inspected | None = None,
) -> Response:
    facts, language = certificate.facts, context.pages.translator(request).language
    named = certificate.kind == "unit" or (not certificate.erased and await context.known.may_be_named(certificate))
    page: dict[str, Any] = {
        "certificate": certificate,
        "facts": facts,
        "name": shown_name(certificate, language) if named else "",
        "named": named,
        "match": match,
        "typed": typed,
        "action": action,
        "season": SeasonHeader(
            certificate.season, facts.season_title, facts.statement, facts.approval_number, certificate.time_zone
        ),
        "robots": False,
        "state": certificate.state,
        "number": certificate.serial,
        "code": certificate.code if action != f"/v/{certificate.token}" else "",
        "file": file,
        "file_version": _version_of(certificate, file) if file else 0,
    }
    response = context.pages.render(request, "verified.html", page)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


async def by_token(context: Context, request: Request, token: str) -> Certificate:
    """Nobody guesses 128 bits: only addresses that are none are counted, and what is right is never refused."""
    certificate = await context.certificates.by_token(token)
    if certificate is None:
        await context.throttle.spend(address_of(request))
        raise NotFound("certificate-unknown")
    return certificate


@router.get("/v/{token}")
async def scanned(context: ContextOf, request: Request, token: str) -> Response:
    """The address behind the QR code: every printed field, with the name masked."""
    return await result(context, request, await by_token(context, request, token), action=f"/v/{token}")


@router.post("/v/{token}")
async def compare(context: ContextOf, request: Request, token: str) -> Response:
    """Whether the typed name is the one that is printed; it tells a stranger nothing else."""
    certificate, sent = await by_token(context, request, token), await read_form(request)
    await context.throttle.spend(address_of(request))
    match = matches(certificate, sent["name"])
    if match:
        await context.throttle.give_back(address_of(request))
    return await result(context, request, certificate, match=match, typed=sent["name"], action=f"/v/{token}")


def check_page(
    context: Context, request: Request, form: FormData, *, result: str | None = None, status: int = 200
) -> Response:
    return context.pages.render(
        request, "check.html", {"form": form, "result": result, "robots": not result}, status=status
    )


@router.get("/certificates/")
async def by_number(context: ContextOf, request: Request, serial: str = "", code: str = "") -> Response:
    """By printed number and code. The number alone tells only whether it exists."""
    serial, code = serial.strip().upper()[:64], code.strip().upper()[:64]
    form = FormData({"serial": serial, "code": code})
    if not serial:
        return check_page(context, request, form)
    try:
        await context.throttle.spend(address_of(request))
    except LaurelError as error:
        return check_page(context, request, form.with_errors(error, context.pages.translator(request)), status=429)
    certificate = await context.certificates.by_serial(serial) if well_formed(serial) else None
    right = certificate is not None and right_code(certificate, code)
    if certificate is not None and (right or not code):
        await context.throttle.give_back(address_of(request))
    if certificate is not None and right:
        return await result(context, request, certificate, action="/certificates/")
    if not well_formed(serial):
        return check_page(context, request, form, result="misprint")
    if certificate is None:
        return check_page(context, request, form, result="unknown")
    return check_page(context, request, form, result="code" if code else "exists")


@router.post("/certificates/")
async def compare_by_code(context: ContextOf, request: Request) -> Response:
    sent = await read_form(request)
    await context.throttle.spend(address_of(request))
    certificate = await context.certificates.by_serial(sent["serial"])
    if certificate is None or not right_code(certificate, sent["code"]):
        raise NotFound("certificate-unknown")
    match = matches(certificate, sent["name"])
    if match:
        await context.throttle.give_back(address_of(request))
    return await result(context, request, certificate, match=match, typed=sent["name"], action="/certificates/")


@router.post("/certificates/file")
async def by_file(context: ContextOf, request: Request) -> Response:
    """The signature of a PDF, and what stands here of the certificate that it is."""
    sent = (await request.form()).get("file")
    try:
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise InvalidState("file-missing")
        if (sent.size or 0) > MOST_BYTES:
            raise InvalidState("file-too-large", most=MOST_BYTES // 1024 // 1024)
        await context.throttle.spend(address_of(request))
        own = [key["pem"] for key in await context.keys.all() if key["use"] == "documents"]
        file = await inspect_pdf(await sent.read(), own)
        if not file.serial:
            raise InvalidState("file-not-a-certificate")
        await context.throttle.give_back(address_of(request))
        if not (file.whole and file.ours):
            raise InvalidState("file-altered" if file.signed and file.ours else "file-not-signed")
    except LaurelError as error:
        return check_page(
            context, request, FormData().with_errors(error, context.pages.translator(request)), status=422
        )
    certificate = await context.certificates.by_serial(file.serial)
    if certificate is None:
        raise NotFound("certificate-unknown")
    return await result(context, request, certificate, action="/certificates/", file=file)


def batch_page(
    context: Context, request: Request, form: FormData, answers: list[Answer], status: int = 200
) -> Response:
    page = {"form": form, "answers": answers, "most": MOST_AT_ONCE, "robots": False}
    return context.pages.render(request, "check-many.html", page, status=status)


@router.get("/certificates/many")
async def batch(context: ContextOf, request: Request) -> Response:
    return batch_page(context, request, FormData(), [])


@router.post("/certificates/many")
async def check_batch(context: ContextOf, request: Request) -> Response:
    """A line a certificate: number, code and perhaps the name, parted by commas or tabs."""
    form = await read_form(request)
    lines = _lines(form["lines"])
    answers: list[Answer] = []
    try:
        if not lines:
            raise InvalidState("lines-missing")
        if len(lines) > MOST_AT_ONCE:
            raise InvalidState("too-many-lines", most=MOST_AT_ONCE)
        async for answer in answered(context, address_of(request), lines):
            answers.append(answer)  # noqa: PERF401 - what came before a refusal is shown
    except LaurelError as error:
        return batch_page(context, request, form.with_errors(error, context.pages.translator(request)), answers, 422)
    return batch_page(context, request, form, answers)


@router.get("/certificates/offline")
async def offline(context: ContextOf, request: Request) -> Response:
    """Checks codes without asking anybody: keep the page open, or save it, before there is no network."""
    t = context.pages.translator(request)
    labels = [t(f"fact-{name}") for name in ("serial", "state-version", "name", "award", "date")]
    keys = [key["x"] for key in await context.keys.all() if key["use"] == "credentials"]
    return context.pages.render(request, "offline.html", {"keys": json.dumps(keys), "labels": json.dumps(labels)})


@router.get("/certificates/keys")
async def keys(context: ContextOf, request: Request) -> Response:
    """What documents and credentials are signed with, and were."""
    shown = {"keys": await context.keys.all(), "did": context.credentials.addresses.did}
    return context.pages.render(request, "keys.html", shown)


@router.get("/certificates")
async def home() -> Response:
    return RedirectResponse("/certificates/", status_code=308)


def _version_of(certificate: Certificate, file: Inspected) -> int:
    """The version that a signed file is: its signature states the version's time, in whole seconds."""
    second = file.at // 1_000_000
    return next((version.number for version in certificate.versions if version.at // 1_000_000 == second), 0)


def _lines(text: str) -> list[Asked]:
    delimiter = "\t" if "\t" in text else ","
    askeds: list[Asked] = []
    for row in csv.reader(io.StringIO(text.replace("\uff0c", ",")), delimiter=delimiter):
        cells = [cell.strip() for cell in row]
        if any(cells):
            serial, code, name = (*cells, "", "")[:3]
            askeds.append(Asked(serial[:64], code[:64], name[:200]))
    return askeds
