"""Errors as RFC 9457 problem details for programs, and as a page for people."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import iter_route_contexts
from nats.errors import Error as NATSError
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException

from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound, NotSignedIn, TooMany, Unavailable
from shared.http.contract import PROBLEM
from shared.observability.correlation import correlation_id
from shared.web.pages import Pages

log = structlog.get_logger()

STATUS: dict[type[Exception], int] = {
    Invalid: 422,
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    InvalidState: 409,
    Unavailable: 503,
    TooMany: 429,
}
RETRY_SECONDS = "2"


def status_of(error: LaurelError) -> int:
    """The HTTP status of the nearest class of the error that has one."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def install(app: FastAPI, pages: Pages) -> None:
    """Answer every error of this app with a clear one."""

    def wants_page(request: Request) -> bool:
        return "text/html" in request.headers.get("accept", "")

    def answer(
        request: Request,
        status: int,
        code: str,
        values: dict[str, Any],
        errors: list[dict[str, Any]],
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        translator = pages.translator(request)
        title = translator.first(f"problem-{code}-title", f"problem-status-{status}", "problem-status-500")
        detail = translator.first(f"problem-{code}", "problem-unknown", **values)
        if wants_page(request):
            page = pages.render(
                request,
                "problem.html",
                {"title": title, "detail": detail, "code": code, "errors": errors},
                status=status,
            )
            page.headers.update(headers or {})
            return page
        body = {
            "type": f"urn:laurel:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": request.url.path,
            "code": code,
            "trace_id": correlation_id(),
            "errors": errors,
        }
        sent = {**(headers or {}), **({"Retry-After": RETRY_SECONDS} if status in (429, 503) else {})}
        if status == HTTPStatus.UNAUTHORIZED:
            sent["WWW-Authenticate"] = "Bearer"
        return JSONResponse(body, status, headers=sent, media_type=PROBLEM)

    async def again(request: Request, status: int, code: str) -> Response:
        """A form that could not be taken now, with all that was typed, to be sent again."""
        translator = pages.translator(request)
        form = await request.form()
        page = {
            "title": translator(f"problem-status-{status}"),
            "detail": translator(f"problem-{code}"),
            "code": code,
            "action": request.url.path,
            "fields": [item for item in form.multi_items() if isinstance(item[1], str) and item[0] != "password"],
        }
        return pages.render(request, "again.html", page, status=status)

    @app.exception_handler(LaurelError)
    async def expected(request: Request, error: LaurelError) -> Response:
        status = status_of(error)
        if isinstance(error, NotSignedIn) and wants_page(request) and request.method == "GET":
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/registration/session?next={_quoted(here)}", status_code=303)
        log.info("request_refused", code=error.code, status=status)
        if isinstance(error, NotSignedIn | Unavailable) and wants_page(request) and request.method == "POST":
            return await again(request, status, error.code)
        return answer(request, status, error.code, error.values, error.errors)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"pointer": "/" + "/".join(str(part) for part in item["loc"][1:]), "detail": item["msg"]}
            for item in error.errors()
        ]
        return answer(request, 422, "malformed", {}, errors)

    @app.exception_handler(HTTPException)
    async def routed(request: Request, error: HTTPException) -> Response:
        code = {
            404: "no-such-page",
            405: "method-not-allowed",
            408: "too-slow",
            413: "too-large",
            503: "try-again",
        }.get(error.status_code, "request-bad")
        allow = {"Allow": ", ".join(sorted(allowed_methods(request)))} if error.status_code == 405 else {}
        return answer(request, error.status_code, code, {}, [], allow)

    async def unreachable(request: Request, error: Exception) -> Response:
        log.warning("store_unreachable", error=type(error).__name__)
        if wants_page(request) and request.method == "POST":
            return await again(request, 503, "try-again")
        return answer(request, 503, "try-again", {}, [])

    for cls in (PyMongoError, NATSError, TimeoutError):
        app.add_exception_handler(cls, unreachable)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("request_failed", error=type(error).__name__, exc_info=error)
        return answer(request, 500, "our-fault", {}, [])


def allowed_methods(request: Request) -> set[str]:
    """The methods that this address answers, by whichever routes (RFC 9110, section 10.2.1)."""
    path, results = request.url.path, set[str]()
    for route in iter_route_contexts(request.app.routes):
        if route.methods and route.path_regex.match(path):
            results |= route.methods
    return results


def _quoted(path: str) -> str:
    return quote(path, safe="/")
