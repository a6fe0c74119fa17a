"""The contracts between services: a change that could break a reader fails here."""

import json
from typing import Any

import pytest

from laurel.events import EVENTS
from services.certificates import topology as certificates
from services.judging import topology as judging
from services.registration import topology as registration
from shared.events import certificates as certificate_events
from shared.events import judging as judging_events
from shared.events import registration as registration_events
from shared.events.base import IntegrationEvent
from shared.events.json_schema import schema, schema_file
from shared.messaging.asyncapi import asyncapi_document

CONTRACTS = (registration_events, judging_events, certificate_events)
SERVICES = (registration.TOPOLOGY, judging.TOPOLOGY, certificates.TOPOLOGY)


def own_names(kind: Any) -> set[str]:
    """The names that an event's class states itself; none of anything else."""
    return set(vars(kind)) if isinstance(kind, type) and issubclass(kind, IntegrationEvent) else set()


def incompatible(old: Any, new: Any, where: str = "") -> list[str]:
    """What a reader of `old` could trip over in `new`: something gone, changed, or newly required."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new or where.endswith(("description", "title")) else [f"{where} changed"]
    results = []
    for key, value in old.items():
        here = f"{where}.{key}"
        if key in ("description", "title"):
            continue
        if key == "required":
            if set(new.get(key, [])) != set(value):
                results.append(f"{here} changed")
        elif key not in new:
            results.append(f"{here} is gone")
        else:
            results += incompatible(value, new[key], here)
    return results


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.SUBJECT)
def test_a_contract_changes_only_by_optional_fields(event: type[IntegrationEvent]) -> None:
    committed = json.loads(schema_file(event).read_text())

    assert incompatible(committed, json.loads(json.dumps(schema(event)))) == []


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.SUBJECT)
def test_the_committed_schema_is_up_to_date(event: type[IntegrationEvent]) -> None:
    assert json.loads(schema_file(event).read_text()) == json.loads(json.dumps(schema(event)))


def test_incompatible_changes_are_noticed() -> None:
    old = schema(registration.TOPOLOGY.publishes[0])
    without = json.loads(json.dumps(old))
    del without["properties"]["season"]
    stricter = json.loads(json.dumps(old))
    stricter["required"].append("colour")
    retyped = json.loads(json.dumps(old))
    retyped["properties"]["version"]["type"] = "string"
    wider = json.loads(json.dumps(old))
    wider["properties"]["colour"] = {"type": "string", "default": ""}

    assert incompatible(old, without)
    assert incompatible(old, stricter)
    assert incompatible(old, retyped)
    assert incompatible(old, wider) == []


def test_every_event_has_one_owner_and_a_reader() -> None:
    read = {event for service in SERVICES for event in service.consumes.values()}

    assert len(EVENTS) == len(set(EVENTS))
    assert set(EVENTS) == {
        kind for module in CONTRACTS for kind in vars(module).values() if "SUBJECT" in own_names(kind)
    }
    assert read == set(EVENTS)


def test_judging_never_learns_a_name() -> None:
    assert "PEOPLE" not in {event.STREAM for event in judging.TOPOLOGY.consumes.values()}
    for event in judging.TOPOLOGY.consumes.values():
        text = json.dumps(schema(event))
        if event.SUBJECT not in ("registration.season.opened.v1", "registration.unit.recorded.v1"):
            assert "name" not in set(json.loads(text)["properties"])


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.service)
def test_the_asyncapi_document_names_every_message(service: Any) -> None:
    document = asyncapi_document(service)

    assert document["asyncapi"] == "3.0.0"
    assert len(document["operations"]) == len(service.publishes) + len(service.consumes)
    for message in document["components"]["messages"].values():
        assert message["summary"]
        assert message["payload"]["properties"]
