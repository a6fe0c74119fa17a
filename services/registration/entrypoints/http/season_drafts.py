"""Drafts of seasons, for programs: begin one, read what is wrong with it, change it, open it."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from services.registration.adapters.drafts import templates
from services.registration.application.drafting import (
    Draft,
    base_of,
    begin_with,
    changes_of,
    copy_season,
    keep_file,
    open_draft,
    read_text,
)
from services.registration.domain.beginnings import BLANK, SETS
from services.registration.entrypoints.context import CommandOf, Context, ContextOf, SignedIn
from services.registration.entrypoints.http.seasons import ChangeOut, SeasonOut, describe
from services.registration.entrypoints.scope import organizes_something
from shared.errors import Invalid, error_at
from shared.http.idempotency import DESCRIBED
from shared.http.paging import Page, paged
from shared.http.reports import faults_in, season_from
from shared.season.plain_yaml import LONGEST
from shared.season.reading import load_season

Title = Annotated[str, Field(max_length=120)]
Moment = Annotated[
    str, Field(max_length=32, description="`YYYY-MM-DDThh:mm`, in the time zone of the season; an offset is not taken.")
]


DraftFile = Annotated[
    bytes,
    Body(media_type="application/yaml", min_length=1, description="A `season.yaml`, right or not."),
    WithJsonSchema({}),
]


class DraftIn(BaseModel):
    """What a draft is begun with: a season to copy, or the text of a `season.yaml`; one of the two."""

    model_config = ConfigDict(extra="forbid")

    season: Annotated[str, Field(max_length=128, description="A season that you organize.")] = ""
    year: Annotated[
        str,
        Field(max_length=64, description="Of a copy: its id, which takes the place of the former one in titles too."),
    ] = ""
    opens: Annotated[
        str,
        Field(
            max_length=40,
            description="Of a copy: the day or time registration opens, in its zone; all other dates move along.",
        ),
    ] = ""
    text: Annotated[str, Field(max_length=LONGEST, description="Right or not: the answer names every fault.")] = ""


class BeginningIn(BaseModel):
    """What a new season is called and when one may register; every other date follows from the end of registration."""

    model_config = ConfigDict(extra="forbid")

    series: Annotated[str, Field(max_length=64, description="The id of the series: letters, digits, `-` and `_`.")]
    year: Annotated[str, Field(max_length=64, description="The id of the season in its series, such as 2026.")]
    name_zh: Title = ""
    name_en: Title = ""
    sponsor_zh: Title = ""
    sponsor_en: Title = ""
    approval: Annotated[str, Field(max_length=60, description="The number of the approval.")]
    opens: Moment
    closes: Moment
    divisions: Annotated[
        str, Field(max_length=3, description=f"Of a blank: {', '.join(SETS)} (primary, junior and senior secondary).")
    ] = ""
    track_zh: Annotated[Title, Field(description="Of a blank.")] = ""
    track_en: Annotated[Title, Field(description="Of a blank.")] = ""
    judges: Annotated[int, Field(ge=0, le=1000, description="Of a blank: how many judge each entry.")] = 0


class TemplateOut(BaseModel):
    """A ready season file to begin with."""

    id: str
    title: dict[str, str]
    blank: bool = Field(description="Whether division set, track and judges are to be stated.")


class DraftListed(BaseModel):
    id: str
    based_on: str = Field(description="The season that it was copied from; empty for one from nothing.")
    updated_at: int


class FaultOut(BaseModel):
    """What is wrong with the file, and where."""

    path: str
    line: int | None = Field(description="In the file, counted from 1; null where it has no line.")
    code: str
    message: dict[str, str]


class DraftOut(DraftListed):
    """A draft as it stands. Without faults it may be opened."""

    season: str = Field(description="The id that the season would have; empty while the file has faults.")
    text: str = Field(description="The `season.yaml`.")
    faults: list[FaultOut]
    changes: list[ChangeOut] = Field(description="From the season that it was copied from; empty for one from nothing.")


router = APIRouter(prefix="/registration/v1", tags=["seasons"])


async def described(context: Context, draft: Draft) -> DraftOut:
    rules, faults = await faults_in(draft.text)
    return DraftOut(
        id=draft.id,
        based_on=draft.based_on,
        updated_at=draft.updated_at,
        season=rules.id if rules else "",
        text=draft.text,
        faults=[FaultOut(**{name: fault[name] for name in FaultOut.model_fields}) for fault in faults],
        changes=[
            ChangeOut(path=path, before=before, after=after)
            for path, before, after in changes_of(await base_of(draft, context.store), rules)
        ],
    )


@router.get("/season-templates", summary="Ready season files to begin with")
async def ready_files(principal: SignedIn) -> list[TemplateOut]:
    """The blank one asks for a division set, a track and a number of judges; the others bring theirs along."""
    organizes_something(principal)
    return [
        TemplateOut(id=name, title=load_season(text).series.title.model_dump(), blank=name == BLANK)
        for name, text in templates().items()
    ]


@router.post(
    "/season-templates/{template}/drafts",
    status_code=201,
    summary="Begin a season with a ready file",
    openapi_extra=DESCRIBED,
)
async def begin(
    context: ContextOf, template: str, content: BeginningIn, principal: SignedIn, command: CommandOf
) -> DraftOut:
    """A draft of your own, under the name and around the dates that you state. Every value that will not do is named."""
    organizes_something(principal)
    values = {name: str(value) for name, value in content.model_dump().items()}
    draft = await begin_with(template, templates(), values, principal, command, context.store, context.drafts)
    return await described(context, draft)


@router.get("/season-drafts", summary="Your own drafts of seasons, what was written last first")
async def own_drafts(
    context: ContextOf, principal: SignedIn, page: Annotated[Page, Depends(paged(int, str))]
) -> list[DraftListed]:
    organizes_something(principal)
    listed = page.cut(
        await context.drafts.of(principal.account), lambda draft: (draft.updated_at, draft.id), newest_first=True
    )
    return [DraftListed(id=draft.id, based_on=draft.based_on, updated_at=draft.updated_at) for draft in listed]


@router.post(
    "/season-drafts", status_code=201, summary="Begin with a copy, or with a file of one's own", openapi_extra=DESCRIBED
)
async def add(context: ContextOf, content: DraftIn, principal: SignedIn, command: CommandOf) -> DraftOut:
    organizes_something(principal)
    if bool(content.season) == bool(content.text):
        raise Invalid("fields-invalid", errors=[error_at("season", "field-draft-one-of")])
    if content.season:
        moved = {"year": content.year, "opens": content.opens}
        draft = await copy_season(content.season, moved, principal, command, context.store, context.drafts)
    else:
        draft = await keep_file(content.text.encode(), principal, command, context.store, context.drafts)
    return await described(context, draft)


@router.get("/season-drafts/{draft_id}", summary="A draft, what is wrong with it and what it changes")
async def read(context: ContextOf, draft_id: str, principal: SignedIn) -> DraftOut:
    return await described(context, await context.drafts.find(draft_id, principal.account))


@router.put("/season-drafts/{draft_id}", summary="Change a draft")
async def change(context: ContextOf, draft_id: str, content: DraftFile, principal: SignedIn) -> DraftOut:
    """The whole file. It is kept right or not; the answer names every fault."""
    draft = await context.drafts.find(draft_id, principal.account)
    await context.drafts.write(draft.id, read_text(content), await context.store.clock.now())
    return await described(context, await context.drafts.find(draft_id, principal.account))


@router.post("/season-drafts/{draft_id}/opening", status_code=201, summary="Open the season that a draft says")
async def open_(context: ContextOf, draft_id: str, principal: SignedIn) -> SeasonOut:
    """With the units of the season it was copied from. From then on its rules are frozen, and the draft is gone."""
    draft = await context.drafts.find(draft_id, principal.account)
    rules = await season_from(draft.text.encode())
    season = await open_draft(draft, rules, principal, context.store, context.drafts)
    return await describe(context, season.id)
