"""Somebody who follows every link and posts every form of every page, as a person at a browser could."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from starlette.routing import compile_path

from tests.rights.identities import ANONYMOUS
from tests.rights.table import IN, read

SENTENCE = "看得出下了功夫，说明充分，依据也写清楚了。"
FILES = {
    ".csv": ("rows.csv", b"entry,score\n", "text/csv"),
    ".png": ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(16), "image/png"),
    ".pdf": ("work.pdf", b"%PDF-1.7\n", "application/pdf"),
    ".svg": ("sign.svg", b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>", ""),
}
ELSEWHERE = re.compile(r"/(v1|static|docs|operations/stream)(/|$)|\.(csv|zip|xlsx|pdf|svg|png|ics|atom|json|yaml)$")
"""What is no page."""


@dataclass(frozen=True)
class Input:
    """One field of a form, with what stands in it, and what can be chosen."""

    name: str
    kind: str
    value: str = ""
    options: tuple[str, ...] = ()
    top: str = ""
    accept: str = ""
    chosen: bool = False
    word: str = ""
    """What is typed here to confirm an act that cannot be undone."""


@dataclass
class Form:
    """A form of a page; each of its buttons does something of its own."""

    page: str
    action: str
    method: str
    inputs: list[Input] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, text: str, address: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._address = address
        self._form: Form | None = None
        self._select: dict[str, Any] | None = None
        self._area: dict[str, Any] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(urljoin(self._address, given["href"]))
        elif tag == "form":
            action = urljoin(self._address, given.get("action") or self._address)
            self._form = Form(self._address, action, given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._part(self._form, tag, given)

    def _part(self, form: Form, tag: str, given: Mapping[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "button" or (tag == "input" and kind == "submit"):
            form.buttons.append((name, given.get("value", "")))
        elif tag == "select" and name:
            self._select = {"name": name, "options": [], "value": ""}
        elif tag == "option" and self._select is not None:
            self._select["options"].append(given.get("value", ""))
            if "selected" in given:
                self._select["value"] = given.get("value", "")
        elif tag == "textarea" and name:
            self._area = {"name": name, "value": ""}
        elif tag == "input" and name:
            kind = "number" if given.get("inputmode") in ("numeric", "decimal") and kind == "text" else kind
            chosen = "checked" in given
            word, value = given.get("data-word", ""), given.get("value", "")
            form.inputs.append(
                Input(name, kind, value, (), given.get("max", ""), given.get("accept", ""), chosen, word)
            )

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area["value"] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif self._form is None:
            return
        elif tag == "select" and self._select is not None:
            chosen = self._select
            self._form.inputs.append(Input(chosen["name"], "select", chosen["value"], tuple(chosen["options"])))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            self._form.inputs.append(Input(self._area["name"], "textarea", self._area["value"].strip()))
            self._area = None


class Routes:
    """The routes of all services, by the table of rights."""

    def __init__(self) -> None:
        rows = sorted(read(), key=lambda row: row.path.count("{"))
        self._for_all = {row.path for row in rows if row.here[ANONYMOUS] == IN and "POST" not in row.method}
        self._rows = [(row.method, compile_path(row.path)[0], row.path) for row in rows]

    def same_for_all(self, route: str) -> bool:
        """Whether whoever is not signed in sees the page too."""
        return route in self._for_all

    def of(self, method: str, address: str) -> str:
        """The route that an address is of; the address itself where it is of none."""
        path = urlsplit(address).path
        return next((route for each, pattern, route in self._rows if each == method and pattern.match(path)), path)


REFUSED = (400, 403, 409, 413, 422)
Known = Mapping[str, str | Callable[[], str]]
"""What fits a field of this name."""


def filled(form: Form, known: Known) -> tuple[dict[str, list[str]], list[tuple[str, Any]]]:
    """The form as somebody fills it in who fills in everything: what goes as text, and the files."""
    data: dict[str, list[str]] = {}
    files: list[tuple[str, Any]] = []
    for item in form.inputs:
        if item.kind == "file":
            ending = next((ending for ending in FILES if ending in item.accept), ".pdf")
            files.append((item.name, FILES[ending]))
        elif item.kind in ("checkbox", "radio"):
            if item.chosen or item.name not in data:
                present = data.get(item.name, []) if item.kind == "checkbox" else []
                data[item.name] = [*present, item.value or "on"]
        else:
            data[item.name] = [_value(item, known)]
    return data, files


def untouched(form: Form) -> dict[str, list[str]]:
    """The form as it was shown."""
    data: dict[str, list[str]] = {}
    for item in form.inputs:
        if item.kind in ("checkbox", "radio"):
            if item.chosen:
                data.setdefault(item.name, []).append(item.value or "on")
        elif item.kind == "select":
            data.setdefault(item.name, []).append(item.value or next(iter(item.options), ""))
        elif item.kind != "file":
            data.setdefault(item.name, []).append(item.value)
    return data


def _value(item: Input, known: Known) -> str:
    if item.word:
        return item.word
    if item.kind == "hidden" or (item.value and item.kind != "select"):
        return item.value
    if item.kind == "select":
        return item.value or next((option for option in item.options if option), "")
    if item.name in known:
        fits = known[item.name]
        return fits if isinstance(fits, str) else fits()
    if item.kind == "number":
        return str(int(float(item.top))) if item.top else "1"
    if item.name.endswith("birth"):
        return "2012-03"
    if "name" in item.name:
        return "测试某人"
    by_kind = {"date": "2030-01-01", "datetime-local": "2030-01-01T09:00", "email": "a@example.org"}
    return by_kind.get(item.kind, SENTENCE)


@dataclass(frozen=True)
class Posted:
    """What became of one form of one page."""

    who: str
    route: str
    button: str
    page: str
    status: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.status} {self.who}: POST {self.route} [{self.button}] on {self.page} {self.text}"


class Crawler:
    """One person at a browser of their own, who looks at pages again when something has happened."""

    def __init__(self, who: str, browser: httpx.Client, routes: Routes, known: Known, *, keeps: bool = True) -> None:
        self.who, self.posted, self.shown = who, list[Posted](), list[Posted]()
        self.handed_on: set[str] = set()
        """Links with a secret, for whoever has no account."""
        self._browser, self._routes, self._known, self._keeps = browser, routes, known, keeps
        self._addresses: dict[str, list[str]] = {}
        self._done: set[tuple[str, str, frozenset[str]]] = set()
        self._waiting: dict[tuple[str, str, frozenset[str]], tuple[Form, tuple[str, str]]] = {}

    def visit(self, starts: list[str], within: Callable[[str], bool], again: str = "", most: int = 3) -> None:
        """Look at the pages that can be reached, at most so many of one kind; once more at those of these routes."""
        before = [each for route, kept in self._addresses.items() if re.search(again, route) for each in kept]
        queue, seen, repeated = [*starts, *before], set[str](), set(before)
        while queue:
            address = queue.pop(0).partition("#")[0]
            parts = urlsplit(address)
            route = self._routes.of("GET", address)
            kept = self._addresses.setdefault(route, [])
            if address in seen or ELSEWHERE.search(parts.path) or "lang=" in parts.query or not within(address):
                continue
            if self._keeps and self._routes.same_for_all(route):
                continue
            if address in kept and address not in repeated:
                continue
            if address not in kept:
                if len(kept) >= most:
                    continue
                kept.append(address)
            seen.add(address)
            answer = self._ask("GET", address)
            if answer.status_code >= 500:
                self.shown.append(Posted(self.who, route, "", address, answer.status_code))
            if answer.is_redirect:
                queue.append(urljoin(address, answer.headers["location"]))
            queue += self._take(answer, address)

    def _take(self, answer: httpx.Response, address: str) -> list[str]:
        """Note the forms of a page; its links."""
        if "text/html" not in answer.headers.get("content-type", ""):
            return []
        page = Page(answer.text, address)
        for form in page.forms:
            if form.method == "post":
                for button in form.buttons:
                    key = self._key(form, button)
                    if key not in self._done:
                        self._waiting[key] = form, button
        return page.links

    def _key(self, form: Form, button: tuple[str, str]) -> tuple[str, str, frozenset[str]]:
        names = frozenset(item.name.partition("|")[2] or item.name.partition(".")[0] for item in form.inputs)
        return self._routes.of("POST", form.action), "=".join(button).partition(":")[0], names

    def post(self, may: Callable[[str], bool]) -> int:
        """Post every form that waits and may be posted now, once; how many."""
        count = 0
        for key in [key for key in self._waiting if may(f"{key[0]} {key[1]}")]:
            form, button = self._waiting.pop(key)
            self._done.add(key)
            count += 1
            data, files = filled(form, self._known)
            answer = self._send(form, button, data, files)
            if answer.status_code in REFUSED:
                again = self._send(form, button, untouched(form), [])
                answer = again if again.status_code in (404, 405) or again.status_code >= 500 else answer
            if answer.status_code == 404 and self._ask("GET", form.page).status_code == 404:
                self._done.discard(key)  # a link that was spent meanwhile: nobody is shown this form any more
                continue
            told = re.search(r'class="errors".*?<p>(.*?)</p>', answer.text, re.DOTALL) if answer.text else None
            text = told[1] if told else ""
            self.posted.append(Posted(self.who, key[0], key[1], form.page, answer.status_code, text))
            address = urljoin(form.action, answer.headers["location"]) if answer.is_redirect else form.action
            shown = self._ask("GET", address) if answer.is_redirect and _inside(address, form.page) else answer
            for link in self._take(shown, address):
                if SECRET.search(link):
                    self.handed_on.add(link)
                else:
                    self._addresses.setdefault(self._routes.of("GET", link), [])
            self.handed_on |= set(SECRET_TEXT.findall(shown.text))
        return count

    def _ask(self, method: str, address: str, **more: Any) -> httpx.Response:
        if not self._keeps:
            self._browser.cookies.clear()
        return self._browser.request(method, address, **more)

    def _send(
        self, form: Form, button: tuple[str, str], data: dict[str, list[str]], files: list[tuple[str, Any]]
    ) -> httpx.Response:
        sent = {**data, button[0]: [button[1]]} if button[0] else data
        return self._ask("POST", form.action, data=sent, **({"files": files} if files else {}))

    def unposted(self) -> Iterator[str]:
        """Forms that were seen and never posted."""
        return (f"{self.who}: {route} [{button}]" for route, button, _ in self._waiting)


SECRET = re.compile(r"/registration/(invitations|links|consent|guardians)/|/v/[^/]+$")
SECRET_TEXT = re.compile(r">\s*(http[^<\s]+/(?:registration/(?:invitations|consent|guardians)|v)/[^<\s]+)\s*<")


def _inside(address: str, page: str) -> bool:
    return urlsplit(address).netloc == urlsplit(page).netloc
