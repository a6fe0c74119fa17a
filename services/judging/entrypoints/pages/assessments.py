"""Self-assessments beside the judges' scores: what the committee looks at before it decides."""

from fastapi import APIRouter, Request, Response

from services.judging.application.comparing import compare
from services.judging.domain.rounding import format_kept
from services.judging.domain.self_assessment import Flag
from services.judging.entrypoints.context import ContextOf, SignedIn
from shared.identity import Role
from shared.web.season_header import season_frame

router = APIRouter(prefix="/judging/seasons/{season_id}/assessment", include_in_schema=False)


@router.get("")
async def show(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """By id, never by score."""
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE, Role.AUDITOR)
    season = await context.season(season_id)
    compared = await compare(season, context.store)
    rule, rules = season.rules.self_assessment, season.rules
    round_ = rules.round(rule.component.partition(".")[0]) if rule else None
    tiers = {tier.id: tier.title for tier in round_.awards.tiers} if round_ and round_.awards else {}
    if round_ and round_.awards and round_.awards.otherwise:
        tiers[round_.awards.otherwise.id] = round_.awards.otherwise.title
    shown = {
        **season_frame(rules, season.mode),
        "rule": rule,
        "compared": compared,
        "tiers": tiers,
        "marked": sum(line.flag != Flag.NONE for line in compared),
        "kept": format_kept,
    }
    return context.pages.render(request, "assessment.html", shown)
