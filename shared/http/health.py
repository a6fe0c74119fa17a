"""Health for supervisors: `healthz` says that the loop answers, `readyz` that work can be done, `metrics` how much."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from shared.http.contract import answers
from shared.http.status import Reader
from shared.messaging.broker import Connection
from shared.messaging.streams import REFILL
from shared.messaging.topology import ServiceTopology
from shared.observability.metrics import Metrics


def health_router(topology: ServiceTopology, connection: Connection, reader: Reader, metrics: Metrics) -> APIRouter:
    """`/<service>/healthz`, `/<service>/readyz` and `/<service>/metrics`."""
    router = APIRouter(prefix=f"/{topology.service}", tags=["health"])

    @router.get("/healthz", summary="The process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get(
        "/readyz",
        summary="The service can work",
        responses={503: {"description": "A part is missing", "content": {"application/json": {}}}},
    )
    async def readyz() -> Response:
        status = await reader.read()
        content = {"status": "ok" if status.ready else "waiting", "checks": status.checks}
        return JSONResponse(content, 200 if status.ready else 503)

    @router.get("/metrics", summary="For Prometheus", response_class=Response, responses={200: answers("text/plain")})
    async def read_metrics() -> Response:
        """Counts and lags without ids or names. The proxy keeps this inside."""
        await reader.read()
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @router.get("/v1/event-counts", summary="How many events of each kind this service has told")
    async def event_counts() -> dict[str, int]:
        """Read from the stream, by subject; the names of people are not counted one by one."""
        jetstream = connection.broker.connection.jetstream()
        info = await jetstream.stream_info(topology.stream, subjects_filter=">")
        counts = (info.state.subjects or {}).items()
        return dict(sorted((subject, count) for subject, count in counts if subject.split(".")[1] != REFILL))

    return router
