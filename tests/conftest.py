"""Shared fixtures, and the rule that nothing is left out silently."""

import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import settings

from laurel.client import Client
from laurel.errors import UserError

if TYPE_CHECKING:
    from tests.support.installation import Servers, ThreeProcesses
    from tests.support.objects import ObjectServer

settings.register_profile("thorough", deadline=None, print_blob=True)
settings.register_profile("long", deadline=None, print_blob=True, max_examples=2000)
settings.register_profile("quick", deadline=None, max_examples=10, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough"))
"""No example fails because a machine is busy. `make unit` and `make mutants` take the same few each time."""

os.environ.setdefault("LAUREL_ADMIT_SECONDS", "30")
"""Nobody is refused because a machine is busy, but where a test is about that."""

structlog.configure(processors=[structlog.processors.format_exc_info, structlog.dev.ConsoleRenderer(colors=False)])
"""What is logged in the process of the tests, with plain tracebacks: those with every variable took a third of a second each."""

EXAMPLE = Path(__file__).parents[1] / "examples" / "small"
EXPECTED = Path(__file__).parent / "data" / "small-expected"
GOLDEN = Path(__file__).parent / "data" / "golden"
BY_HAND = sorted((Path(__file__).parent / "data" / "rules").iterdir())
"""Small folders whose expected results were worked out by hand, for rules that the golden one does not use."""

BEIJING = Path(__file__).parent / "data" / "activities" / "beijing-assessment"
"""A season of units that score themselves by item, with its expected results."""
LOUDI = Path(__file__).parent / "data" / "activities" / "loudi-activities"
"""A season of units with custom fields, material, statistics and recommendation, with its expected results."""


def missing_here(what: str) -> None:
    """What this machine lacks is named as not run; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"not run in CI: {what}")
    pytest.skip(what)


def pytest_collection_finish() -> None:
    """What stands now stays to the end: a fifth of the time went into looking through it again and again."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)


@pytest.fixture(autouse=True, scope="module")
async def drawing_ended() -> AsyncIterator[None]:
    """What draws ends with the module that started it: eighty processes were left at the end, with twelve gigabytes."""
    yield
    if drawing := sys.modules.get("tests.support.drawing"):
        await drawing.end_drawing()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failed test stands what the services logged as failures."""
    report = yield
    if report.failed and "tests.support.installation" in sys.modules:
        report.sections.extend(installations().failures_told())
    return report


def installations() -> Any:
    """What starts servers and services. Tests that need none do not wait for it to be imported."""
    return import_module("tests.support.installation")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Servers]":
    """Real servers for the whole run."""
    try:
        started = installations().start_servers(tmp_path_factory.mktemp("servers"))
    except UserError as trouble:
        missing_here(str(trouble))
        raise
    yield started
    started.stop()


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[ObjectServer]":
    """A real server of objects for the whole run."""
    server = import_module("tests.support.objects").ObjectServer(tmp_path_factory.mktemp("objects"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, servers: "Servers") -> "Iterator[ThreeProcesses]":
    """Three services as three processes, for tests that do not disturb each other."""
    running = installations().ThreeProcesses(tmp_path_factory.mktemp("services"), servers)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Servers]":
    """Servers for the tests of one module, whose services have settings of their own."""
    started = installations().start_servers(tmp_path_factory.mktemp("own-servers"))
    yield started
    started.stop()


@pytest.fixture
def unstarted(tmp_path: Path) -> "Iterator[ThreeProcesses]":
    """Servers of this test's own, and services that are not started yet."""
    servers = installations().start_servers(tmp_path)
    running = installations().ThreeProcesses(tmp_path, servers)
    try:
        yield running
    finally:
        running.stop()
        servers.stop()


@pytest.fixture
def alone(unstarted: "ThreeProcesses") -> "ThreeProcesses":
    """Servers and services of this test's own, which it may break."""
    unstarted.start()
    return unstarted


@pytest.fixture(scope="session")
def operator(installation: "ThreeProcesses") -> Iterator[Client]:
    """The operator of that installation."""
    client = Client(installation.url, "en", patience=30)
    client.sign_in_as_operator(installations().SECRET)
    yield client
    client.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    missing_here("Chromium is not installed (apt-get install chromium)")
    raise AssertionError
