"""One's own certificates and what is held of oneself."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from services.certificates.entrypoints.context import Context, SignedIn


def router(context: Context) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    pages, store = context.pages, context.certificates

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
                    "changes": [{"kind": c.kind, "at": c.at, "reason": c.reason} for c in one.changes],
                }
                for one in found
            ],
        }
        return JSONResponse(data, headers={"Content-Disposition": 'attachment; filename="certificates.json"'})

    return routes
