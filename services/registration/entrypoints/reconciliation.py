"""What registration holds of a season, line by line."""

from collections.abc import Mapping
from typing import Any

from services.registration.adapters.documents import entry_from
from services.registration.application.entry_events import entry_event
from shared.http.reconciliation import Line, ReconciliationView, digest
from shared.mongo import Database


def ledgers(database: Database) -> Mapping[str, ReconciliationView]:
    """Rules, units, told entries, locked works, summaries and names of its own; results and certificates as they were told."""

    def season(season: str) -> dict[str, Any]:
        return {"season": season}

    def versioned(document: dict[str, Any]) -> list[Line]:
        return [(document["_id"], str(document["version"]))]

    return {
        "rules": ReconciliationView(database["seasons"], lambda season: {"_id": season}, versioned),
        "works": ReconciliationView(
            database["works"],
            lambda season: {"season": season, "locked": {"$gt": 0}},
            lambda d: [(d["_id"], str(d["locked"]))],
        ),
        "units": ReconciliationView(database["units"], season, versioned),
        "entries": ReconciliationView(database["entries"], lambda season: {"season": season, "told": True}, _entry),
        "summaries": ReconciliationView(database["summaries"], season, versioned),
        "names": ReconciliationView(database["people"], season, versioned),
        "results": ReconciliationView(database["result_stages"], season, _stage),
        "certificates": ReconciliationView(
            database["certificates"], season, lambda d: [(d["_id"], f"{d['serial']} v{d['number_of_version']}")]
        ),
    }


def _entry(document: dict[str, Any]) -> list[Line]:
    return [(document["_id"], digest(entry_event(entry_from(document)).model_dump(exclude={"version"})))]


def _stage(document: dict[str, Any]) -> list[Line]:
    whole = len(document["arrived"]) == document["chunks"]
    return [(document["_id"], f"{document['revision']} {document['at']}" + ("" if whole else " incomplete"))]
