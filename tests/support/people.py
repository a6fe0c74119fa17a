"""People at their browsers, without a browser: forms are sent as a page would send them."""

import html
import re
import time
from typing import Any
from uuid import uuid4

import httpx

from laurel.client import Client
from tests.support.installation import ThreeProcesses

PASSWORD = "four calm herons sleep"
COMES_AGAIN_SECONDS = 30
TLS = httpx.create_ssl_context()
"""For all of them: to make one takes longer than most answers."""


class Browsing(httpx.Client):
    """A signed-in session; answers are pages, in Chinese."""

    def __init__(self, url: str) -> None:
        headers = {"Origin": url, "Accept": "text/html", "Accept-Language": "zh"}
        super().__init__(base_url=url, headers=headers, timeout=30, verify=TLS)

    def __enter__(self) -> "Browsing":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, request: httpx.Request, **more: Any) -> httpx.Response:
        """A page that says "too many at once" is asked for again when it says, for a while: so do people."""
        answer, patience = super().send(request, **more), time.monotonic() + COMES_AGAIN_SECONDS
        while answer.status_code == 503 and "Retry-After" in answer.headers and time.monotonic() < patience:
            time.sleep(int(answer.headers["Retry-After"]))
            answer = super().send(request, **more)
        return answer

    def post(self, url: Any, data: Any = None, **more: Any) -> httpx.Response:
        return super().post(url, data=data or {}, **more)

    def registers(self, season: str, *, grade: int = 5, track: str = "A", mates: int = 0) -> str:
        """Begin an entry; returns its number."""
        form = {"track": track, "title": f"作品 {uuid4().hex[:6]}", "grade": str(grade), "i1_name": uuid4().hex[:8]}
        for number in range(2, 2 + mates):
            form |= {
                f"m{number}_name": f"测试{uuid4().hex[:5]}",
                f"m{number}_birth": "2014-03",
                f"m{number}_grade": "5",
            }
        answer = self.post(f"/registration/seasons/{season}/register", form)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rsplit("/", 1)[1]

    def consent_links(self, season: str, entry: str) -> list[str]:
        """The links for guardians that the page of the entry shows."""
        page = self.get(f"/registration/entries/{season}/{entry}").text
        return [html.unescape(item) for item in re.findall(r'href="(http[^"]+/registration/consent/[^"]+)"', page)]

    def consent_link(self, season: str, entry: str) -> str:
        return self.consent_links(season, entry)[0]

    def confirms_consents(self, season: str, do: str = "confirm") -> int:
        """The school has asked the guardians; returns of how many."""
        address = f"/registration/seasons/{season}/consents"
        waiting = re.findall(r'name="consent" value="([^"]+)"', self.get(address).text)
        answer = self.post(address, {"consent": waiting, "do": do})
        assert not waiting or answer.status_code == 303, answer.text
        return len(waiting)

    def acts(self, season: str, entry: str, what: str, **form: str) -> None:
        answer = self.post(f"/registration/entries/{season}/{entry}/{what}", {"confirm": what, **form})
        assert answer.status_code == 303, answer.text

    def reviews(self, season: str, entries: list[str], verdict: str, reason: str = "") -> httpx.Response:
        form = {"entry": entries, "verdict": verdict, "reason": reason}
        return self.post(f"/registration/seasons/{season}/review", form)


def student(installation: ThreeProcesses, season: str, unit: str, birth: str = "2014-03", name: str = "") -> Browsing:
    """A student who signed up."""
    browsing = Browsing(installation.url)
    year, month = birth.split("-")
    form = {
        "unit": unit,
        "name_zh": name or f"测试{uuid4().hex[:6]}",
        "year": year,
        "month": month,
        "login": f"s-{uuid4().hex[:10]}",
        "password": PASSWORD,
    }
    answer = browsing.post(f"/registration/seasons/{season}/sign-up", form)
    assert answer.status_code == 303, answer.text
    return browsing


def decides(link: str, agree: str = "yes", **more: str) -> httpx.Response:
    """A guardian opens the link on a phone of their own and decides. The answer leads to their own page."""
    form = {"agree": agree, "guardian": "测试家长", "relation": "母亲", **more}
    return httpx.post(link, data=form, headers={"Accept": "text/html", "Accept-Language": "zh"}, timeout=30, verify=TLS)


def invited(installation: ThreeProcesses, operator: Client, name: str = "", **grant: str) -> Browsing:
    """Somebody who accepted an invitation; an instructor writes their name."""
    url = operator.call("POST", "/registration/v1/invitations", json={"grants": [grant]}).json()["url"]
    browsing = Browsing(installation.url)
    answer = browsing.post(url, {"login": f"p-{uuid4().hex[:10]}", "password": PASSWORD, "name": name})
    assert answer.status_code == 303, answer.text
    return browsing
