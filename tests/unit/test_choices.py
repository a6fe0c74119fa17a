"""Choices that forms send."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from services.certificates.application.amending import ACTIONS, Decision
from services.certificates.entrypoints.pages.organizing import _decision
from services.registration.adapters.jobs import Job
from services.registration.domain.class_sheet import ImportState
from services.registration.entrypoints.importing import apply_import
from shared.errors import Invalid
from shared.season.text import Text
from shared.web.forms import FormData
from tests.support.refusals import refused

JOB = Job("j", "s", "P01", "anna", "class.xlsx", "u1", ImportState.CHECKED, "", 3, {"fallen": 1}, (), {}, 5, "")


@pytest.mark.parametrize("action", ["", "dance"])
def test_a_decision_about_a_certificate_is_chosen(action: str) -> None:
    with refused("choose-one"):
        _decision(FormData({"action": action, "reason": "as minuted"}))


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_chosen_is_decided_with_its_reason(action: str) -> None:
    decision = _decision(FormData({"action": action, "reason": "as minuted", "name_zh": "安", "name_en": ""}))
    assert (decision.action, decision.reason) == (action, "as minuted")
    assert decision.name in (None, Text(zh="安"))
    assert isinstance(decision, Decision)


async def test_an_import_is_applied_in_a_mode_that_is_known_and_as_a_whole_only_when_nothing_falls() -> None:
    asked: list[Any] = []

    class Jobs:
        async def apply(self, job: Job, mode: str) -> None:
            asked.append(mode)

        async def find(self, season: str, job: str) -> Job:
            return replace(JOB, state=ImportState.APPLYING)

    context: Any = SimpleNamespace(jobs=Jobs())
    importing: Any = SimpleNamespace(start=asked.append)
    with refused("import-mode", Invalid):
        await apply_import(context, importing, JOB, "some-rows")
    with refused("import-not-all", count=1):
        await apply_import(context, importing, JOB, "all-or-nothing")
    assert asked == []
    await apply_import(context, importing, JOB, "right-rows")
    assert asked == ["right-rows", replace(JOB, state=ImportState.APPLYING)]
