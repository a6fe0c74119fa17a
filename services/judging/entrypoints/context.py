"""What the entry points of judging work with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.judging.adapters.days import MongoDays
from services.judging.adapters.entered import MongoEnteredSheets
from services.judging.adapters.objections import MongoObjections
from services.judging.adapters.panels import MongoPanels
from services.judging.adapters.result_sets import MongoResultSets
from services.judging.adapters.scores import MongoScores
from services.judging.adapters.seatings import MongoSeatings
from services.judging.adapters.store import MongoFacts, MongoSeasons
from services.judging.application.explaining import Explanations
from services.judging.application.ports import JudgedSeason, Store
from shared.errors import NotFound
from shared.identity import Principal
from shared.identity.authenticator import current_user, require_person, require_user
from shared.mongo import Database
from shared.web.pages import Pages

SignedIn = Annotated[Principal, Depends(require_user)]
InPerson = Annotated[Principal, Depends(require_person)]
Visitor = Annotated[Principal | None, Depends(current_user)]


@dataclass(frozen=True, slots=True)
class Context:
    """Use cases go through `store`; reads without a rule go straight to the adapters."""

    database: Database
    store: Store
    seasons: MongoSeasons
    facts: MongoFacts
    scores: MongoScores
    seatings: MongoSeatings
    results: MongoResultSets
    panels: MongoPanels
    objections: MongoObjections
    entered: MongoEnteredSheets
    days: MongoDays
    explanations: Explanations
    pages: Pages
    public_url: str

    async def season(self, season: str) -> JudgedSeason:
        """Raises NotFound while the season has not arrived."""
        stored_season = await self.seasons.find(season)
        if stored_season is None:
            raise NotFound("no-such-season")
        return stored_season


async def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


ContextOf = Annotated[Context, Depends(_context)]
"""What a route works with; `create_app` puts it beside its application."""
