"""One installation for all browser tests, and a browser for each module: while one runs, so does an event loop."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from laurel.errors import UserError
from tests.conftest import missing_here
from tests.support.stage import Stage, browser, stage


@pytest.fixture(scope="session")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    try:
        with ExitStack() as stack:
            with pytest.MonkeyPatch.context() as settings:  # of this stage alone
                settings.setenv("LAUREL_SWEEP_SECONDS", "3")
                running = stack.enter_context(stage(tmp_path_factory.mktemp("stage")))
            yield running
    except UserError as trouble:
        missing_here(str(trouble))


@pytest.fixture(scope="module")
def running_browser(chromium: str) -> Iterator[Browser]:
    with browser(chromium) as running:
        yield running
