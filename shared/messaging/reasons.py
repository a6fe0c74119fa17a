"""Why an event could not be applied, said without anything of what it says about people."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError

from shared.events.base import IntegrationEvent

LENGTH = 300


def reason_of(error: Exception, event_type: type[IntegrationEvent]) -> str:
    """The kind of the error; of a body that cannot be read also the fields at fault, what was wrong and what was given.

    Values are named by their type alone, and keys that are no names of the contract's fields by `*`.
    """
    kind = type(error).__name__
    if not isinstance(error, ValidationError):
        return kind
    faults = [
        f"{_path(fault['loc'], event_type) or 'body'} {fault['type']} ({type(fault['input']).__name__})"
        for fault in error.errors(include_url=False, include_context=False)
    ]
    return f"{kind}: {'; '.join(faults)}"[:LENGTH]


def _path(location: tuple[int | str, ...], event_type: type[IntegrationEvent]) -> str:
    names = _field_names(event_type)
    return ".".join(str(part) if isinstance(part, int) or part in names else "*" for part in location)


@cache
def _field_names(event_type: type[IntegrationEvent]) -> frozenset[str]:
    return frozenset(_properties(event_type.model_json_schema()))


def _properties(schema: Any) -> Iterator[str]:
    """The names of the fields of every part of a JSON Schema."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for part in schema.values():
            yield from _properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _properties(part)
