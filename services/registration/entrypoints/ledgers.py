"""What registration holds of a season, line by line."""

from collections.abc import Mapping
from typing import Any

from services.registration.adapters.documents import entry_from
from services.registration.application.telling import told_entry
from shared.http.ledgers import Ledger, Line, digest
from shared.mongo import Database


def ledgers(database: Database) -> Mapping[str, Ledger]:
    """Rules, units, told entries, locked works, summaries and names of its own; results and certificates as they were told."""

    def season(season: str) -> dict[str, Any]:
        return {"season": season}

    def versioned(document: dict[str, Any]) -> list[Line]:
        return [(document["_id"], str(document["version"]))]

    return {
        "rules": Ledger(database["seasons"], lambda season: {"_id": season}, versioned),
        "works": Ledger(
            database["works"],
            lambda season: {"season": season, "locked": {"$gt": 0}},
            lambda d: [(d["_id"], str(d["locked"]))],
        ),
        "units": Ledger(database["units"], season, versioned),
        "entries": Ledger(database["entries"], lambda season: {"season": season, "told": True}, _entry),
        "summaries": Ledger(database["summaries"], season, versioned),
        "names": Ledger(database["people"], season, versioned),
        "results": Ledger(database["result_stages"], season, _stage),
        "certificates": Ledger(
            database["certificates"], season, lambda d: [(d["_id"], f"{d['serial']} v{d['number_of_version']}")]
        ),
    }


def _entry(document: dict[str, Any]) -> list[Line]:
    return [(document["_id"], digest(told_entry(entry_from(document)).model_dump(exclude={"version"})))]


def _stage(document: dict[str, Any]) -> list[Line]:
    whole = len(document["arrived"]) == document["chunks"]
    return [(document["_id"], f"{document['revision']} {document['at']}" + ("" if whole else " incomplete"))]
