"""What entrants read of their own scores is in words, not in the ids of the rules."""

from pathlib import Path
from typing import Any

import pytest

from services.judging import entrypoints
from services.judging.entrypoints.pages.feedback import component_names
from shared.season.rules import Component
from shared.web import pages
from shared.web.translation import Catalog

CATALOG = Catalog([Path(pages.__file__).parent / "locales", Path(entrypoints.__file__).parent / "locales"])


def part(name: str, kind: str) -> Component:
    names = {"ballots": "rubric", "runs": "runs", "test": "test"}
    values: dict[str, Any] = {field: kind if kind == of else None for of, field in names.items()}
    return Component.model_construct(id=name, **values)


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        ([part("work", "ballots")], ["评委评分"]),
        ([part("work", "ballots"), part("field", "runs"), part("quiz", "test")], ["评委评分", "现场运行", "测试"]),
        ([part("design", "ballots"), part("talk", "ballots")], ["评委评分（design）", "评委评分（talk）"]),
    ],
)
def test_parts_of_a_score_are_called_by_what_they_are(parts: list[Component], names: list[str]) -> None:
    """Keeps away: a pupil who reads “work” over the scores."""
    assert list(component_names(parts, CATALOG.translator("zh")).values()) == names
