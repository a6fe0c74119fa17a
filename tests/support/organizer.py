"""An organizer at a browser without JavaScript, whose pages and clicks are counted."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FilePayload, Locator, Page, ViewportSize

DESK: ViewportSize = {"width": 1280, "height": 900}


class Organizer:
    """Somebody at the pages, who goes from one to the next by links and buttons that they see.

    Only what a person opens by hand is opened by its address: what was sent to them.
    """

    def __init__(self, browser: Browser, url: str, language: str) -> None:
        self.url = url
        self._context = browser.new_context(
            locale=language, viewport=DESK, java_script_enabled=False, accept_downloads=True
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("load", lambda _: self._count("pages"))
        self.page.on("response", self._refused)
        self._step = ""
        self.steps: dict[str, dict[str, int]] = {}
        """Of each step the pages that were loaded, and the clicks."""
        self.failures: list[str] = []
        """What was answered as a fault."""

    def close(self) -> None:
        self._context.close()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.steps.setdefault(name, {"pages": 0, "clicks": 0})
        self._step = name
        yield
        self._step = ""

    def _count(self, what: str) -> None:
        if self._step:
            self.steps[self._step][what] += 1

    def _refused(self, response: Any) -> None:
        if response.status >= 500:
            self.failures.append(f"{response.status} {response.url}")

    def open(self, address: str) -> None:
        """An address that somebody gave."""
        self.page.goto(address if address.startswith("http") else self.url + address)

    def follow(self, end: str, within: str = "") -> None:
        """The link to an address that ends so, as it is seen first on the page."""
        self.click(self.page.locator(f"{within} a[href$='{end}']:visible").first)

    def click(self, what: str | Locator) -> None:
        (self.page.locator(what).first if isinstance(what, str) else what).click()
        self._count("clicks")
        self.page.wait_for_load_state()

    def finds(self, link: str) -> None:
        """Look again whether there is this link. Waiting is no step of theirs."""
        if not self.page.locator(link).count():
            step, self._step = self._step, ""
            self.page.reload()
            self._step = step
        assert self.page.locator(link).count(), self.page.url

    def press(self, action: str, button: str = "", **fields: str | list[str]) -> None:
        """Fill in the form that is sent to an address with this end, and press its button, the one with this value.

        Where a final act asks for a word, it is typed.
        """
        there = f"form[action$='{action}']:visible, form[action*='{action}?']:visible"
        form = self.page.locator(there if action else "main form").first
        for name, value in fields.items():
            self.fill(form, name.replace("__", "."), value)
        word = form.locator("input[data-word]")
        if word.count():
            word.first.fill(word.first.get_attribute("data-word") or "")
        self.click(form.locator(f"button[value='{button}']" if button else "button.btn:not([name])").first)

    def fill(self, form: Locator, name: str, value: str | list[str]) -> None:
        """A field as people fill it: text typed, a choice chosen, a box ticked. Each choice and each box is a click."""
        fields = form.locator(f"[name='{name}']:not([type=hidden])")
        kind = self._kind(fields)
        if kind in ("checkbox", "radio"):
            for each in [value] if isinstance(value, str) else value:
                form.locator(f"[name='{name}'][value='{each}']").check()
                self._count("clicks")
        elif kind == "select":
            assert isinstance(value, str)
            fields.first.select_option(value)
            self._count("clicks")
        else:
            assert isinstance(value, str)
            fields.first.fill(value)

    @staticmethod
    def _kind(fields: Locator) -> str:
        first = fields.first
        named = first.get_attribute("type") or ""
        if named in ("checkbox", "radio"):
            return named
        return "select" if first.locator("option").count() else "text"

    def send(self, action: str, name: str, content: bytes, mime: str = "text/csv") -> None:
        """Choose a file in the form that is sent to an address with this end, and send it."""
        form = self.page.locator(f"form[action$='{action}']").first
        form.locator("input[type=file]").first.set_input_files(FilePayload(name=name, mimeType=mime, buffer=content))
        self._count("clicks")
        self.click(form.locator("button").first)

    def download(self, link: str) -> bytes:
        """What comes from this link."""
        with self.page.expect_download() as download:
            self.page.locator(link).first.click()
        self._count("clicks")
        return Path(download.value.path()).read_bytes()


def table_of(steps: Mapping[str, Mapping[str, int]]) -> str:
    """The steps as a table for people."""
    lines = ["| Step | Pages | Clicks |", "|---|---|---|"]
    lines += [f"| {name} | {counts['pages']} | {counts['clicks']} |" for name, counts in steps.items()]
    return "\n".join(lines) + "\n"
