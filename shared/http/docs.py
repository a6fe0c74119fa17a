"""The documents of a service, readable without the internet: OpenAPI by Swagger UI, AsyncAPI as a page of our own."""

from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse

from shared.errors import NotFound
from shared.messaging.asyncapi import asyncapi_document
from shared.messaging.topology import ServiceTopology
from shared.web.pages import Pages

SWAGGER = Path(fastapi_offline.__file__).parent / "static"
ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}


def docs_router(app: FastAPI, topology: ServiceTopology, pages: Pages) -> APIRouter:
    """`/<service>/docs`, `/<service>/docs/events` and the machine-readable documents behind them."""
    router = APIRouter(prefix=f"/{topology.service}", include_in_schema=False)

    @router.get("/docs")
    async def openapi_page(request: Request) -> Response:
        return pages.render(request, "docs.html", {"title": app.title, "service": topology.service})

    @router.get("/docs/assets/{name}")
    async def asset(name: str) -> Response:
        if name not in ASSETS:
            raise NotFound("no-such-page")
        return FileResponse(SWAGGER / name, media_type=ASSETS[name], headers={"Cache-Control": "max-age=86400"})

    @router.get("/docs/events")
    async def asyncapi_page(request: Request) -> Response:
        return pages.render(request, "events.html", {"document": asyncapi_document(topology), "title": app.title})

    @router.get("/asyncapi.json")
    async def asyncapi_json() -> dict[str, Any]:
        return asyncapi_document(topology)

    return router
