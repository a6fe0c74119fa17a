"""How an event is recorded: as a part of the document it is about."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from shared.events.base import IntegrationEvent
from shared.observability.correlation import correlation_id
from shared.observability.tracing import traceparent
from shared.season.time import to_unix_micros


def record(event: IntegrationEvent) -> dict[str, Any]:
    """The event as it stands in its aggregate's `outbox`.

    It gets its id here, once: the same event published twice is the same message. Optional fields with their default
    are left out, so that a reader of the release before meets a new field only where it says something.
    """
    stored: dict[str, Any] = {
        "id": uuid4().hex,
        "type": event.SUBJECT,
        "subject": event.subject,
        "stream": event.STREAM,
        "time": to_unix_micros(datetime.now(UTC)),
        "correlation": correlation_id(),
        "data": event.model_dump_json(by_alias=True, exclude_defaults=True),
    }
    if trace := traceparent():
        stored["trace"] = trace
    if event.replaces_earlier:
        stored["erase"] = True
    return stored


def record_events(events: Iterable[IntegrationEvent]) -> list[dict[str, Any]]:
    """These events as they stand in the `outbox`, in order."""
    return [record(event) for event in events]
