"""Health for supervisors: `healthz` says that the loop answers, `readyz` that work can be done."""

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from shared.messaging.broker import Connection
from shared.messaging.provision import check_drift
from shared.messaging.relay import Relay
from shared.messaging.topology import ServiceTopology
from shared.mongo import Mongo

UNSENT_LIMIT_SECONDS = 60.0


def health_router(topology: ServiceTopology, mongo: Mongo, connection: Connection, relay: Relay) -> APIRouter:
    """`/<service>/healthz` and `/<service>/readyz`."""
    router = APIRouter(prefix=f"/{topology.service}", tags=["health"])

    @router.get("/healthz", summary="The process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="The service can work", responses={503: {"description": "A part is missing"}})
    async def readyz() -> Response:
        checks: dict[str, str] = {}
        try:
            await asyncio.wait_for(mongo.ping(), 2)
            checks["database"] = "ok"
            age = await relay.oldest_pending_seconds()
            checks["unsent_events"] = "ok" if age < UNSENT_LIMIT_SECONDS else f"oldest {age:.0f} s"
        except Exception as error:  # noqa: BLE001 - any failure means not ready
            checks["database"] = type(error).__name__
        try:
            await asyncio.wait_for(check_drift(connection.broker.connection, topology), 2)
            checks["broker"] = "ok"
        except Exception as error:  # noqa: BLE001 - any failure means not ready
            checks["broker"] = str(error) or type(error).__name__
        ready = all(value == "ok" for value in checks.values())
        return JSONResponse({"status": "ok" if ready else "waiting", "checks": checks}, 200 if ready else 503)

    @router.get("/v1/event-counts", summary="How many events of each kind this service has told")
    async def event_counts() -> dict[str, int]:
        """Read from the stream, by subject; the names of people are not counted one by one."""
        jetstream = connection.broker.connection.jetstream()
        info = await jetstream.stream_info(topology.stream, subjects_filter=">")
        return dict(sorted((info.state.subjects or {}).items()))

    return router
