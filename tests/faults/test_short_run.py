"""The short form of `make faults`: each kind of fault once, over a load; nothing lost, nothing doubled, same results."""

import re
import subprocess
import sys

import pytest

from tests.conftest import missing_here
from tests.faults.kinds import DISK_FAULTS, FAULTS, schedule
from tests.faults.world import can_mount

KINDS = len(FAULTS) + len(DISK_FAULTS)


def test_a_seed_gives_the_same_faults_and_every_kind_comes() -> None:
    assert schedule(3, 200, disks=True) == schedule(3, 200, disks=True)
    assert set(schedule(3, KINDS, disks=True)) == {*FAULTS, *DISK_FAULTS}
    assert schedule(4, 200, disks=True) != schedule(3, 200, disks=True)


@pytest.mark.timeout(600)
def test_faults_lose_nothing_double_nothing_and_change_no_result() -> None:
    if not can_mount():
        missing_here("full disks and power cuts need root and loop devices")
    command = [sys.executable, "-m", "tests.faults", "--seed", "7", "--entries", "400"]
    command += ["--nats-away", "6", "--mongod-away", "10", "--cluster-faults", "0"]

    done = subprocess.run([*command, "--faults", str(KINDS)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "acknowledged 1200: entries 400, ballots 800" in done.stdout
    assert "lost 0, doubled 0, disagreements 0" in done.stdout
    assert "results are those of the undisturbed run" in done.stdout
    nats, mongod, consumer = re.findall(r"^  users saw: \{(.*)\}", done.stdout, re.MULTILINE)
    assert re.fullmatch(r"'201': \d+", nats), "nobody notices that NATS is away"
    assert re.fullmatch(r"'201': \d+, '503, retry later': \d+", mongod), "and without a database all are told so"
    assert re.fullmatch(r"'201': \d+", consumer)
