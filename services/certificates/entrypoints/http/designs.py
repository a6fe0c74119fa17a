"""Designs of certificates for programs: read, check, preview and save as data; the pictures that they show."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import BaseModel, Field

from services.certificates.adapters.templates import Template
from services.certificates.application.designing import case_of
from services.certificates.domain.designs import Design
from services.certificates.domain.documents import KINDS, Kind
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.designs import all_faults, preview_design, refusal, save_design, versions_of
from services.certificates.entrypoints.pictures import add_picture
from services.certificates.entrypoints.scope import rules_for_deciding
from shared.http.contract import answers
from shared.http.paging import Page, paged

Picture = Annotated[
    bytes, Body(media_type="application/octet-stream", min_length=1, description="PNG, JPEG or SVG, as its name says.")
]


class DesignOut(BaseModel):
    """A version of the design of a kind."""

    id: str = Field(description="To print by it from now on: `PUT …/template-choices/{kind}`.")
    number: int
    at: int
    by: str
    used: bool = Field(description="Whether the kind is printed by it from now on.")
    design: Design | None = Field(description="Null where this version was made by changing its source.")


router = APIRouter(prefix="/certificates/v1/seasons/{season}", tags=["designs"])


async def _out(context: Context, season: str, kind: Kind, template: Template) -> DesignOut:
    chosen = await context.templates.chosen(season, KINDS)
    return DesignOut(
        id=template.id,
        number=template.number,
        at=template.at,
        by=template.by,
        used=chosen[kind] == template.id,
        design=template.design,
    )


@router.get("/designs/{kind}", summary="Every version of the design of a kind, the newest first")
async def list_(
    context: ContextOf, season: str, kind: Kind, principal: SignedIn, page: Annotated[Page, Depends(paged(int))]
) -> list[DesignOut]:
    await rules_for_deciding(context, principal, season)
    listed = page.cut(await versions_of(context, season, kind), lambda template: (template.number,), newest_first=True)
    return [await _out(context, season, kind, template) for template in listed]


@router.post("/designs/{kind}", status_code=201, summary="A new version of the design of a kind")
async def save(context: ContextOf, season: str, kind: Kind, content: Design, principal: SignedIn) -> DesignOut:
    """Taken once it fits in every case; else everything that is wrong is named, each with its pointer and its case."""
    rules = await rules_for_deciding(context, principal, season)
    return await _out(context, season, kind, await save_design(context, rules, kind, content, principal))


@router.post("/designs/{kind}/check", status_code=204, summary="Whether a design would be taken")
async def check(context: ContextOf, season: str, kind: Kind, content: Design, principal: SignedIn) -> None:
    """Nothing is kept."""
    rules = await rules_for_deciding(context, principal, season)
    if faults := await all_faults(context, rules, kind, content):
        raise refusal(faults)


@router.post(
    "/designs/{kind}/preview",
    summary="A picture of what a design makes",
    response_class=Response,
    responses={200: answers("image/png")},
)
async def preview(
    context: ContextOf,
    season: str,
    kind: Kind,
    content: Design,
    principal: SignedIn,
    case: Annotated[
        str, Query(max_length=20, description="usual, longest, shortest, many, minority or english.")
    ] = "usual",
) -> Response:
    rules = await rules_for_deciding(context, principal, season)
    picture = await preview_design(context, rules, kind, content, case_of(case))
    return Response(picture, media_type="image/png")


@router.get("/template-pictures", summary="The pictures that designs and templates of a season may show")
async def pictures(context: ContextOf, season: str, principal: SignedIn) -> list[str]:
    await rules_for_deciding(context, principal, season)
    return sorted(await context.templates.pictures(season))


@router.put("/template-pictures/{name}", status_code=204, summary="Give a picture: a logo, a seal, a signature")
async def give(context: ContextOf, season: str, name: str, content: Picture, principal: SignedIn) -> None:
    """Whoever gives it answers for it, and is noted. Saved versions keep the picture that they were saved with."""
    rules = await rules_for_deciding(context, principal, season)
    await add_picture(context, rules.id, name, content, principal)
