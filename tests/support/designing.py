"""The designer of certificates without a database: its pages and its API on templates in memory, drawn by the real engine."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI, Request

from services.certificates.adapters.keys import credential_key, document_keys
from services.certificates.adapters.renderer import Renderer
from services.certificates.adapters.signing import DocumentSigner
from services.certificates.domain.documents import Certificate
from services.certificates.entrypoints.http import designs as design_routes
from services.certificates.entrypoints.http import templates as template_routes
from services.certificates.entrypoints.pages import designing, rehearsals
from services.certificates.entrypoints.pages import designs as design_pages
from shared.http import problems
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import current_user, require_user
from shared.season.rules import SeasonRules
from shared.season.text import Text
from shared.web import pages
from shared.web.pages import Pages
from shared.web.static_files import MarkedFiles
from tests.support.drawing import NotedEngines
from tests.support.fakes.certificates import TemplateShelf

PAGES = Pages("certificates", Path(design_pages.__file__).parents[1], "http://test")
STATIC = Path(pages.__file__).parent / "static"


class KnownSeasons:
    """The rules of some seasons, which have no units."""

    def __init__(self, *seasons: SeasonRules) -> None:
        self._seasons = {rules.id: rules for rules in seasons}

    async def rules(self, season: str) -> SeasonRules | None:
        return self._seasons.get(season)

    async def units(self, season: str) -> Mapping[str, tuple[Text, str]]:
        return {}


@dataclass
class Studio:
    """An organizer at the designer."""

    client: httpx.AsyncClient
    shelf: TemplateShelf
    noted: list[dict[str, Any]] = field(default_factory=list)


def studio(folder: Path, *seasons: SeasonRules, roles: Mapping[str, Role], language: str = "zh") -> Studio:
    """The pages of these seasons, for somebody with these roles by season."""
    shelf, noted = TemplateShelf(), []
    signer, engines = DocumentSigner(document_keys(folder, "Laurel"), ""), NotedEngines(folder / "engines")
    renderer = Renderer(PAGES.catalog, "https://laurel.example", signer, shelf, credential_key(folder), engines)

    async def none(*_: Any) -> AsyncIterator[Certificate]:
        certificates: tuple[Certificate, ...] = ()
        for certificate in certificates:
            yield certificate

    async def note(season: str, by: Principal, what: str, reason: str, **details: Any) -> None:
        noted.append({"season": season, "by": by.login, "what": what, "reason": reason, **details})

    async def now() -> int:
        return 1_745_600_000_000_000

    app = FastAPI()
    problems.install(app, PAGES)
    for module in (design_routes, template_routes, design_pages, designing, rehearsals):
        app.include_router(module.router)
    app.mount("/certificates/static", MarkedFiles(PAGES.marks, directory=STATIC))
    app.state.context = SimpleNamespace(
        pages=PAGES,
        templates=shelf,
        renderer=renderer,
        engines=engines,
        known=KnownSeasons(*seasons),
        certificates=SimpleNamespace(of_season=none),
        audit=SimpleNamespace(note=note),
        clock=SimpleNamespace(now=now),
    )

    async def principal(request: Request) -> Principal:
        grants = tuple(Grant(role, season, "*") for season, role in roles.items())
        known = Principal("a", "s", "anna", "", grants, 0, 2**60)
        request.state.principal = known
        return known

    app.dependency_overrides[require_user] = app.dependency_overrides[current_user] = principal
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://test", headers={"accept-language": language})
    return Studio(client, shelf, noted)
