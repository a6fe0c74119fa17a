"""Comparing folders of results."""

import json
from pathlib import Path


def differences(actual: Path, expected: Path) -> list[str]:
    """Files of `expected` that are missing or differ: CSV byte for byte, JSON as JSON."""
    results = []
    for wanted in sorted(path for path in expected.rglob("*") if path.is_file()):
        name = wanted.relative_to(expected)
        given = actual / name
        if not given.exists():
            results.append(f"{name} is missing")
        elif wanted.suffix == ".json":
            if json.loads(given.read_text()) != json.loads(wanted.read_text()):
                results.append(f"{name} differs")
        elif given.read_bytes() != wanted.read_bytes():
            results.append(f"{name} differs")
    return results
