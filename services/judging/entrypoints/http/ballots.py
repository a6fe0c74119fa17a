"""Ballots for judges who program: their tasks, and one ballot at a time."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.judging.application.appointing import appointed_judge
from services.judging.application.handing_out import recuse
from services.judging.application.ports import JudgedSeason
from services.judging.application.scoring import Task, rubric_of, task, task_value, tasks, write_ballot
from services.judging.application.signing import signatory
from services.judging.domain.facts import Judge
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import InvalidState, NotAllowed
from shared.identity import Principal, Role
from shared.season.rules import Criterion


class LevelOut(BaseModel):
    """What a score means, from these points on to where the next higher level begins."""

    points: str
    title: dict[str, str] | None
    text: dict[str, str]


class CriterionOut(BaseModel):
    """A line of the rubric."""

    id: str
    title: dict[str, str]
    weight: str
    max: str
    levels: list[LevelOut] = Field(description="Level descriptions, the highest first; they change no result.")


class TaskOut(BaseModel):
    """A work to score. It has a number and a title, never a name or a school."""

    round: str = Field(description="In which it is scored.")
    entry: str
    component: str
    track: str
    division: str
    title: str
    rubric: list[CriterionOut] = Field(description="Empty for a test, whose scores come by sheet.")
    status: str = Field(description="`open`, `draft`, `submitted`; of a shadow judge `shadow`.")
    scores: dict[str, str]
    value: str | None = Field(description="Of 100, two decimals; null while a score is missing.")


class StatedTaskOut(TaskOut):
    """A work to score, with what it states of itself; nobody's name is meant to stand there."""

    description: str = ""
    link: str = Field("", description="An address, http or https. Open it yourself; nothing of ours loads it.")
    video: str = ""
    fields: dict[str, str] = Field(
        {}, description="Answers to the fields of its track that judges may read, by the id of the field."
    )


class BallotIn(BaseModel):
    """Scores by criterion id, as decimal text with at most two decimals."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scores: dict[str, Annotated[str, Field(max_length=16)]]
    comment: Annotated[str, Field(max_length=4000, description="For the entrant, after the notice.")] = ""
    note: Annotated[str, Field(max_length=4000, description="For yourself alone.")] = ""
    submit: bool = Field(default=False, description="false saves a draft.")
    round: Annotated[
        str, Field(max_length=64, description="The round of the task. Absent: the one that is on when this arrives.")
    ] = ""
    version: Annotated[
        int | None,
        Field(
            ge=0,
            lt=2**31,
            description="Of the ballot that you wrote on, 0 for none: written on elsewhere since, it stays as it is "
            "(`ballot-changed`), and the same again changes nothing. Absent: the newest word counts.",
        ),
    ] = None
    account: Annotated[
        str,
        Field(
            max_length=64, description="Whose words these are, where they waited; sent by another, they are not taken."
        ),
    ] = ""


class WrittenOut(TaskOut):
    """The work, and the version that its ballot has now."""

    version: int


class WorksOut(BaseModel):
    """What a judge was given."""

    round: str
    entries: list[str]


class RecusalIn(BaseModel):
    """Why you step back."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=1000)]


def _criterion_out(criterion: Criterion) -> CriterionOut:
    return CriterionOut(
        id=criterion.id,
        title=criterion.title.model_dump(),
        weight=str(criterion.weight),
        max=str(criterion.full),
        levels=[
            LevelOut(
                points=str(level.points),
                title=level.title.model_dump() if level.title else None,
                text=level.text.model_dump(),
            )
            for level in criterion.levels
        ],
    )


def task_out(season: JudgedSeason, task: Task) -> TaskOut:
    rubric = rubric_of(season, task.component)
    scores = task.ballot.scores if task.ballot else ()
    return TaskOut(
        round=task.round,
        entry=task.entry.entry,
        component=task.component.id,
        track=task.entry.track,
        division=task.entry.division,
        title=task.entry.title_for_judges,
        rubric=[_criterion_out(criterion) for criterion in rubric],
        status=task.status,
        scores={c.id: str(score) for c, score in zip(rubric, scores, strict=False) if score >= 0},
        value=task_value(season, task),
    )


async def the_judge(context: Context, season: JudgedSeason, principal: Principal) -> Judge:
    """The judge that the principal is in this season. Raises NotAllowed for everybody else."""
    grant = principal.grant(Role.JUDGE, season.id) or principal.grant(Role.CHIEF_JUDGE, season.id)
    if grant is None or not grant.ref:
        raise NotAllowed("judges-only")
    who = await signatory(season, principal, context.store)
    return await appointed_judge(season, grant.ref, who, context.store)


router = APIRouter(prefix="/judging/v1/seasons/{season}", tags=["ballots"])


@router.get("/works", summary="The works that were handed to you")
async def my_works(context: ContextOf, season: str, principal: SignedIn) -> WorksOut:
    """In the round that is on; their files are at registration, without names."""
    stored_season = await context.season(season)
    judge = await the_judge(context, stored_season, principal)
    item = stored_season.shown.id
    return WorksOut(round=item, entries=await context.panels.assigned(season, item, judge.judge) or [])


@router.get("/tasks", summary="What you are to score")
async def my_tasks(context: ContextOf, season: str, principal: SignedIn) -> list[TaskOut]:
    """Works of your tracks without a conflict, in the order of their numbers, with your own ballots alone."""
    stored_season = await context.season(season)
    judge = await the_judge(context, stored_season, principal)
    return [task_out(stored_season, task) for task in await tasks(stored_season, judge, context.store)]


@router.get("/tasks/{entry}/{component}", summary="One work and your ballot")
async def my_task(context: ContextOf, season: str, entry: str, component: str, principal: SignedIn) -> StatedTaskOut:
    stored_season = await context.season(season)
    judge = await the_judge(context, stored_season, principal)
    shown = task_out(stored_season, await task(stored_season, judge, entry, component, context.store))
    fields = await context.facts.answers(season, entry)
    return StatedTaskOut(**shown.model_dump(), **dict(await context.facts.statement(season, entry)), fields=fields)


@router.put("/tasks/{entry}/{component}/ballot", summary="Save or submit your ballot")
async def score(
    context: ContextOf, season: str, entry: str, component: str, content: BallotIn, principal: SignedIn
) -> WrittenOut:
    """Until the round closes you may score again; the newest submitted version counts, older ones are kept."""
    stored_season = await context.season(season)
    judge = await the_judge(context, stored_season, principal)
    if content.account not in ("", principal.account):
        raise InvalidState("ballot-account")
    ballot, version = await write_ballot(
        stored_season,
        judge,
        entry,
        component,
        content.scores,
        round_id=content.round or stored_season.shown.id,
        account=principal.account,
        submit=content.submit,
        comment=content.comment,
        note=content.note,
        store=context.store,
        seen=content.version,
    )
    each_task = await task(stored_season, judge, ballot.entry, component, context.store)
    return WrittenOut(**task_out(stored_season, each_task).model_dump(), version=version)


@router.post("/tasks/{entry}/recusal", status_code=204, summary="Step back from a work")
async def step_back(context: ContextOf, season: str, entry: str, content: RecusalIn, principal: SignedIn) -> None:
    """It is yours no more and goes to somebody else; a ballot of yours on it counts no more."""
    stored_season = await context.season(season)
    judge = await the_judge(context, stored_season, principal)
    by = await signatory(stored_season, principal, context.store)
    await recuse(stored_season, judge, entry, content.reason, by, context.store)
