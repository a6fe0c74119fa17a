"""What browsers are told by an installation that people reach over TLS: cookies, transport, and what may be kept."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from laurel.client import Client
from tests.support.installation import SECRET, Servers, ThreeProcesses
from tests.support.people import PASSWORD
from tests.support.seasons import new_season, open_season

SITE = "https://laurel.example"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, own_servers: Servers) -> Iterator[ThreeProcesses]:
    """An installation behind a proxy that ends TLS; the tests speak to it where the proxy does."""
    running = ThreeProcesses(tmp_path_factory.mktemp("secure"), own_servers)
    running.environment = {"LAUREL_PUBLIC_URL": SITE}
    try:
        running.start()
        yield running
    finally:
        running.stop()


def signed_up(secure: ThreeProcesses) -> httpx.Response:
    """The answer that signs somebody in."""
    operator = Client(secure.url, "en", patience=30)
    operator.sign_in_as_operator(SECRET)
    season = open_season(operator, new_season())
    grants = [{"role": "city-organizer", "season": season}]
    url = operator.call("POST", "/registration/v1/invitations", json={"grants": grants}).json()["url"]
    operator.close()
    assert url.startswith(SITE)
    form = {"login": f"p-{uuid4().hex[:10]}", "password": PASSWORD}
    answer = httpx.post(secure.url + urlsplit(url).path, data=form)
    assert answer.status_code == 303, answer.text
    return answer


def test_cookies_are_of_this_site_alone(secure: ThreeProcesses) -> None:
    """Cookie tossing: a sibling site, or somebody on the line without TLS, plants a session of theirs."""
    cookies = signed_up(secure).headers.get_list("set-cookie")

    assert sorted(each_cooky.split("=")[0] for each_cooky in cookies) == [
        "__Host-laurel_token",
        "__Secure-laurel_session",
    ]
    for cooky in cookies:
        attributes = {part.strip().lower() for part in cooky.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax"} <= attributes
        assert not any(part.startswith("domain") for part in attributes)
    token = next(each_cooky for each_cooky in cookies if each_cooky.startswith("__Host-")).split(";")[0]
    assert re.search(r"; Path=/(;|$)", next(each_cooky for each_cooky in cookies if each_cooky.startswith("__Host-")))

    def asks(cookie: str) -> int:
        return httpx.get(f"{secure.url}/registration/me", headers={"Cookie": cookie}).status_code

    assert asks(token) == 200
    assert asks(token.removeprefix("__Host-")) == 401, "a planted one, without the prefix, is nobody's"
    signing_out = {"Cookie": token, "Origin": secure.url.replace("http:", "https:")}
    ended = httpx.post(f"{secure.url}/registration/sign-out", headers=signing_out).headers.get_list("set-cookie")
    assert all("Secure" in item for item in ended), "a browser takes a prefixed name only so, also to forget it"
    assert asks(token) == 401


@pytest.mark.parametrize(
    "address", ["/registration/sign-in", "/judging/", "/certificates/", "/nothing", "/registration/me/data.json"]
)
def test_every_answer_holds_browsers_to_tls_and_to_this_site(secure: ThreeProcesses, address: str) -> None:
    """One page without them is the page that is attacked."""
    headers = httpx.get(secure.url + address).headers

    assert int(headers["strict-transport-security"].split("max-age=")[1].split(";")[0]) >= 31_536_000
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "\t//evil.example",
        "/\n/evil.example", " https://evil.example", "javascript:alert(1)", "http:evil.example", "/%5Cevil.example/..//x",
    ],
)  # fmt: skip
def test_whoever_signs_in_stays_on_this_site(secure: ThreeProcesses, address: str) -> None:
    """An open redirection lends this site's good name to another."""
    cookie = signed_up(secure).headers.get_list("set-cookie")[0].split(";")[0]

    answer = httpx.get(f"{secure.url}/registration/session", params={"next": address}, headers={"Cookie": cookie})

    assert answer.status_code == 303
    to = re.sub(r"[\t\r\n]", "", answer.headers["location"])
    assert to.startswith("/")
    assert not to.startswith(("//", "/\\"))
