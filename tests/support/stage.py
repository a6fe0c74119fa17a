"""An installation as a first visitor finds it: the finished example season and a live one, with ways in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from laurel.client import Client
from laurel.demo import EXAMPLE, open_live, run_example, sign_in_links
from laurel.installation import Installation
from laurel.season_folder import read_folder
from laurel.servers import free_port

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Stage:
    """What the browser tests and the pictures play on."""

    url: str
    client: Client
    example: str
    live: str
    nats_url: str
    mongo_url: str

    def links(self) -> dict[str, str]:
        """Fresh one-time sign-in links, by role."""
        return sign_in_links(self.client, self.live)


@contextmanager
def stage(folder: Path, port: int | None = None) -> Iterator[Stage]:
    """Start an installation with both seasons; end it afterwards."""
    port = port or free_port()
    installation = Installation(folder, port, public_url=f"http://localhost:{port}")
    try:
        installation.start()
        client = Client(f"http://localhost:{port}", "en")
        client.sign_in_as_operator(installation.operator_secret)
        run_example(client, lambda _: None)
        live = open_live(client, datetime.now(UTC))
        example = read_folder(EXAMPLE).rules.id
        yield Stage(client.url, client, example, live, installation.nats_url, installation.mongo_url)
        client.close()
    finally:
        installation.stop()


@contextmanager
def browser(chromium: str) -> Iterator[Browser]:
    """A real, headless Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            yield running
        finally:
            running.close()
