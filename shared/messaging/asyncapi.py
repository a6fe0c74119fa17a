"""The AsyncAPI 3.0 document of a service, made from the same table that provisions its consumers."""

from inspect import cleandoc
from typing import Any

from shared.events.base import IntegrationEvent
from shared.events.json_schema import schema
from shared.messaging.topology import ServiceTopology

HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0, NATS binding, binary mode.",
    "properties": {
        name: {"type": "string", "description": text}
        for name, text in (
            ("ce-id", "The event's id; equal to Nats-Msg-Id. A redelivery has the same."),
            ("ce-source", "The service that tells it."),
            ("ce-type", "The subject."),
            ("ce-time", "When it was recorded."),
            ("ce-specversion", "1.0"),
            ("ce-correlationid", "Follows one piece of work through all services."),
        )
    },
}


def asyncapi_document(topology: ServiceTopology) -> dict[str, Any]:
    """What the service sends and receives, with the schema of each message."""
    operations: dict[str, Any] = {}
    channels: dict[str, Any] = {}
    messages: dict[str, Any] = {}

    def add(event: type[IntegrationEvent], action: str, name: str) -> None:
        key = event.__name__
        address = f"{event.SUBJECT}.{{person}}" if event.STREAM == "PEOPLE" else event.SUBJECT
        messages[key] = {
            "name": event.SUBJECT,
            "title": key,
            "summary": cleandoc(event.__doc__ or "").split("\n\n")[0].replace("\n", " "),
            "contentType": "application/json",
            "headers": HEADERS,
            "payload": schema(event),
        }
        channels[key] = {"address": address, "messages": {key: {"$ref": f"#/components/messages/{key}"}}}
        if event.STREAM == "PEOPLE":
            channels[key]["parameters"] = {"person": {"description": "The person's opaque id."}}
        operations[name] = {"action": action, "channel": {"$ref": f"#/channels/{key}"}}

    for event in topology.publishes:
        add(event, "send", f"send-{event.SUBJECT}")
    for durable, event in topology.consumes.items():
        add(event, "receive", durable)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Laurel {topology.service}", "version": "1"},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }
