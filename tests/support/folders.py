"""Comparing folders of results."""

import json
from pathlib import Path
from typing import Any


def without_noughts(totals: Any) -> Any:
    """The counts of `totals.json`: one of nought may be absent, and so may a list of them."""
    if not isinstance(totals, dict):
        return totals
    kept = {name: without_noughts(value) for name, value in totals.items()}
    return {name: value for name, value in kept.items() if value not in (0, {})}


def differences(actual: Path, expected: Path) -> list[str]:
    """Files of `expected` that are missing or differ: CSV byte for byte, JSON as JSON."""
    results = []
    for wanted in sorted(path for path in expected.rglob("*") if path.is_file()):
        name = wanted.relative_to(expected)
        given = actual / name
        if not given.exists():
            results.append(f"{name} is missing")
        elif wanted.suffix == ".json":
            if without_noughts(json.loads(given.read_text())) != without_noughts(json.loads(wanted.read_text())):
                results.append(f"{name} differs")
        elif given.read_bytes() != wanted.read_bytes():
            results.append(f"{name} differs")
    return results
