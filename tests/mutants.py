"""A sample of small faults planted in the rules and use cases, and which of them the tests notice.

`make mutants` runs it. A fault that no test notices names a rule that nobody guards. The same seed samples the same
faults of the same code.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
MUTMUT = str(Path(sys.executable).with_name("mutmut"))
FEW = "services.judging.domain.support.*"
"""Trying these generates all of them."""
KILLED = ("killed", "timeout", "caught by type check")


def mutmut(*arguments: str) -> str:
    """What mutmut says; the properties are tried on the same few examples each time."""
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "quick"}
    done = subprocess.run([MUTMUT, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def outcomes() -> dict[str, str]:
    """Every fault that can be planted, with what became of it."""
    lines = [line.strip().rpartition(": ") for line in mutmut("results", "--all", "true").splitlines()]
    return {name: outcome for name, colon, outcome in lines if colon}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--of", default="", help="only of modules whose name contains this")
    given = parser.parse_args()
    mutmut("run", FEW)
    known = sorted(name for name in outcomes() if given.of in name)
    sample = sorted(Random(given.seed).sample(known, min(given.sample, len(known))))
    mutmut("run", *sample)
    result = outcomes()
    survivors = [name for name in sample if result[name] not in KILLED]
    for name in survivors:
        sys.stdout.write(f"\n{name}: {result[name]}\n{mutmut('show', name)}\n")
    killed = len(sample) - len(survivors)
    sys.stdout.write(
        f"{killed} of {len(sample)} killed ({killed / len(sample):.1%}), of {len(known)} that can be planted\n"
    )


if __name__ == "__main__":
    main()
