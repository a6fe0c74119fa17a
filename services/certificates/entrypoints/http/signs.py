"""Pictures of signs that no font has, for programs."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from services.certificates.entrypoints.context import ContextOf, SignedIn
from services.certificates.entrypoints.scope import rules_for_deciding, rules_of
from services.certificates.entrypoints.signs import give_picture, sign_of
from shared.identity import Role

Picture = Annotated[
    bytes, Body(media_type="application/octet-stream", min_length=1, description="SVG, PNG, or a font that has it.")
]


class SignOut(BaseModel):
    """A picture of a sign."""

    sign: str
    code_point: str = Field(description="As in `U+2EE5D`.")
    number: int = Field(description="The newest counts for what is issued from then on.")
    at: int
    by: str


router = APIRouter(prefix="/certificates/v1/seasons/{season}/signs", tags=["certificates"])


@router.get("", summary="Signs for which a picture was given")
async def given(context: ContextOf, season: str, principal: SignedIn) -> list[SignOut]:
    await rules_of(context, season)
    principal.require(season, Role.CITY_ORGANIZER, Role.AUDITOR)
    return [
        SignOut(sign=each.sign, code_point=f"U+{ord(each.sign):04X}", number=each.number, at=each.at, by=each.by)
        for each in await context.signs.given(season)
    ]


@router.put("/{sign}", status_code=204, summary="Give a picture of a sign that no font has")
async def give(context: ContextOf, season: str, sign: str, content: Picture, principal: SignedIn) -> None:
    """The sign itself or its code point, `U+2EE5D`. Documents that wait for it are drawn when they are next asked for."""
    await rules_for_deciding(context, principal, season)
    await give_picture(context, season, sign_of(sign), content, principal)
