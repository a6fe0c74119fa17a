"""What every service's composition root needs: one application with its guards, documents and lifespan."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from fastapi import APIRouter, Depends, FastAPI

from shared.audit import AuditLog
from shared.foundations import Foundations
from shared.http import contract, problems
from shared.http.admission import Admission, limits_of
from shared.http.audit import audit_router
from shared.http.docs import docs_router
from shared.http.health import health_router
from shared.http.known_seasons import KnownSeasons
from shared.http.ledgers import ledgers_router
from shared.http.operations import operations_pages, operations_router
from shared.http.protection import Protection
from shared.http.public import Public
from shared.http.reconciliation import ReconciliationView
from shared.http.status import Reader
from shared.identity.authenticator import TOKEN_COOKIE, Authenticator, cookie_name
from shared.messaging.background import Background
from shared.messaging.broker import Connection, Watchdog
from shared.messaging.delivery import Delivery
from shared.messaging.guard import Guard
from shared.messaging.provision import check_drift, check_server
from shared.messaging.relay import Relay
from shared.messaging.streams import StreamWatch
from shared.messaging.sweeper import Sweeper, Task
from shared.mongo import Mongo
from shared.mongo.attempts import Attempts
from shared.mongo.migrations import check_schema, newest
from shared.observability.metrics import Metrics
from shared.observability.tracing import Tracing
from shared.settings import ServiceSettings
from shared.web.pages import Pages
from shared.web.static_files import MarkedFiles


def freeze_gc() -> None:
    """Take what was made at the start out of garbage collection, and look through the rest less often.

    Full collections walked through some hundred and fifty thousand objects of frameworks, several times a second under
    load: a sixth of a process's time, and the slowest answers.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@dataclass(frozen=True, slots=True)
class Components:
    """The connected parts a service is composed from."""

    settings: ServiceSettings
    foundations: Foundations
    mongo: Mongo
    connection: Connection
    delivery: Delivery
    relay: Relay
    streams: StreamWatch
    gate: Authenticator
    audit: AuditLog
    pages: Pages
    metrics: Metrics
    tracing: Tracing


def assemble(
    settings: ServiceSettings,
    foundations: Foundations,
    *,
    package: Path,
) -> Components:
    """Make the parts; nothing connects yet."""
    topology = foundations.topology
    mongo = Mongo(
        settings.mongo_url, settings.database_prefix + topology.service, schema=newest(foundations.migrations)
    )
    connection = Connection(settings.nats_url, topology.service)
    relay = Relay(connection.broker, topology.service, mongo, foundations.outboxes)
    metrics, tracing = Metrics(topology.service), Tracing(topology.service, settings.otlp_endpoint)
    return Components(
        settings=settings,
        foundations=foundations,
        mongo=mongo,
        connection=connection,
        delivery=Delivery(topology, mongo.database, metrics, tracing),
        relay=relay,
        streams=StreamWatch(connection.broker, topology, mongo, relay, metrics),
        gate=Authenticator(mongo.database, secure=settings.public_url.startswith("https://")),
        audit=AuditLog(mongo, topology.service),
        pages=Pages(topology.service, package / "entrypoints", settings.public_url),
        metrics=metrics,
        tracing=tracing,
    )


def serve(
    parts: Components,
    *,
    title: str,
    summary: str,
    routers: Sequence[APIRouter],
    ledgers: Mapping[str, ReconciliationView],
    jobs: Mapping[str, Attempts] = MappingProxyType({}),
    sweeps: Sequence[Task] = (),
    streamed: Sequence[str] = (),
    public: Sequence[str] = (),
    on_start: Sequence[Callable[[], Awaitable[None]]] = (),
    background: Sequence[Background] = (),
) -> FastAPI:
    """The application of a service. It serves requests only after its parts are connected and undrifted.

    `ledgers` are what it holds, to be compared; `jobs` what the operator sees when it was set aside; `missed` what its sweeper looks for, `streamed` the
    addresses whose routes take bodies of any size and never hold them whole, `public` the routes whose answers are the same for all who are not signed in, `beside` what runs as long as it serves.
    """
    topology, connection = parts.foundations.topology, parts.connection
    reader = Reader(
        topology, parts.mongo, connection, parts.relay, parts.delivery, parts.audit, parts.metrics, parts.streams
    )
    guard = Guard(connection, topology)
    sweeps = (*sweeps, parts.audit.tell_head, parts.delivery.retry_letters)
    sweeper = Sweeper(topology.service, sweeps, parts.settings.sweep_seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watchdog = Watchdog()
        watchdog.start()
        await check_schema(parts.mongo.database, parts.foundations.migrations)
        await connection.connect()
        await check_server(connection.broker.connection)
        await check_drift(connection.broker.connection, topology)
        for step in on_start:
            await step()
        connection.broker.include_router(parts.delivery.router)
        await connection.start()
        await parts.streams.start()
        await parts.relay.start()
        await guard.start()
        await sweeper.start()
        for each_background in background:
            await each_background.start()
        freeze_gc()
        yield
        for each_background in background:
            await each_background.stop()
        await sweeper.stop()
        await guard.stop()
        await parts.relay.stop()
        await parts.streams.stop()
        await connection.stop()
        watchdog.stop()
        parts.mongo.close()
        parts.tracing.close()

    app = FastAPI(
        title=title,
        summary=summary,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"/{topology.service}/openapi.json",
    )
    app.state.gate, app.state.connection = parts.gate, connection
    contract.tell_all(app, cookie_name(TOKEN_COOKIE, secure=parts.settings.public_url.startswith("https://")))
    problems.install(app, parts.pages)
    known = Depends(KnownSeasons(parts.mongo.database["seasons"]).require)
    for router in routers:
        app.include_router(router, dependencies=[known])
    for router in (
        docs_router(app, topology, parts.pages),
        health_router(topology, connection, reader, parts.metrics),
        operations_router(topology.service, parts.delivery, parts.streams, reader, parts.audit),
        ledgers_router(topology.service, ledgers, parts.audit, parts.relay),
        audit_router(topology.service, parts.audit),
        operations_pages(
            topology.service,
            parts.delivery,
            reader,
            jobs,
            parts.pages,
            parts.audit,
            parts.settings.supervisor_file,
        ),
    ):
        app.include_router(router)
    static = Path(__file__).parents[1] / "web" / "static"
    app.mount(f"/{topology.service}/static", MarkedFiles(parts.pages.marks, directory=static), name="static")
    app.add_middleware(
        Protection,
        secure=parts.settings.public_url.startswith("https://"),
        metrics=parts.metrics,
        tracing=parts.tracing,
        streamed=tuple(streamed),
    )
    app.add_middleware(
        Public,
        addresses=tuple(public),
        pages=parts.pages,
        metrics=parts.metrics,
        seconds=parts.settings.public_seconds,
    )
    app.add_middleware(
        Admission,
        limits=limits_of(parts.settings),
        pages=parts.pages,
        secure=parts.settings.public_url.startswith("https://"),
        metrics=parts.metrics,
    )
    return app
