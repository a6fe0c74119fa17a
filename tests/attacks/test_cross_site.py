"""Another site's page, opened in the browser of somebody who is signed in."""

from collections.abc import Iterator

import httpx
import pytest

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited
from tests.support.seasons import new_season, open_season

ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {},
    {"Referer": "https://evil.example/page"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.fixture(scope="module")
def organizer(installation: ThreeProcesses, operator: Client) -> Iterator[Browsing]:
    season = open_season(operator, new_season())
    with invited(installation, operator, role="city-organizer", season=season) as browsing:
        yield browsing


def sent(organizer: Browsing, headers: dict[str, str]) -> int:
    with httpx.Client(base_url=organizer.base_url, cookies=organizer.cookies) as browser:
        return browser.post("/registration/tokens", data={"label": "x", "days": "1"}, headers=headers).status_code


@pytest.mark.parametrize("authorization", ["", "Basic eDp5", "x", "Digest x", "Bearer", "Bearer x"])
@pytest.mark.parametrize("origin", ELSEWHERE, ids=str)
def test_a_cookie_is_used_from_our_own_pages_alone(
    organizer: Browsing, origin: dict[str, str], authorization: str
) -> None:
    """Any `Authorization` header switched the check off, and the cookie was used all the same."""
    headers = {**origin, "Authorization": authorization} if authorization else origin

    assert sent(organizer, headers) == 403


def test_a_page_that_is_said_to_be_ours_by_one_header_and_another_by_the_next_is_not(organizer: Browsing) -> None:
    """All that a browser says must agree."""
    own = str(organizer.base_url).rstrip("/")

    assert sent(organizer, {"Origin": own, "Sec-Fetch-Site": "cross-site"}) == 403
    assert sent(organizer, {"Origin": own + ".evil.example"}) == 403
    assert sent(organizer, {"Origin": "https://evil.example", "Referer": own}) == 403
    assert sent(organizer, {"Origin": own, "Sec-Fetch-Site": "same-origin"}) == 200
    assert sent(organizer, {"Referer": f"{own}/registration/tokens"}) == 200


def test_another_site_signs_nobody_in(installation: ThreeProcesses) -> None:
    """A browser that is signed in to the attacker's account hands over what is typed there."""
    form = {"login": "attacker", "password": "four calm herons sleep"}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = httpx.post(f"{installation.url}/registration/sign-in", data=form, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-origin")


def test_a_program_needs_no_origin(installation: ThreeProcesses, organizer: Browsing) -> None:
    """A bearer token without cookies is sent by nobody's browser."""
    made = organizer.request("POST", "/registration/v1/tokens", json={"label": "x"}).json()["token"]
    headers = {"Authorization": f"Bearer {made}"}

    answer = httpx.post(f"{installation.url}/registration/v1/tokens", json={"label": "y"}, headers=headers)

    assert answer.status_code == 201
