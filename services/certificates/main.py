"""The composition root of the certificates service."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI

from services.certificates.adapters.indexes import INDEXES, OUTBOXES
from services.certificates.adapters.renderer import Renderer
from services.certificates.adapters.store import MongoCertificates, MongoKnown
from services.certificates.application.issuing import correct_missed
from services.certificates.application.ports import Store
from services.certificates.domain.documents import Kind
from services.certificates.entrypoints import events
from services.certificates.entrypoints.context import Context
from services.certificates.entrypoints.http import certificates
from services.certificates.entrypoints.ledgers import ledgers
from services.certificates.entrypoints.pages import certificates as pages
from services.certificates.settings import CertificatesSettings
from services.certificates.topology import TOPOLOGY
from shared.http.service import assemble, serve
from shared.http.throttle import Throttle
from shared.season.text import Text

__all__ = ["INDEXES", "TOPOLOGY", "CertificatesSettings", "create_app"]

GUESSES, GUESS_SECONDS = 30, 600.0


def create_app(settings: CertificatesSettings) -> FastAPI:
    """Certificates, ready to serve."""
    parts = assemble(settings, TOPOLOGY, package=Path(__file__).parent, outboxes=OUTBOXES)
    mongo, catalog = parts.mongo, parts.pages.catalog
    known, store = MongoKnown(mongo.database), MongoCertificates(mongo)
    context = Context(
        database=mongo.database,
        certificates=store,
        known=known,
        renderer=Renderer(catalog, settings.public_url),
        throttle=Throttle(GUESSES, GUESS_SECONDS),
        pages=parts.pages,
    )
    use_cases = Store(known, store, mongo.clock)
    titles: Mapping[Kind, Text] = {
        "instructor": Text(**catalog.both("instructor-award-title")),
        "unit": Text(**catalog.both("unit-award-title")),
    }
    events.subscribe(parts.delivery, known, store, titles, use_cases)
    parts.gate.subscribe(parts.delivery, TOPOLOGY.service)
    return serve(
        parts,
        title="Laurel certificates",
        summary="Documents, numbers and verification.",
        routers=[module.router(context) for module in (certificates, pages)],
        ledgers=ledgers(mongo.database),
        missed=[lambda: correct_missed(use_cases)],
    )
