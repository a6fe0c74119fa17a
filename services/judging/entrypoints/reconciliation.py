"""What judging holds of a season, line by line."""

import json
from collections.abc import Mapping
from typing import Any

from shared.events.judging import AwardGrantedV1
from shared.http.reconciliation import Line, ReconciliationView, digest
from shared.mongo import Database
from shared.states import ResultStage

KEPT = {"_id", "told_version"}


def ledgers(database: Database) -> Mapping[str, ReconciliationView]:
    """Rules, units, entries, works and summaries as they were told; the results it stated and the awards it granted."""

    def season(season: str) -> dict[str, Any]:
        return {"season": season}

    def versioned(document: dict[str, Any]) -> list[Line]:
        return [(document["_id"], str(document["told_version"]))]

    def facts(document: dict[str, Any]) -> list[Line]:
        return [(document["_id"], digest({k: v for k, v in document.items() if k not in KEPT}))]

    return {
        "rules": ReconciliationView(
            database["seasons"], lambda season: {"_id": season}, lambda d: [(d["_id"], str(d["rules_version"]))]
        ),
        "works": ReconciliationView(database["works"], season, versioned),
        "units": ReconciliationView(database["units"], season, versioned),
        "entries": ReconciliationView(database["entries"], season, facts),
        "summaries": ReconciliationView(database["summaries"], season, versioned),
        "results": ReconciliationView(
            database["result_sets"], season, lambda d: [(d["_id"], f"{d['revision']} {d['at']}")]
        ),
        "awards": ReconciliationView(
            database["result_chunks"],
            lambda season: {"season": season, "stage": ResultStage.FINAL},
            _granted,
            outbox=True,
        ),
    }


def _granted(document: dict[str, Any]) -> list[Line]:
    """The awards of a chunk, one line a recipient: the ids of the certificates that must exist."""
    lines: list[Line] = []
    for event in document.get("outbox", {}).get("events", ()):
        if event["type"] != AwardGrantedV1.SUBJECT:
            continue
        granted = AwardGrantedV1.model_validate(json.loads(event["data"]))
        named = [
            *((entry.award, member.person) for entry in granted.entries for member in entry.members),
            *((entry.award, entry.unit) for entry in granted.entries if entry.unit_ordinal is not None),
            *((line.award, line.person) for line in granted.instructors),
            *((unit.award, unit.unit) for unit in granted.units),
        ]
        lines += [(f"{granted.season}/{award}/{recipient}", "granted") for award, recipient in named]
    return lines
