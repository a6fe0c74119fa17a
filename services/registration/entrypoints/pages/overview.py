"""The overview of a season, for its organizers: where it stands, what is missing before the next phase, what others owe."""

from fastapi import APIRouter, Request, Response

from services.registration.domain.overview import (
    missing_before_next,
    next_due,
    owed_by_others,
    phases_of,
    present_of,
)
from services.registration.entrypoints.access import staff_view
from services.registration.entrypoints.context import ContextOf, SignedIn
from services.registration.entrypoints.season_facts import season_facts
from shared.web.season_header import season_frame
from shared.web.workspace import paths_for

router = APIRouter(prefix="/registration/seasons/{season_id}", include_in_schema=False)


@router.get("/overview")
async def overview(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    look = await staff_view(context, season_id, principal, whole=True)
    rules, facts = look.season.rules, await season_facts(context, look.season, closely=True)
    phases = phases_of(rules, facts)
    place = phases.index(present_of(phases))
    shown = {
        **season_frame(rules, look.season.mode),
        "facts": facts,
        "phases": phases,
        "next": phases[place + 1] if place + 1 < len(phases) else None,
        "due": next_due(rules, facts),
        "missing": missing_before_next(rules, facts),
        "owed": owed_by_others(rules, facts),
        "paths": paths_for(principal, rules, look.season.mode),
        "amendments": look.season.amendments[-3:],
    }
    return context.pages.render(request, "overview.html", shown)
