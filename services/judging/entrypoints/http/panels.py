"""Handing out works to judges, for programs."""

from fastapi import APIRouter
from pydantic import BaseModel

from services.judging.application.handing_out import hand_out
from services.judging.entrypoints.context import Context, SignedIn
from shared.errors import Refused
from shared.identity import Role


class HandedOut(BaseModel):
    judge: str
    entries: int


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/judging/v1/seasons/{season}/panels", tags=["judges"])

    @routes.post("", summary="Hand the works out")
    async def hand_out_works(season: str, principal: SignedIn) -> list[HandedOut]:
        """Each judge gets the entries of their tracks without a conflict, and from then on their files. Again: what is new."""
        principal.require(season, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
        found = await context.season(season)
        if found.mode != "live":
            raise Refused("records-season")
        given = await hand_out(found, context.store)
        return [HandedOut(judge=judge, entries=count) for judge, count in given.items()]

    return routes
