"""Errors as RFC 9457 problem details for programs, and as a page for people."""

import errno
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
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

from shared.errors import (
    OF_ERROR,
    Invalid,
    InvalidState,
    LaurelError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooMany,
    Unavailable,
    pointer_of,
)
from shared.http.contract import PROBLEM, Problem, ProblemAt
from shared.observability.correlation import correlation_id
from shared.web.pages import Pages
from shared.web.translation import Translator

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
PASSING_ERRNOS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}
)
"""A disk or a process that is at its limit: somebody makes room, and the same request works."""
OF_THE_SURROUNDINGS: tuple[type[Exception], ...] = (PyMongoError, NATSError, TimeoutError, ConnectionError, MemoryError)
"""What databases, brokers, networks and machines raise when they are not there or have no room."""


def status_of(error: LaurelError) -> int:
    """The HTTP status of the nearest class of the error that has one."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def is_passing(error: Exception) -> bool:
    """Whether the surroundings are at fault and not the code, so that trying again may help."""
    if isinstance(error, OF_THE_SURROUNDINGS):
        return True
    return isinstance(error, OSError) and error.errno in PASSING_ERRNOS


def retry_after(status: int) -> dict[str, str]:
    """The header that says when to come back, where that helps."""
    return {"Retry-After": RETRY_SECONDS} if status in (429, 503) else {}


MALFORMED = {
    "missing": "value-missing",
    "extra_forbidden": "value-unknown",
    "too_long": "value-long",
    "string_too_long": "value-long",
    "bytes_too_long": "value-long",
    "too_short": "value-short",
    "string_too_short": "value-short",
    "bytes_too_short": "value-short",
    "greater_than_equal": "value-small",
    "less_than_equal": "value-large",
    "literal_error": "value-choice",
    "enum": "value-choice",
    "json_invalid": "value-no-json",
    "string_pattern_mismatch": "value-pattern",
}
"""The code of what pydantic finds; what is not here is `value-type` or `value-malformed`."""


def wants_page(accept: str, path: str) -> bool:
    """Whether a page is the answer: never where programs ask."""
    return "text/html" in accept and path.split("/")[2:3] != ["v1"]


def problem_of(
    status: int,
    code: str,
    t: Translator,
    *,
    instance: str = "",
    trace_id: str | None = None,
    errors: Sequence[Mapping[str, Any]] = (),
    values: Mapping[str, Any] = MappingProxyType({}),
) -> Problem:
    """The one form in which every refusal is answered; `errors` and `values` are those of a `LaurelError`, `trace_id` of
    the work at hand unless said."""
    return Problem(
        type=f"urn:laurel:problem:{code}",
        title=t.first(f"problem-{code}-title", f"problem-status-{status}", "problem-status-500"),
        status=status,
        detail=t.first(f"problem-{code}", "problem-unknown", **values),
        instance=instance,
        code=code,
        trace_id=correlation_id() if trace_id is None else trace_id,
        errors=[_problem_at(item, t) for item in errors],
    )


def _problem_at(item: Mapping[str, Any], t: Translator) -> ProblemAt:
    """One of the `errors`: with its sentence in both languages, or with values for the one under its code."""
    if "message" in item:
        detail = item["message"][t.language]
    else:
        detail = t(item["code"], **{name: value for name, value in item.items() if name not in OF_ERROR})
    return ProblemAt(pointer=item["pointer"], code=item["code"].removeprefix("problem-"), detail=detail)


def _malformed_at(item: Mapping[str, Any]) -> dict[str, Any]:
    kind, values = item["type"], item.get("ctx", {})
    code = MALFORMED.get(kind) or ("value-type" if kind.endswith(("_type", "_parsing")) else "value-malformed")
    bounds = {
        "most": values.get("max_length", values.get("le")),
        "least": values.get("min_length", values.get("ge")),
        "choices": values.get("expected"),
    }
    told = {name: str(value) for name, value in bounds.items() if value is not None}
    return {"pointer": pointer_of(item["loc"][1:]), "code": code, **told}


def install(app: FastAPI, pages: Pages) -> None:
    """Answer every error of this app with a clear one."""

    def of_person(request: Request) -> bool:
        return wants_page(request.headers.get("accept", ""), request.url.path)

    def of_browser(request: Request) -> bool:
        """Whether somebody followed a link, perhaps to a file that programs ask for too."""
        opened = request.headers.get("sec-fetch-dest") == "document" or of_person(request)
        return opened and request.method == "GET"

    def answer(
        request: Request,
        status: int,
        code: str,
        values: dict[str, Any],
        errors: list[dict[str, Any]],
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        problem = problem_of(
            status, code, pages.translator(request), instance=request.url.path, errors=errors, values=values
        )
        sent = {**(headers or {}), **retry_after(status)}
        if of_person(request):
            page = pages.render(request, "problem.html", problem.model_dump(), status=status)
            page.headers.update(sent)
            return page
        if status == HTTPStatus.UNAUTHORIZED:
            sent["WWW-Authenticate"] = "Bearer"
        return JSONResponse(problem.model_dump(), status, headers=sent, media_type=PROBLEM)

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
        form_again = pages.render(request, "again.html", page, status=status)
        form_again.headers.update(retry_after(status))
        return form_again

    @app.exception_handler(LaurelError)
    async def expected(request: Request, error: LaurelError) -> Response:
        status = status_of(error)
        if isinstance(error, NotSignedIn) and of_browser(request):
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/registration/session?next={_quoted(here)}", status_code=303)
        log.info("request_refused", code=error.code, status=status)
        if isinstance(error, NotSignedIn | Unavailable) and of_person(request) and request.method == "POST":
            return await again(request, status, error.code)
        return answer(request, status, error.code, error.values, error.errors)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return answer(request, 422, "malformed", {}, [_malformed_at(item) for item in error.errors()])

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
        if of_person(request) and request.method == "POST":
            return await again(request, 503, "try-again")
        return answer(request, 503, "try-again", {}, [])

    for cls in OF_THE_SURROUNDINGS:
        app.add_exception_handler(cls, unreachable)

    @app.exception_handler(OSError)
    async def machine(request: Request, error: OSError) -> Response:
        return await (unreachable if is_passing(error) else unexpected)(request, error)

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
