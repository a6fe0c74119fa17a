"""The composition root of judging."""

from pathlib import Path

from fastapi import FastAPI

from services.judging.adapters.accounts import MongoAccounts
from services.judging.adapters.days import MongoDays
from services.judging.adapters.entered import MongoEnteredSheets
from services.judging.adapters.objections import MongoObjections
from services.judging.adapters.panels import MongoPanels
from services.judging.adapters.projections import Projections
from services.judging.adapters.result_sets import MongoResultSets
from services.judging.adapters.scores import MongoScores
from services.judging.adapters.seatings import MongoSeatings
from services.judging.adapters.store import MongoFacts, MongoSeasons
from services.judging.adapters.tasks_left import MongoTasksLeft
from services.judging.application.counting_tasks import tell_tasks_left
from services.judging.application.explaining import Explanations
from services.judging.application.finalizing import complete_unfinished, verify
from services.judging.application.ports import Store
from services.judging.entrypoints import events
from services.judging.entrypoints.context import Context
from services.judging.entrypoints.http import assessments, ballots, judges, oversight, records, results, seasons
from services.judging.entrypoints.http import exclusions as exclusion_routes
from services.judging.entrypoints.http import objections as filed_objections
from services.judging.entrypoints.http import rehearsals as rehearsal_routes
from services.judging.entrypoints.http import scores as score_routes
from services.judging.entrypoints.pages import assessments as assessment_pages
from services.judging.entrypoints.pages import ballots as ballot_pages
from services.judging.entrypoints.pages import (
    chief,
    entered,
    exclusions,
    feedback,
    objections,
    rehearsals,
    rights,
    schedule,
)
from services.judging.entrypoints.pages import results as result_pages
from services.judging.entrypoints.reconciliation import ledgers
from services.judging.foundations import FOUNDATIONS
from services.judging.settings import JudgingSettings
from shared.http.service import assemble, serve
from shared.messaging.sweeper import Sweeper

__all__ = ["JudgingSettings", "create_app", "verify"]

PUBLIC = ("/judging/v1/seasons/{season}",)
"""What is the same for all who are not signed in."""

DAY = 86_400_000_000
COUNTS_EVERY = 5
"""What judges have left is counted once in so many sweeps: in minutes, it is for reminders."""


def create_app(settings: JudgingSettings) -> FastAPI:
    """Judging, ready to serve."""
    parts = assemble(settings, FOUNDATIONS, package=Path(__file__).parent)
    mongo = parts.mongo
    stored_seasons, facts, scores = MongoSeasons(mongo), MongoFacts(mongo), MongoScores(mongo)
    seatings, result_sets, stored_panels = MongoSeatings(mongo), MongoResultSets(mongo), MongoPanels(mongo)
    accounts = MongoAccounts(mongo.database)
    context = Context(
        database=mongo.database,
        store=Store(
            seasons=stored_seasons,
            facts=facts,
            scores=scores,
            seatings=seatings,
            panels=stored_panels,
            results=result_sets,
            accounts=accounts,
            audit=parts.audit,
            clock=mongo.clock,
            streams=parts.streams,
        ),
        seasons=stored_seasons,
        facts=facts,
        scores=scores,
        seatings=seatings,
        results=result_sets,
        panels=stored_panels,
        objections=MongoObjections(mongo),
        entered=MongoEnteredSheets(mongo),
        days=MongoDays(mongo),
        explanations=Explanations(),
        pages=parts.pages,
        public_url=settings.public_url,
    )
    events.subscribe(parts.delivery, Projections(mongo), accounts, context.store)
    parts.gate.subscribe(parts.delivery, FOUNDATIONS.service)
    tasks_left = MongoTasksLeft(mongo)

    async def count_tasks() -> int:
        return await tell_tasks_left(await stored_seasons.all(), tasks_left, context.store)

    counting = Sweeper("tasks-left", [count_tasks], COUNTS_EVERY * settings.sweep_seconds)
    app = serve(
        parts,
        title="Laurel judging",
        summary="Judges, ballots, results and awards.",
        routers=[
            module.router
            for module in (
                seasons,
                records,
                assessments,
                results,
                judges,
                oversight,
                filed_objections,
                exclusion_routes,
                score_routes,
                rehearsal_routes,
                ballots,
                ballot_pages,
                result_pages,
                chief,
                objections,
                exclusions,
                assessment_pages,
                entered,
                schedule,
                rehearsals,
                feedback,
                rights,
            )
        ],
        ledgers=ledgers(mongo),
        public=PUBLIC,
        sweeps=[lambda: complete_unfinished(context.store), lambda: forget_filers(context, settings.keep_filers_days)],
        background=[counting],
    )
    app.state.context = context
    return app


async def forget_filers(context: Context, days: int) -> int:
    """Names of people who objected are not kept longer than the operator's settings say."""
    return await context.objections.forget(await context.store.clock.now() - days * DAY)
