"""A run of a season folder reads what one service made of another's events only when it is of the newest statement.

Keeps away: on a busy machine the list of instructors of the results before a revision, beside awards of the results after it.
"""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from laurel.client import Client
from laurel.season_folder import read_folder
from laurel.season_run import Run
from tests.conftest import EXAMPLE


class Answers:
    """Judging, which has stated final results twice, and registration, which has heard of so many statements."""

    def __init__(self, heard: int | None) -> None:
        self._heard = heard

    def get(self, path: str, **_: Any) -> dict[str, int]:
        return {"revision": 2 if "/final" in path else 1}

    def call(self, _: str, path: str, **__: Any) -> SimpleNamespace:
        if self._heard is None:
            return SimpleNamespace(headers={})
        return SimpleNamespace(headers={"Laurel-Revision": str(self._heard if "/final/" in path else 1)})


@pytest.mark.parametrize(("heard", "ready"), [(1, False), (2, True), (None, True)], ids=["older", "newest", "not said"])
def test_a_revision_is_waited_for_until_it_has_arrived(heard: int | None, ready: bool) -> None:
    """A registration of the release before does not say what it has heard of."""
    run = Run(read_folder(EXAMPLE), cast("Client", Answers(heard)), lambda _: None)

    assert run._published() is ready
