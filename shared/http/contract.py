"""The OpenAPI document tells every answer: what succeeds, in which form, and each refusal as a problem (RFC 9457)."""

from typing import Annotated, Any

from fastapi import Body, FastAPI, Query
from fastapi.dependencies.models import Dependant
from fastapi.responses import PlainTextResponse, Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field, WithJsonSchema

from shared.identity.authenticator import current_user, require_person, require_user
from shared.sheets.encodings import Encoding
from shared.sheets.writing import XLSX

PROBLEM = "application/problem+json"
UNSAFE = frozenset({"post", "put", "patch", "delete"})
BEARER, COOKIE = "bearer", "cookie"
SIGNED_IN: dict[str, Any] = {"security": [{BEARER: []}, {COOKIE: []}]}
"""For `openapi_extra` of routes that ask for the principal themselves; of others it is known by what they depend on."""
THROTTLED: dict[int | str, dict[str, Any]] = {429: {"description": "Too often."}}
"""For `responses` of routes that count how often somebody asks."""
REFUSALS = {
    "400": "The request cannot be read.",
    "401": "Nobody is known to ask.",
    "403": "Whoever asks may not do this.",
    "404": "There is no such thing, or it is not for whoever asks.",
    "409": "Not now: the state or the time forbids it.",
    "413": "The body is too large.",
    "422": "What was sent breaks a published rule.",
    "429": "Asked too often; `Retry-After` says when to come again.",
    "503": "A part is not reachable; `Retry-After` says when to come again.",
}
NEXT_PIECE = {
    "description": 'If the list goes on: the address of its next piece, with `rel="next"` (RFC 8288).',
    "schema": {"type": "string"},
}


TABLE = "text in UTF-8, UTF-16 with its mark or GB18030, with commas, semicolons or tabs; or XLSX, or ODS."
"""What every upload of a table may be."""
Csv = Annotated[bytes, Body(media_type="text/csv", min_length=1, description=f"The file: {TABLE}")]
"""A table that is handed in."""
Stated = Annotated[
    Encoding | None,
    Query(description="The encoding of a text in which it cannot be told, where a file was refused as NOT_UTF8."),
]
"""What whoever hands in a table says of its encoding."""
Yaml = Annotated[
    bytes,
    Body(media_type="application/yaml", min_length=1, description="A `season.yaml`."),
    WithJsonSchema({"type": "object", "minProperties": 1}),
]
"""A season file that is handed in; read by `season_from`."""


class ProblemAt(BaseModel):
    """What is wrong with one value of what was sent."""

    pointer: str = Field(description="To the value in the body (RFC 6901), or `/` and the name of a parameter.")
    code: str = Field(description="It stays the same.")
    detail: str = Field(description="In the language that was asked for.")


class Problem(BaseModel):
    """Why a request was refused. `code` stays the same; title and detail are in the language that was asked for."""

    type: str = Field(description="`urn:laurel:problem:` and the code.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path of the request; empty where it was refused before it was read.")
    code: str
    trace_id: str = Field(description="For the operator, to find the request.")
    errors: list[ProblemAt] = Field(description="Each value that will not do; empty where it is about no value.")


class CsvResponse(PlainTextResponse):
    """A table as CSV."""

    media_type = "text/csv"


class XlsxResponse(Response):
    """A table as a workbook."""

    media_type = XLSX


def answers(*media_types: str, description: str = "As asked.") -> dict[str, Any]:
    """A response for `responses` of a route whose content is a file of one of these types."""
    schema = {"type": "string", "format": "binary"}
    return {"description": description, "content": {name: {"schema": schema} for name in media_types}}


def tell_all(app: FastAPI, token_cookie: str) -> None:
    """Let the document of this application say who may ask, and name every refusal in the form in which it is sent.

    `token_cookie` is the name under which browsers hold the token.
    """
    written = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = written()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= {**problem.pop("$defs"), "Problem": problem}
            schemes = document["components"].setdefault("securitySchemes", {})
            schemes[BEARER] = {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of `/registration/v1/tokens`.",
            }
            schemes[COOKIE] = {"type": "apiKey", "in": "cookie", "name": token_cookie, "description": "Of a browser."}
            asked = _who_is_asked(app)
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    if (method, path) in asked:
                        operation["security"] = asked[method, path]
                    _with_refusals(method, path, operation)
                    _with_next_piece(operation)
            app.openapi_schema = document
        return app.openapi_schema

    # The way that the framework documents for extending it.
    app.openapi = openapi  # type: ignore[method-assign]


def _with_next_piece(operation: dict[str, Any]) -> None:
    """A list in pieces (`shared/http/paging.py`) says where it goes on."""
    if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ())):
        operation["responses"]["200"]["headers"] = {"Link": NEXT_PIECE}


def _who_is_asked(app: FastAPI) -> dict[tuple[str, str], list[dict[str, list[str]]]]:
    """What the operations want that depend on a principal; an empty one where nobody may ask too."""
    results: dict[tuple[str, str], list[dict[str, list[str]]]] = {}
    for route in iter_route_contexts(app.routes):
        calls = _calls(getattr(route, "dependant", None))
        if {require_user, require_person, current_user} & calls:
            known = SIGNED_IN["security"]
            wanted = known if {require_user, require_person} & calls else [{}, *known]
            results |= {(method.lower(), str(route.path)): wanted for method in route.methods or ()}
    return results


def _calls(dependant: Dependant | None) -> set[Any]:
    if dependant is None:
        return set()
    return {dependant.call}.union(*(_calls(item) for item in dependant.dependencies))


def _with_refusals(method: str, path: str, operation: dict[str, Any]) -> None:
    """Those that can happen here: by who may ask, by what is sent, and by what the address names."""
    security, responses = operation.get("security"), operation["responses"]
    sends, asks = "requestBody" in operation or method in UNSAFE, bool(operation.get("parameters"))
    happens = {
        "400": sends,
        "401": security is not None,
        "403": method in UNSAFE or bool(security and {} not in security),
        "404": "{" in path or sends or asks,
        "409": "{" in path or sends,
        "413": sends,
        "422": sends or asks,
        "429": "429" in responses,
        "503": True,
    }
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, description in REFUSALS.items():
        told = {} if status == "422" else responses.get(status, {})
        if "content" not in told and (told or happens[status]):
            responses[status] = {"description": told.get("description", description), "content": content}
        elif not told:
            responses.pop(status, None)
