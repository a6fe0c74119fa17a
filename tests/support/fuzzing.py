"""Requests made from a service's own document, right and wrong ones, and whether the answers are what it says."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("schemathesis")
TAKEN = ["2xx", "3xx", "401", "403", "404", "409", "429"]
"""How a request of the documented shape may be answered."""
SEASON_FILE = "whether a season can be held by these rules is more than a shape: every fault of the file is named"
TABLE = "the columns stand in the first line of the table, and no schema says what a text of CSV holds"
SEASON_SAYS = "which schools, tracks and names there are is the season's to say"
CALENDAR = "30 February is written like a day"
UNREADABLE = "that Base64 holds UTF-8 is more than a shape"
RECEIVER = "that a name exists, and leads outside, is more than a shape"
ACTS = "a forward has a rank, and whoever sends back or rejects says why"
RULES = {
    "POST /registration/v1/season-checks": SEASON_FILE,
    "PUT /registration/v1/seasons/{season}": SEASON_FILE,
    "POST /registration/v1/seasons/{season}/amendments": SEASON_FILE,
    "POST /judging/v1/rule-checks": SEASON_FILE,
    "POST /judging/v1/rehearsals": SEASON_FILE,
    "PUT /registration/v1/seasons/{season}/records/{kind}": TABLE,
    "POST /judging/v1/seasons/{season}/rounds/{round_id}/sheets/{kind}": TABLE,
    "POST /certificates/v1/seasons/{season}/decisions": TABLE,
    "POST /certificates/v1/seasons/{season}/grants": TABLE,
    "POST /registration/v1/seasons/{season}/entries": SEASON_SAYS,
    "POST /registration/v1/seasons/{season}/recommendations": ACTS,
    "POST /registration/v1/seasons/{season}/students": SEASON_SAYS,
    "PUT /judging/v1/seasons/{season}/judges/{judge}": SEASON_SAYS,
    "POST /judging/v1/seasons/{season}/panels/preview": SEASON_SAYS,
    "POST /judging/v1/seasons/{season}/objections": SEASON_SAYS,
    "POST /judging/v1/seasons/{season}/objections/{filed_id}/decision": SEASON_SAYS,
    "POST /judging/v1/seasons/{season}/entries/{entry}/appeals": SEASON_SAYS,
    "POST /registration/v1/season-drafts": "one of two is sent",
    "PUT /registration/v1/season-drafts/{draft_id}": SEASON_FILE,
    "POST /registration/v1/season-drafts/{draft_id}/opening": SEASON_FILE,
    "POST /registration/v1/season-templates/{template}/drafts": SEASON_SAYS,
    "POST /registration/v1/seasons/{season}/reminders": SEASON_SAYS,
    "POST /registration/v1/seasons/{season}/reminders/preview": SEASON_SAYS,
    "POST /judging/v1/seasons/{season}/panels": SEASON_SAYS,
    "PUT /registration/v1/seasons/{season}/judges/{judge}": SEASON_SAYS,
    "POST /registration/v1/seasons/{season}/judges/sheet": TABLE,
    "PUT /registration/v1/seasons/{season}/entries/{entry}": SEASON_SAYS,
    "POST /registration/v1/seasons/{season}/entries/{entry}/members": SEASON_SAYS,
    "POST /registration/v1/seasons/{season}/entries/{entry}/transfer": SEASON_SAYS,
    "PUT /registration/v1/seasons/{season}/summaries/{unit}/scores": SEASON_SAYS,
    "POST /judging/v1/seasons/{season}/rounds/{round_id}/closing": CALENDAR,
    "POST /judging/v1/seasons/{season}/announcement": CALENDAR,
    "POST /judging/v1/seasons/{season}/notices/{part}": CALENDAR,
    "POST /judging/v1/seasons/{season}/finalization": CALENDAR,
    "POST /judging/v1/seasons/{season}/revision": CALENDAR,
    "POST /registration/v1/uploads": UNREADABLE,
    "POST /registration/v1/seasons/{season}/webhooks": RECEIVER,
    "POST /certificates/v1/seasons/{season}/templates/{name}": UNREADABLE,
    "PUT /certificates/v1/seasons/{season}/template-choices/{kind}": SEASON_SAYS,
    "POST /certificates/v1/seasons/{season}/designs/{kind}": SEASON_SAYS,
    "POST /certificates/v1/seasons/{season}/designs/{kind}/check": SEASON_SAYS,
    "POST /certificates/v1/seasons/{season}/designs/{kind}/preview": SEASON_SAYS,
}
"""Where a request of the documented shape may break a rule that no schema can state, and be 422; never as `malformed`.

Where a list comes in pieces it is so too: no schema says which cursors were given."""
UNDER_ANOTHER_PATTERN = {
    "POST /registration/v1/seasons/{season}/records/entries": "PUT of this address is told under `{kind}`",
    "POST /registration/v1/invitations/acceptance": "DELETE of this address is told under `{invitation}`",
    "POST /registration/v1/seasons/{season}/judges/invitations": "PUT of this address is told under `{judge}`",
    "POST /registration/v1/seasons/{season}/judges/sheet": "PUT of this address is told under `{judge}`",
    "POST /judging/v1/seasons/{season}/tasks/{entry}/recusal": "GET of this address is told under `{component}`",
}
"""Where `Allow` rightly names a method that the document tells under another pattern of the same address."""


@dataclass(frozen=True)
class Fuzzed:
    """What came of it. `violations` are answers that the document does not tell, or tells otherwise; one line each."""

    operations: int
    cases: int
    server_errors: int
    violations: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.operations} operations, {self.cases} cases, "
            f"{self.server_errors} 5xx, {len(self.violations)} violations"
        )


def fuzz(
    document: Mapping[str, Any],
    url: str,
    folder: Path,
    *,
    token: str = "",
    known: Mapping[str, str] | None = None,
    examples: int,
    seed: int,
) -> Fuzzed:
    """Send what the document allows and what it does not to the service at `url`, with this token.

    `known` are values of parameters that always stand for the same; others are made up. Every border of every schema
    is tried, and then up to `examples` requests for each operation. The same seed makes the same requests.
    """
    folder.mkdir(exist_ok=True)
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "fuzzing.toml").write_text(_configuration(document, known or {}))
    asked: Sequence[str] = (
        str(PROGRAM), "--config-file", str(folder / "fuzzing.toml"), "run", str(folder / "openapi.json"),
        "--url", url, "--phases", "coverage,fuzzing", "--max-examples", str(examples), "--seed", str(seed),
        "--no-shrink", "--continue-on-failure", "--request-timeout", "60", "--generation-database", "none",
        "--report", "json", "--report-json-path", str(folder / "report.json"), "--no-color",
        *(("--header", f"Authorization: Bearer {token}") if token else ()),
    )  # fmt: skip
    done = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=False)
    (folder / "fuzzing.log").write_text(done.stdout + done.stderr)
    if not (folder / "report.json").exists():
        raise AssertionError(done.stdout[-3000:] + done.stderr[-3000:])
    return _fuzzed(json.loads((folder / "report.json").read_text()))


def _configuration(document: Mapping[str, Any], known: Mapping[str, str]) -> str:
    here = {f"{method.upper()} {path}" for path, told in document["paths"].items() for method in told}
    lines = [f"hooks = {json.dumps(str(Path(__file__).with_name('fuzzing_checks.py')))}", "[parameters]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in known.items()]
    lines += ["[checks.positive_data_acceptance]", f"expected-statuses = {json.dumps(TAKEN)}"]
    for name in sorted((here & RULES.keys()) | set(_in_pieces(document))):
        lines += ["[[operations]]", f"include-name = {json.dumps(name)}"]
        lines += ["[operations.checks.positive_data_acceptance]", f"expected-statuses = {json.dumps([*TAKEN, '422'])}"]
    for name in sorted(here & UNDER_ANOTHER_PATTERN.keys()):
        lines += ["[[operations]]", f"include-name = {json.dumps(name)}"]
        lines += ["[operations.checks.allow_header_conformance]", "enabled = false"]
    return "\n".join(lines)


def _in_pieces(document: Mapping[str, Any]) -> list[str]:
    """The lists that take a cursor."""
    return [
        f"{method.upper()} {path}"
        for path, told in document["paths"].items()
        for method, operation in told.items()
        if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ()))
    ]


def _fuzzed(report: Mapping[str, Any]) -> Fuzzed:
    results = [(item["type"], f"{item['title']}: {name}") for item in report["failures"] for name in item["operations"]]
    untold = report["operations"]["selected"] - report["operations"]["tested"]
    broken = report["test_cases"]["errored"] + report["operations"]["errored"] + untold
    return Fuzzed(
        operations=report["operations"]["tested"],
        cases=report["test_cases"]["generated"],
        server_errors=sum(1 for kind, _ in results if kind == "ServerError"),
        violations=(*sorted(line for _, line in results), *(["the service did not answer"] * bool(broken))),
    )
