"""The guide for judges who program: every call in it is run, as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from laurel.client import Client
from tests.support.handing_out import hand_out
from tests.support.live_road import LiveRoad
from tests.support.stage import Stage

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "judges-who-program.md"
BLOCKS = re.findall(r"```(sh|python) run\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)


@pytest.fixture(scope="module")
def environment(on_stage: Stage, running_browser: Browser) -> dict[str, str]:
    """A judge with a work to score and a token."""
    road = LiveRoad(on_stage, running_browser)
    student, address = road.student_registers("guide-student", "给指南用的作品", name="测试白宇明")
    road.guardian_agrees(address)
    road.student_hands_in(student)
    here = f"/judging/v1/seasons/{on_stage.live}"
    before = on_stage.client.get(here)["entries"]
    road.organizer_approves(road.signed_in("city-organizer"), "给指南用的作品")
    on_stage.client.wait_for("judging", lambda: on_stage.client.get(here)["entries"] > before)
    hand_out(on_stage.client, on_stage.live)
    judge = road.signed_in("judge-A")
    judge.goto(f"{on_stage.url}/registration/tokens")
    judge.fill("#label", "guide")
    judge.locator("main form.sheet button").click()
    token = judge.locator(".receipt .code").inner_text().strip()
    return {**os.environ, "LAUREL_URL": on_stage.url, "SEASON": on_stage.live, "LAUREL_TOKEN": token}


def test_every_call_of_the_guide_works(environment: dict[str, str]) -> None:
    assert len(BLOCKS) == 4
    for language, code in BLOCKS:
        command = ["bash", "-euo", "pipefail", "-c", code] if language == "sh" else [sys.executable, "-c", code]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
        assert done.stdout


def test_the_ballot_of_the_guide_is_counted(environment: dict[str, str]) -> None:
    judge = Client(environment["LAUREL_URL"], "en")
    judge.use_token(environment["LAUREL_TOKEN"])

    submitted = [
        item
        for item in judge.get(f"/judging/v1/seasons/{environment['SEASON']}/tasks")
        if item["status"] == "submitted"
    ]

    assert submitted
    assert {item["value"] for item in submitted} == {"80.00"}, "the last block of the guide scores everything anew"
    judge.close()
