"""The audit log of a service as the operator takes it out, to be verified anywhere: `laurel audit verify`."""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from shared.audit import AuditLog
from shared.audit.chain import FORMAT
from shared.http.operations import Operator

MEDIA_TYPE = "application/x-ndjson"


def audit_router(service: str, audit: AuditLog) -> APIRouter:
    """`/<service>/v1/audit-log`, for the operator alone."""
    routes = APIRouter(prefix=f"/{service}/v1", tags=["operations"])

    @routes.get(
        "/audit-log",
        summary="The audit log, line by line",
        response_class=StreamingResponse,
        responses={
            200: {"content": {MEDIA_TYPE: {}}, "description": "A line of JSON a record; the first names the log."}
        },
    )
    async def take_out(_: Operator, after: Annotated[int, Query(ge=0, le=2**53)] = 0) -> StreamingResponse:
        """Each record holds the hash of the one before it. `after` goes on after the record of that number."""

        async def lines() -> AsyncIterator[str]:
            yield json.dumps({"format": FORMAT, "service": service}) + "\n"
            async for record in audit.records(after):
                yield json.dumps(record, ensure_ascii=False) + "\n"

        return StreamingResponse(lines(), media_type=MEDIA_TYPE)

    return routes
