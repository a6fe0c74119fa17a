"""The composition root of judging."""

from pathlib import Path

from fastapi import FastAPI

from services.judging.adapters.indexes import INDEXES, OUTBOXES
from services.judging.adapters.panels import MongoPanels
from services.judging.adapters.projections import Projections
from services.judging.adapters.store import MongoBallots, MongoFacts, MongoResultSets, MongoSeasons
from services.judging.application.ports import Store
from services.judging.application.rounds import complete_unfinished
from services.judging.entrypoints import events
from services.judging.entrypoints.context import Context
from services.judging.entrypoints.http import ballots, judges, panels, records, results, seasons
from services.judging.entrypoints.ledgers import ledgers
from services.judging.entrypoints.pages import ballots as ballot_pages
from services.judging.entrypoints.pages import results as result_pages
from services.judging.entrypoints.pages import rights
from services.judging.settings import JudgingSettings
from services.judging.topology import TOPOLOGY
from shared.http.service import assemble, serve

__all__ = ["INDEXES", "TOPOLOGY", "JudgingSettings", "create_app"]


def create_app(settings: JudgingSettings) -> FastAPI:
    """Judging, ready to serve."""
    parts = assemble(settings, TOPOLOGY, package=Path(__file__).parent, outboxes=OUTBOXES)
    mongo = parts.mongo
    stored_seasons, facts = MongoSeasons(mongo), MongoFacts(mongo)
    stored_ballots, result_sets = MongoBallots(mongo), MongoResultSets(mongo)
    context = Context(
        database=mongo.database,
        store=Store(
            seasons=stored_seasons,
            facts=facts,
            ballots=stored_ballots,
            results=result_sets,
            clock=mongo.clock,
        ),
        seasons=stored_seasons,
        facts=facts,
        ballots=stored_ballots,
        results=result_sets,
        panels=MongoPanels(mongo),
        pages=parts.pages,
    )
    events.subscribe(parts.delivery, Projections(mongo.database))
    parts.gate.subscribe(parts.delivery, TOPOLOGY.service)
    return serve(
        parts,
        title="Laurel judging",
        summary="Judges, ballots, results and awards.",
        routers=[
            module.router(context)
            for module in (seasons, records, results, judges, panels, ballots, ballot_pages, result_pages, rights)
        ],
        ledgers=ledgers(mongo.database),
        missed=[lambda: complete_unfinished(context.store)],
    )
