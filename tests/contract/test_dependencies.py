"""What Laurel is made of is listed in full, and an audit of it that looked at nothing does not pass."""

import json
import subprocess
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from shared.release import RELEASE
from tests.support.audit import LOCK, locked, verdict

ROOT = Path(__file__).parents[2]
WANTED = {"one": "1.0", "two": "2.0"}
GOOD = [{"name": "One", "version": "1.0", "vulns": []}, {"name": "two", "version": "2.0", "vulns": []}]
FAULT = {"id": "PYSEC-1", "fix_versions": ["2.1"]}


def test_a_clean_audit_is_one_of_every_package() -> None:
    stored_verdict = verdict({"dependencies": GOOD}, WANTED)

    assert (stored_verdict.clean, stored_verdict.audited) == (True, 2)


@pytest.mark.parametrize(
    "dependencies",
    [
        [],
        [{"name": "one", "skip_reason": "not found"}, {"name": "two", "skip_reason": "not found"}],
        [GOOD[0], {"name": "two", "skip_reason": "not found"}],
        [GOOD[0]],
        [GOOD[0], {"name": "two", "version": "1.9", "vulns": []}],
        [GOOD[0], {**GOOD[1], "vulns": [FAULT]}],
    ],
    ids=["nothing", "all skipped", "one skipped", "one missing", "another version", "a known fault"],
)
def test_an_audit_that_looked_past_something_fails(dependencies: list[dict[str, object]]) -> None:
    assert not verdict({"dependencies": dependencies}, WANTED).clean
    assert not verdict({}, {}).clean


def test_a_known_fault_is_named_with_what_mends_it() -> None:
    stored_verdict = verdict({"dependencies": [GOOD[0], {**GOOD[1], "vulns": [FAULT]}]}, WANTED)

    assert stored_verdict.faults == ("two 2.0: PYSEC-1, mended in 2.1",)


@pytest.mark.programs
def test_the_list_of_parts_names_every_locked_package_by_its_hash(tmp_path: Path) -> None:
    file = tmp_path / "laurel.cdx.json"
    subprocess.run(["make", "--silent", "sbom", f"SBOM={file}"], cwd=ROOT, check=True, capture_output=True)
    text = file.read_text()
    listed = json.loads(text)

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    component = listed["metadata"]["component"]
    assert (component["name"], component["version"]) == ("laurel", RELEASE)
    named = {(canonicalize_name(item["name"]), item["version"]) for item in listed["components"]}
    assert named >= set(locked(LOCK.read_text()).items())
    assert all(item["purl"].startswith("pkg:pypi/") for item in listed["components"])
    hashed = [item for item in listed["components"] if item["externalReferences"][0].get("hashes")]
    assert len(hashed) == len(listed["components"])
