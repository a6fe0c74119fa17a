"""Every refusal is tested: each `problem-<code>` of the catalogs stands in at least one test."""

import re
from pathlib import Path

from tests.contract.test_texts import OWN, SHARED, keys

ROOT = Path(__file__).parents[2]
SUITES = ("attacks", "browser", "contract", "conformance", "faults", "integration", "journeys", "unit", "use_cases")
NAMED = re.compile(r"""["'](?:[^"'\n]*[/:])?(?:problem-)?([a-z0-9]+(?:-[a-z0-9]+)*)["']""")

UNTESTED = frozenset({"download-not-ready", "file-altered", "mail-not-taken"})
"""Refusals that no test asks for yet. Nothing may be added."""


def codes() -> set[str]:
    """The codes that have a sentence; `status-…` are sentences for answers without a code."""
    known = {key for folder in (SHARED, *OWN.values()) for key in keys(folder, "en")}
    results = {key.removeprefix("problem-") for key in known if key.startswith("problem-")}
    return {code for code in results if not code.startswith("status-") and not code.endswith("-title")}


def named() -> set[str]:
    """What stands in a test as a text of its own, or at the end of an address of a problem."""
    files = [file for suite in SUITES for file in (ROOT / "tests" / suite).rglob("*.py") if file != Path(__file__)]
    return {code for file in files for code in NAMED.findall(file.read_text())}


def test_every_refusal_stands_in_a_test() -> None:
    untested = codes() - named()

    assert len(codes()) > 150
    assert untested - UNTESTED == set(), "these need a test"
    assert UNTESTED - untested == set(), "these are tested now: take them off the list"
