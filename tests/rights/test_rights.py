"""Every route as every role, on one's own objects and another host's: what the table says, and nothing else.

The attacker is somebody signed in, who asks for what is not theirs.
"""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from shared.identity import Principal
from shared.identity.authenticator import require_user
from tests.rights.final_acts import FINAL, posted_by_pages
from tests.rights.identities import NAMES
from tests.rights.matrix import Asking, asking, routes_of
from tests.rights.table import IN, Row, read
from tests.rights.world import World, applications, make
from tests.support.installation import SERVICES, Servers, ThreeProcesses

SEASON = re.compile(r"^(?!.*/ledgers/).*\{season(_id)?\}")
"""Addresses in a season; a ledger is compared also where a service has nothing of a season."""
COUNTED = {"audit_log"}
"""Collections in which it is noted that somebody looked at a child's data: the page of an entry is shown again."""
OPENS_A_SEASON = ("PUT", "/registration/v1/seasons/{season}")
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, own_servers: Servers) -> Iterator[ThreeProcesses]:
    """Three processes that make the world; ended before it is asked about, so that nothing works on it meanwhile."""
    processes = ThreeProcesses(tmp_path_factory.mktemp("rights"), own_servers)
    try:
        processes.start()
        yield processes
    finally:
        processes.stop()


@pytest.fixture(scope="module")
def world(running: ThreeProcesses) -> World:
    made = make(running)
    for name in SERVICES:
        running.kill(name)
    return made


@pytest.fixture(scope="module")
def apps(running: ThreeProcesses) -> dict[str, FastAPI]:
    return applications(running)


@pytest.fixture(scope="module")
async def asked(
    apps: dict[str, FastAPI], world: World, running: ThreeProcesses, own_servers: Servers
) -> AsyncIterator[Asking]:
    async with asking(
        apps, world, own_servers.mongo_url, [running.prefix + name for name in SERVICES]
    ) as stored_asking:
        yield stored_asking


def undeclared(app: FastAPI, rows: list[Row]) -> set[tuple[str, str]]:
    return routes_of(app) - {row.route for row in rows}


def test_every_route_has_a_row_and_every_row_a_route(apps: dict[str, FastAPI]) -> None:
    rows = read()
    routes = [route for app in apps.values() for route in routes_of(app)]

    assert {name: undeclared(app, rows) for name, app in apps.items()} == {name: set() for name in SERVICES}
    assert sorted({row.route for row in rows} - set(routes)) == []
    assert len({row.route for row in rows}) == len(rows), "a route has two rows"


async def test_everybody_gets_at_every_route_what_the_table_says(apps: dict[str, FastAPI], asked: Asking) -> None:
    wrong: list[str] = []
    count = 0
    rows = read()
    for service, app in apps.items():
        routes = routes_of(app)
        for row in rows:
            if row.route in routes:
                async for cell in asked.cells(service, row):
                    count += 1
                    if not cell.agrees(row):
                        wrong.append(str(cell))

    assert not wrong, "\n".join(wrong)
    assert count > 10_000


async def test_no_act_that_cannot_be_undone_is_done_without_its_word(apps: dict[str, FastAPI], asked: Asking) -> None:
    """Keeps away: a child's data, an award or a season's rules gone by one click. Whoever may do it is asked for the word."""
    wrong, named = [], 0
    for row in posted_by_pages():
        if row.path not in FINAL:
            continue
        service = next(name for name, app in apps.items() if row.route in routes_of(app))
        who = next(name for name in ("host", "school", "instructor", "judge", "student") if row.here[name] == IN)
        status, page, changed = await asked.by_a_click(service, row, who, FINAL[row.path])
        named += 'href="#confirm"' in page or 'href="#login"' in page
        if status not in (409, 422) or changed - COUNTED:
            wrong.append(f"{row.path} as {who}: {status}, changed {sorted(changed)}")

    assert not wrong, "\n".join(wrong)
    assert named > len(FINAL) // 2, "refused for the word, not for the state of the season"


async def test_a_season_that_is_not_there_is_answered_with_404_everywhere(
    apps: dict[str, FastAPI], asked: Asking
) -> None:
    """Keeps away: an empty list, a form or a fault of ours where the address names no season that there is."""
    wrong: list[str] = []
    for service, app in apps.items():
        for row in read():
            if row.route in routes_of(app) and SEASON.search(row.path) and row.route != OPENS_A_SEASON:
                cell = await asked.nowhere(service, row)
                if (cell.status, cell.code) != (404, "no-such-season"):
                    wrong.append(str(cell))

    assert not wrong, "\n".join(wrong)


async def test_a_route_whose_check_was_taken_away_is_found(
    running: ThreeProcesses, world: World, own_servers: Servers
) -> None:
    """The negative control: without its check the route answers everybody, and the cells say so."""
    apps = applications(running)
    row = next(row for row in read() if row.path == "/certificates/v1/on-the-way")

    def nobody_in_particular() -> Principal:
        return Principal("", "", "", "", (), 0, 0)

    app = apps["certificates"]
    original_route: Any = next(
        context.original_route for context in iter_route_contexts(app.routes) if context.path == row.path
    )
    operator_only = original_route.dependant.dependencies[0].call
    assert operator_only is not require_user
    app.dependency_overrides[operator_only] = nobody_in_particular
    async with asking(apps, world, own_servers.mongo_url, [running.prefix + name for name in SERVICES]) as asked:
        wrong = [cell async for cell in asked.cells("certificates", row) if not cell.agrees(row)]

    assert {cell.identity for cell in wrong} == set(NAMES) - {"operator"}
    assert {cell.outcome for cell in wrong} == {IN}


def test_a_new_route_without_a_row_is_found(apps: dict[str, FastAPI]) -> None:
    app = FastAPI()

    @app.get("/judging/v1/everything")
    async def everything() -> dict[str, str]:
        return {}

    assert ("GET", "/judging/v1/everything") in undeclared(app, read())
