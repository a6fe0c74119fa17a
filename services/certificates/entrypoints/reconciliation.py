"""What the certificates service holds of a season, line by line."""

from collections.abc import Mapping
from typing import Any

from shared.http.reconciliation import Line, ReconciliationView
from shared.mongo import Database


def ledgers(database: Database) -> Mapping[str, ReconciliationView]:
    """Units and names as they were told (names are of no season), and its certificates."""

    def season(season: str) -> dict[str, Any]:
        return {"season": season}

    def versioned(document: dict[str, Any]) -> list[Line]:
        return [(document["_id"], str(document["told_version"]))]

    def numbered(document: dict[str, Any]) -> list[Line]:
        return [(document["_id"], f"{document['serial']} v{document['versions'][-1]['number']}")]

    return {
        "rules": ReconciliationView(database["seasons"], lambda season: {"_id": season}, versioned),
        "units": ReconciliationView(database["units"], season, versioned),
        "names": ReconciliationView(database["names"], lambda _: {}, versioned),
        "awards": ReconciliationView(database["certificates"], season, lambda d: [(d["_id"], "granted")]),
        "certificates": ReconciliationView(database["certificates"], season, numbered),
    }
