"""The JSON Schemas of the contracts, and where their committed copies lie."""

from pathlib import Path
from typing import Any

from shared.events.base import IntegrationEvent

SCHEMAS = Path(__file__).parent / "schemas"


def schema(event: type[IntegrationEvent]) -> dict[str, Any]:
    """The JSON Schema of a contract, as other people's tools read it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **event.model_json_schema(mode="serialization")}


def schema_file(event: type[IntegrationEvent]) -> Path:
    return SCHEMAS / f"{event.SUBJECT}.json"
