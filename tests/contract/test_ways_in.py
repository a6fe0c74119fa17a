"""The table of ways into a season is true: its addresses are there, and nothing that a season folder may hold lacks a line."""

import re
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from laurel.season_folder import FILES, REGISTRATION_ACTIONS
from services.judging.application import sheets
from services.registration.application import actions
from tests.contract.test_routes import application
from tests.support.installation import SERVICES

PAGE = Path(__file__).parents[2] / "docs" / "evidence" / "ways-in.md"
ADDRESS = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/\S+)`")
NAME = re.compile(r"`(\w+)`")
WAYS = ("page", "API", "sheet")
LEAST = 20
"""Characters of a reason."""


def lines() -> dict[str, tuple[str, ...]]:
    """By the kind of row or the type of action, how it is done on a page, by API and by sheet."""
    result = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `"):
            name, *ways = cells
            match = NAME.fullmatch(name)
            assert match, line
            result[match[1]] = tuple(ways)
    return result


def test_every_kind_of_row_and_every_type_of_action_has_its_line() -> None:
    assert set(REGISTRATION_ACTIONS) == set(actions.TYPES)
    assert set(lines()) == {*FILES, *actions.TYPES, *sheets.TYPES}


def test_no_cell_is_without_an_address_or_a_reason() -> None:
    for name, ways in lines().items():
        assert len(ways) == len(WAYS), name
        for way, cell in zip(WAYS, ways, strict=True):
            reason = cell.removeprefix("—").strip()
            stated = cell.startswith("—") and len(reason) >= LEAST
            assert stated or ADDRESS.search(cell), f"{name}, {way}: {cell}"
        assert ADDRESS.search(ways[0]), f"{name} is done on no page"


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """All routes of the three services."""
    folder = tmp_path_factory.mktemp("routes")
    apps = [application(service, folder) for service in SERVICES]
    return {
        (method, context.path)
        for app in apps
        for context in iter_route_contexts(app.routes)
        if context.path
        for method in context.methods or ()
    }


def test_every_address_that_is_named_is_there(routes: set[tuple[str, str]]) -> None:
    named = set(ADDRESS.findall(PAGE.read_text()))
    assert named - routes == set()
    assert len(named) > 35
