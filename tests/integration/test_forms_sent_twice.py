"""A form that is sent twice makes one thing: somebody pressed twice, or sent again because no answer came.

Keeps away: forms whose second sending creates a second entry, invitation, token, draft or address. A form that creates
something and is not named here fails the last test.
"""

import re
from pathlib import Path

import pytest

from laurel.client import Client
from tests.integration.test_lifecycle import UNITS, rules
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.seasons import open_season

TEMPLATES = Path(__file__).parents[2] / "services" / "registration" / "entrypoints" / "templates"
WITH_A_KEY = {
    "design.html",
    "invitation-list.html",
    "invitations.html",
    "invite.html",
    "judges.html",
    "register.html",
    "season-drafts.html",
    "sign-up.html",
    "tokens.html",
    "units.html",
    "webhooks.html",
}
BUTTONS_THAT_MAKE = {"design.html", "season-rules.html", "students.html"}
"""Buttons that are forms of their own bear a key where what they make is made once, and nowhere else."""


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, rules(), units=UNITS)


def shown(browsing: Browsing, address: str, action: str = "") -> dict[str, str]:
    """The key of the form on a page that is sent to `action`."""
    form = re.search(
        rf'<form[^>]*action="{re.escape(action or address)}".*?</form>', browsing.get(address).text, re.DOTALL
    )
    assert form, action or address
    key = re.search(r'name="form_key" value="([^"]+)"', form[0])
    assert key, form[0]
    return {"form_key": key[1]}


def secret(text: str) -> str:
    """What is shown once."""
    shown_once = re.search(r'<p class="code">([^<]+)</p>', text)
    assert shown_once, text
    return shown_once[1]


def test_an_entry(installation: ThreeProcesses, season: str) -> None:
    address = f"/registration/seasons/{season}/register"
    with student(installation, season, "P01") as browsing:
        form = shown(browsing, f"{address}?track=A", address) | {
            "track": "A",
            "title": "两次",
            "grade": "5",
            "i1_name": "测试老师",
        }
        first, again = browsing.post(address, form), browsing.post(address, form)
        other = browsing.post(address, form | {"title": "又一件"})

    assert first.status_code == again.status_code == 303
    assert again.headers["location"] == first.headers["location"]
    assert other.headers.get("location") != first.headers["location"], "another content is another entry"


def test_what_an_organizer_makes(installation: ThreeProcesses, operator: Client, season: str) -> None:
    here = f"/registration/seasons/{season}"
    with invited(installation, operator, role="city-organizer", season=season) as city:
        invitation = shown(city, f"{here}/invite") | {"role": "judge", "ref": "J77", "reason": "新评委"}
        assert secret(city.post(f"{here}/invite", invitation).text) == secret(
            city.post(f"{here}/invite", invitation).text
        )
        to_a_unit = shown(city, f"{here}/units", f"{here}/units/acts?")
        sent = [city.post(f"{here}/units/P01/invitation", to_a_unit).text for _ in range(2)]
        assert secret(sent[0]) == secret(sent[1])
        draft = shown(city, "/registration/season-drafts") | {"from": season}
        copies = [city.post("/registration/season-drafts", draft).headers["location"] for _ in range(2)]
        assert copies[0] == copies[1]
        assert shown(city, f"{here}/webhooks"), "what follows: test_an_address_is_kept_once"
        token = shown(city, "/registration/tokens") | {"label": "从报名表", "days": "30"}
        city.post("/registration/tokens", token)
        listed = city.get("/registration/tokens").text.count("从报名表")
        assert secret(city.post("/registration/tokens", token).text)
        assert city.get("/registration/tokens").text.count("从报名表") == listed


def test_each_form_that_makes_something_has_a_key() -> None:
    assert {file.name for file in TEMPLATES.glob("*.html") if "form_key()" in file.read_text()} == WITH_A_KEY
    assert {file.name for file in TEMPLATES.glob("*.html") if "makes=true" in file.read_text()} == BUTTONS_THAT_MAKE
