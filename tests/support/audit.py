"""Whether what Laurel is locked to has known faults: `make audit`. An audit that looked at nothing, or not at all, fails."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[2] / "locks" / "services.txt"


@dataclass(frozen=True)
class Verdict:
    """What an audit came to: how many packages were looked at, and what is wrong with them or with the audit itself."""

    audited: int
    faults: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return self.audited > 0 and not self.faults and not self.missed


def locked(text: str) -> dict[str, str]:
    """The packages of a lock that belong on this machine, with their versions."""
    lines = (line.rstrip("\\ ") for line in text.splitlines() if line and line[0].isalnum())
    generator = (Requirement(line) for line in lines)
    return {
        canonicalize_name(requirement.name): str(requirement.specifier).removeprefix("==")
        for requirement in generator
        if requirement.marker is None or requirement.marker.evaluate()
    }


def verdict(report: Mapping[str, Any], wanted: Mapping[str, str]) -> Verdict:
    """What this report of pip-audit says of these packages. One that it skipped or does not name was not looked at."""
    looked_at, faults = set(), []
    for item in report.get("dependencies", ()):
        name = canonicalize_name(item["name"])
        if "skip_reason" in item or wanted.get(name) != item.get("version"):
            continue
        looked_at.add(name)
        faults += [f"{name} {item['version']}: {fault['id']}{_mended(fault)}" for fault in item.get("vulns", ())]
    return Verdict(len(looked_at), tuple(faults), tuple(sorted(set(wanted) - looked_at)))


def _mended(fault: Mapping[str, Any]) -> str:
    versions: Iterable[str] = fault.get("fix_versions", ())
    return f", mended in {', '.join(versions)}" if versions else ""


def main() -> int:
    """Audit the lock; 0 only where every package was looked at and nothing was found."""
    asked = ("-r", str(LOCK), "--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off")
    done = subprocess.run([sys.executable, "-m", "pip_audit", *asked], capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        print(f"no audit: {done.stderr.strip()[-800:]}")  # noqa: T201
        return 2
    stored_verdict = verdict(report, locked(LOCK.read_text()))
    for line in stored_verdict.faults:
        print(line)  # noqa: T201
    if stored_verdict.missed:
        some = ", ".join(stored_verdict.missed[:5])
        print(f"not looked at: {len(stored_verdict.missed)} ({some}, …); the advisories of PyPI were not reached")  # noqa: T201
    print(f"{stored_verdict.audited} packages audited, {len(stored_verdict.faults)} known faults")  # noqa: T201
    return 0 if stored_verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
