"""Checking a certificate: by its address, by number and code, by the file, many at once; and the keys it is signed with."""

import csv
import io
import json
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.certificates.adapters.inspecting import MOST_BYTES, Inspected, inspected
from services.certificates.application.checking import MOST_AT_ONCE, Answer, Asked, matches, right_code
from services.certificates.domain.documents import Certificate
from services.certificates.domain.serials import well_formed
from services.certificates.entrypoints.context import Context
from services.certificates.entrypoints.http.checks import answers as answered
from shared.errors import LaurelError, NotFound, Refused
from shared.http.client_address import address_of
from shared.identity.gate import current
from shared.names import masked
from shared.web.forms import Filled, filled
from shared.web.season_header import SeasonHeader


def router(context: Context) -> APIRouter:
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(current)])
    pages, store, throttle = context.pages, context.certificates, context.throttle

    def shown_name(certificate: Certificate, language: str) -> str:
        """A unit's name is public; a person's is masked."""
        name = certificate.current.name.best(language)
        return name if certificate.kind == "unit" else masked(name)

    async def result(
        request: Request,
        certificate: Certificate,
        *,
        match: bool | None = None,
        typed: str = "",
        action: str = "",
        file: Inspected | None = None,
    ) -> Response:
        facts, language = certificate.facts, pages.translator(request).language
        named = certificate.kind == "unit" or (not certificate.erased and await context.known.may_be_named(certificate))
        page: dict[str, Any] = {
            "certificate": certificate,
            "facts": facts,
            "name": shown_name(certificate, language) if named else "",
            "named": named,
            "match": match,
            "typed": typed,
            "action": action,
            "season": SeasonHeader(certificate.season, facts.season_title, facts.statement, facts.approval_number),
            "robots": False,
            "state": certificate.state,
            "number": certificate.serial,
            "code": certificate.code if action != f"/v/{certificate.token}" else "",
            "file": file,
            "file_version": _version_of(certificate, file) if file else 0,
        }
        response = pages.render(request, "verified.html", page)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    async def by_token(request: Request, token: str) -> Certificate:
        """Nobody guesses 128 bits: only addresses that are none are counted, and what is right is never refused."""
        certificate = await store.by_token(token)
        if certificate is None:
            await throttle.spend(address_of(request))
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
        await throttle.spend(address_of(request))
        match = matches(certificate, sent["name"])
        if match:
            await throttle.give_back(address_of(request))
        return await result(request, certificate, match=match, typed=sent["name"], action=f"/v/{token}")

    def check_page(request: Request, form: Filled, *, found: str | None = None, status: int = 200) -> Response:
        return pages.render(request, "check.html", {"form": form, "found": found, "robots": not found}, status=status)

    @routes.get("/certificates/")
    async def by_number(request: Request, serial: str = "", code: str = "") -> Response:
        """By printed number and code. The number alone tells only whether it exists."""
        serial, code = serial.strip().upper()[:64], code.strip().upper()[:64]
        form = Filled({"serial": serial, "code": code})
        if not serial:
            return check_page(request, form)
        try:
            await throttle.spend(address_of(request))
        except LaurelError as error:
            return check_page(request, form.refused(error, pages.translator(request)), status=429)
        certificate = await store.by_serial(serial) if well_formed(serial) else None
        right = certificate is not None and right_code(certificate, code)
        if certificate is not None and (right or not code):
            await throttle.give_back(address_of(request))
        if certificate is not None and right:
            return await result(request, certificate, action="/certificates/")
        if not well_formed(serial):
            return check_page(request, form, found="misprint")
        if certificate is None:
            return check_page(request, form, found="unknown")
        return check_page(request, form, found="code" if code else "exists")

    @routes.post("/certificates/")
    async def compare_by_code(request: Request) -> Response:
        sent = await filled(request)
        await throttle.spend(address_of(request))
        certificate = await store.by_serial(sent["serial"])
        if certificate is None or not right_code(certificate, sent["code"]):
            raise NotFound("certificate-unknown")
        match = matches(certificate, sent["name"])
        if match:
            await throttle.give_back(address_of(request))
        return await result(request, certificate, match=match, typed=sent["name"], action="/certificates/")

    @routes.post("/certificates/file")
    async def by_file(request: Request) -> Response:
        """The signature of a PDF, and what stands here of the certificate that it is."""
        sent = (await request.form()).get("file")
        try:
            if not isinstance(sent, UploadFile) or not sent.filename:
                raise Refused("file-missing")
            if (sent.size or 0) > MOST_BYTES:
                raise Refused("file-too-large", most=MOST_BYTES // 1024 // 1024)
            await throttle.spend(address_of(request))
            own = [key["pem"] for key in await context.keys.all() if key["use"] == "documents"]
            file = await inspected(await sent.read(), own)
            if not file.serial:
                raise Refused("file-not-a-certificate")
            await throttle.give_back(address_of(request))
            if not (file.whole and file.ours):
                raise Refused("file-altered" if file.signed and file.ours else "file-not-signed")
        except LaurelError as error:
            return check_page(request, Filled().refused(error, pages.translator(request)), status=422)
        certificate = await store.by_serial(file.serial)
        if certificate is None:
            raise NotFound("certificate-unknown")
        return await result(request, certificate, action="/certificates/", file=file)

    def batch_page(request: Request, form: Filled, answers: list[Answer], status: int = 200) -> Response:
        page = {"form": form, "answers": answers, "most": MOST_AT_ONCE, "robots": False}
        return pages.render(request, "check-many.html", page, status=status)

    @routes.get("/certificates/many")
    async def batch(request: Request) -> Response:
        return batch_page(request, Filled(), [])

    @routes.post("/certificates/many")
    async def check_batch(request: Request) -> Response:
        """A line a certificate: number, code and perhaps the name, parted by commas or tabs."""
        form = await filled(request)
        lines = _lines(form["lines"])
        answers: list[Answer] = []
        try:
            if not lines:
                raise Refused("lines-missing")
            if len(lines) > MOST_AT_ONCE:
                raise Refused("too-many-lines", most=MOST_AT_ONCE)
            async for answer in answered(context, address_of(request), lines):
                answers.append(answer)  # noqa: PERF401 - what came before a refusal is shown
        except LaurelError as error:
            return batch_page(request, form.refused(error, pages.translator(request)), answers, 422)
        return batch_page(request, form, answers)

    @routes.get("/certificates/offline")
    async def offline(request: Request) -> Response:
        """Checks codes without asking anybody: keep the page open, or save it, before there is no network."""
        t = pages.translator(request)
        labels = [t(f"fact-{name}") for name in ("serial", "state-version", "name", "award", "date")]
        keys = [key["x"] for key in await context.keys.all() if key["use"] == "credentials"]
        return pages.render(request, "offline.html", {"keys": json.dumps(keys), "labels": json.dumps(labels)})

    @routes.get("/certificates/keys")
    async def keys(request: Request) -> Response:
        """What documents and credentials are signed with, and were."""
        shown = {"keys": await context.keys.all(), "did": context.credentials.addresses.did}
        return pages.render(request, "keys.html", shown)

    @routes.get("/certificates")
    async def home() -> Response:
        return RedirectResponse("/certificates/", status_code=308)

    return routes


def _version_of(certificate: Certificate, file: Inspected) -> int:
    """The version that a signed file is: its signature states the version's time, in whole seconds."""
    second = file.at // 1_000_000
    return next((one.number for one in certificate.versions if one.at // 1_000_000 == second), 0)


def _lines(text: str) -> list[Asked]:
    delimiter = "\t" if "\t" in text else ","
    found: list[Asked] = []
    for row in csv.reader(io.StringIO(text.replace("\uff0c", ",")), delimiter=delimiter):
        cells = [cell.strip() for cell in row]
        if any(cells):
            serial, code, name = (*cells, "", "")[:3]
            found.append(Asked(serial[:64], code[:64], name[:200]))
    return found
