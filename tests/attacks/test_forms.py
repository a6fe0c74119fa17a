"""Forms of pages, sent with what no page would send: a number that is none, a choice that was not offered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
import pytest

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.seasons import new_season, open_season

ODD = ("²", "٣", "-1", "1e3", "NaN", "0x10", "9" * 40, "9" * 5000, "\x00", "😀", "../..", "a/²/b")
"""What `str.isdigit` takes and `int` does not, what `int` takes and nobody writes, and what neither does."""
TURNS_BACK = {"another-track"}
"""Buttons that ask for another page of the form, where nothing of what was typed is read."""
PAGES = {
    "student": ("register?track=A", "join", "/registration/tokens", "/registration/messages", "/registration/me/data"),
    "school": ("register?track=A", "students", "students/alike", "consents", "import", "desk"),
    "host": (
        "invite",
        "judges",
        "units",
        "rules",
        "webhooks",
        "desk",
        "held-copies",
        "/registration/season-drafts",
        "/judging/seasons/{season}/judges",
        "/judging/seasons/{season}/schedule",
        "/judging/seasons/{season}/sheets",
        "/judging/seasons/{season}/chief",
        "/judging/seasons/{season}/results",
        "/certificates/seasons/{season}",
        "/certificates/seasons/{season}/grants",
        "/certificates/seasons/{season}/changes",
    ),
    "nobody": (
        "sign-up",
        "/registration/sign-in",
        "/judging/seasons/{season}/objection",
        "/certificates/",
        "/certificates/many",
    ),
}


@dataclass
class Form:
    """A form of a page: where it goes, and what stands in its fields."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page that are posted."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._address, self._open = address, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = given.get("method", "get").lower() == "post"
            if self._open:
                self.found.append(Form(urljoin(self._address, given.get("action", ""))))
        elif self._open and given.get("name") and given.get("type") != "file" and given.get("value") not in TURNS_BACK:
            self.found[-1].fields.setdefault(given["name"], given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "form"


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, new_season())


@pytest.fixture(scope="module")
def people(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[dict[str, Browsing]]:
    child = student(installation, season, "P01")
    entry = child.registers(season)
    assert (
        httpx.post(
            child.consent_link(season, entry), data={"agree": "yes", "guardian": "测试家长", "relation": "母亲"}
        ).status_code
        == 303
    )
    result = {
        "student": child,
        "school": invited(installation, operator, role="school-admin", season=season, unit="P01"),
        "host": invited(installation, operator, role="city-organizer", season=season),
        "nobody": Browsing(installation.url),
    }
    yield result
    for browsing in result.values():
        browsing.close()


@pytest.mark.parametrize("who", PAGES)
def test_no_field_of_any_form_ends_in_a_fault_of_ours(
    installation: ThreeProcesses, people: dict[str, Browsing], season: str, who: str
) -> None:
    """`²` is a digit and no number: where `isdigit` was asked before `int`, a form was answered with 500."""
    failed, sent = [], 0
    for name in PAGES[who]:
        address = name.format(season=season) if name[0] == "/" else f"/registration/seasons/{season}/{name}"
        page = people[who].get(address)
        assert page.status_code == 200, address
        forms = {form.action: form for form in Forms(page.text, f"{installation.url}{address}").found}
        for form in forms.values():
            if form.action.endswith(("/sign-out", "/erasure")):
                continue
            for changed in form.fields:
                for odd in ODD:
                    answer = people[who].post(form.action, {**form.fields, changed: odd})
                    sent += 1
                    if answer.status_code >= 500:
                        failed.append(f"{form.action} {changed}={odd[:20]!r}: {answer.status_code}")

    assert failed == []
    assert sent > 50


def test_a_consent_is_confirmed_of_a_member_that_is_a_number(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """`E1/²/by` passed for entry, member and guardian, and was answered with 500."""
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as school:
        for member in ("²", "9" * 5000, "0", "-1", "٣"):
            form = {"consent": f"E1/{member}/x", "do": "confirm"}
            answer = school.post(f"/registration/seasons/{season}/consents", form)
            assert answer.status_code == 404, member


@pytest.mark.parametrize("days", ["²", "0", "401", "9" * 5000, "x", "1.5"])
def test_a_term_that_is_none_is_named_at_its_field(people: dict[str, Browsing], days: str) -> None:
    """The form keeps what was typed and says where it is wrong."""
    answer = people["student"].post("/registration/tokens", {"label": "成绩同步", "days": days})

    assert answer.status_code == 422
    assert 'value="成绩同步"' in answer.text
    assert 'id="days-err"' in answer.text
