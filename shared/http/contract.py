"""The OpenAPI document tells every answer: what succeeds, in which form, and each refusal as a problem (RFC 9457)."""

from typing import Annotated, Any

from fastapi import Body, FastAPI
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field, WithJsonSchema

PROBLEM = "application/problem+json"
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


Csv = Annotated[bytes, Body(media_type="text/csv", min_length=1, description="The file, UTF-8.")]
"""A table that is handed in."""
Yaml = Annotated[
    bytes,
    Body(media_type="application/yaml", min_length=1, description="A `season.yaml`."),
    WithJsonSchema({"type": "object", "minProperties": 1}),
]
"""A season file that is handed in; read by `season_from`."""


class Problem(BaseModel):
    """Why a request was refused. `code` stays the same; title and detail are in the language that was asked for."""

    type: str = Field(description="`urn:laurel:problem:` and the code.")
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    code: str
    trace_id: str = Field(default="", description="For the operator, to find the request.")
    errors: list[dict[str, Any]] = Field(description="What is wrong with which field.")


class CsvResponse(PlainTextResponse):
    """A table as CSV."""

    media_type = "text/csv"


def answers(*media_types: str, description: str = "As asked.") -> dict[str, Any]:
    """A response for `responses` of a route whose content is a file of one of these types."""
    schema = {"type": "string", "format": "binary"}
    return {"description": description, "content": {name: {"schema": schema} for name in media_types}}


def tell_all(app: FastAPI) -> None:
    """Let the document of this application name every refusal, in the form in which it is sent."""
    written = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = written()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas["Problem"] = Problem.model_json_schema()
            for operations in document["paths"].values():
                for operation in operations.values():
                    _with_refusals(operation["responses"])
            app.openapi_schema = document
        return app.openapi_schema

    # The way that the framework documents for extending it.
    app.openapi = openapi  # type: ignore[method-assign]


def _with_refusals(responses: dict[str, Any]) -> None:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, description in REFUSALS.items():
        told = responses.get(status, {})
        if status == "422" or "content" not in told:
            responses[status] = {"description": told.get("description", description), "content": content}
    responses["422"]["description"] = REFUSALS["422"]
