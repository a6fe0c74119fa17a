"""Templates of documents, for programs: what there is, a new version, and which version each kind is printed by."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.certificates.adapters.templates import Template
from services.certificates.domain.documents import KINDS, Kind
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.proving import choose_templates, save_template
from services.certificates.entrypoints.scope import rules_for_deciding
from shared.errors import Invalid
from shared.http.paging import Page, paged

Source = Annotated[
    bytes, Body(media_type="text/plain", min_length=1, description="Typst: it defines `certificate(data)`.")
]


class TemplateOut(BaseModel):
    """A version of a template; of those that come with Laurel there is one, of number 0."""

    id: str
    name: str
    number: int
    engine: str
    at: int
    by: str
    prints: list[str] = Field(description="The kinds that are printed by it from now on.")


class ChoiceIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    template: Annotated[str, Field(min_length=1, max_length=200, description="The `id` of a version.")]


router = APIRouter(prefix="/certificates/v1/seasons/{season}", tags=["templates"])


async def _out(context: Context, season: str, template: Template) -> TemplateOut:
    chosen = await context.templates.chosen(season, KINDS)
    return TemplateOut(
        id=template.id,
        name=template.name,
        number=template.number,
        engine=template.engine,
        at=template.at,
        by=template.by,
        prints=[kind for kind, used in chosen.items() if used == template.id],
    )


@router.get("/templates", summary="Every version of every template")
async def list_(
    context: ContextOf, season: str, principal: SignedIn, page: Annotated[Page, Depends(paged(str))]
) -> list[TemplateOut]:
    await rules_for_deciding(context, principal, season)
    listed = page.cut(await context.templates.of(season), lambda template: (template.id,))
    return [await _out(context, season, template) for template in listed]


@router.post("/templates/{name}", status_code=201, summary="A new version of a template")
async def save(context: ContextOf, season: str, name: str, content: Source, principal: SignedIn) -> TemplateOut:
    """Taken once each kind comes out whole: one page with name, number, code, a QR code that can be read, and statement."""
    rules = await rules_for_deciding(context, principal, season)
    try:
        source = content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Invalid("file-unreadable", file=name, reason="NOT_UTF8", column="", place="") from error
    return await _out(context, season, await save_template(context, rules, name, source, principal))


@router.put("/template-choices/{kind}", status_code=204, summary="Print a kind by a version from now on")
async def choose(context: ContextOf, season: str, kind: Kind, content: ChoiceIn, principal: SignedIn) -> None:
    """What was issued keeps its template for ever."""
    rules = await rules_for_deciding(context, principal, season)
    await choose_templates(context, rules, {kind: content.template}, principal)
