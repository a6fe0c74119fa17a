"""Guessing: many at once, over several processes, from many addresses of one network."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, invited, student
from tests.support.seasons import new_season, open_season


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, new_season())


def crowd(count: int, guess: object) -> Counter[int]:
    with ThreadPoolExecutor(count) as guessing:
        return Counter(guessing.map(guess, range(count)))  # type: ignore[arg-type]


def test_a_hundred_and_twenty_guesses_at_once_get_ten_checks(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """The count was read, the password checked, and the failure counted only then: 36 checks instead of 10."""
    url = operator.call(
        "POST", "/registration/v1/invitations", json={"grants": [{"role": "auditor", "season": season}]}
    ).json()["url"]
    login = f"victim-{uuid4().hex[:8]}"
    httpx.post(url, data={"login": login, "password": PASSWORD})

    def guess(number: int) -> int:
        form = {"login": login, "password": f"a wrong guess {number}"}
        headers = {"X-Forwarded-For": "203.0.113.21"}
        return httpx.post(
            f"{installation.url}/registration/sign-in", data=form, headers=headers, timeout=120
        ).status_code

    answers = crowd(120, guess)

    assert answers.pop(401) == 10
    assert set(answers) <= {429, 503}, "refused, or told to come back: none of them was looked at"


def test_the_addresses_of_one_ipv6_network_count_as_one(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """A home has 2^64 addresses; each had ten guesses."""
    login = f"nobody-{uuid4().hex[:8]}"

    def guess(number: int) -> int:
        form = {"login": login, "password": f"a wrong guess {number}"}
        headers = {"X-Forwarded-For": f"2001:db8:7:9:{number:x}::{number:x}"}
        return httpx.post(
            f"{installation.url}/registration/sign-in", data=form, headers=headers, timeout=120
        ).status_code

    assert crowd(30, guess) == {401: 10, 429: 20}


def test_right_passwords_are_not_counted(installation: ThreeProcesses, operator: Client, season: str) -> None:
    """A class that signs in from one address is not kept out."""
    url = operator.call(
        "POST", "/registration/v1/invitations", json={"grants": [{"role": "auditor", "season": season}]}
    ).json()["url"]
    form = {"login": f"right-{uuid4().hex[:8]}", "password": PASSWORD}
    httpx.post(url, data=form)

    answers = [httpx.post(f"{installation.url}/registration/sign-in", data=form).status_code for _ in range(25)]

    assert answers == [303] * 25


def test_team_codes_are_not_guessed(installation: ThreeProcesses, season: str) -> None:
    """Anybody signed in could try codes without end, and read the names behind one that is right."""
    with student(installation, season, "P01") as pupil:
        address = f"/registration/seasons/{season}/join"
        answers = Counter(pupil.get(address, params={"code": f"AAAA{n:04d}"}).status_code for n in range(40))
        sent = pupil.post(address, {"code": "AAAA9999", "grade": "5"})

    assert answers == {404: 20, 429: 20}
    assert sent.status_code == 429


def test_numbers_and_codes_of_certificates_are_not_guessed_at_once(installation: ThreeProcesses) -> None:
    """The misses of thirty requests at once were counted after all had been looked up."""

    def guess(number: int) -> int:
        form = {"serial": f"LHAI25-CS-{number:06d}-10", "code": "AAAA-AAAA", "name": "x"}
        headers = {"X-Forwarded-For": "203.0.113.33"}
        return httpx.post(f"{installation.url}/certificates/", data=form, headers=headers, timeout=120).status_code

    assert crowd(80, guess) == {404: 30, 429: 50}


def test_invitations_and_links_are_not_guessed(installation: ThreeProcesses) -> None:
    """192 bits cannot be guessed; whoever tries all the same is stopped before the database is asked for long."""
    headers = {"X-Forwarded-For": "203.0.113.34"}
    answers = Counter(
        httpx.get(f"{installation.url}/registration/{kind}/{uuid4().hex}", headers=headers).status_code
        for kind in ("invitations", "links")
        for _ in range(35)
    )

    assert answers[429] >= 10


def test_the_operator_secret_is_not_guessed_without_end(alone: ThreeProcesses) -> None:
    """The one secret that opens everything was the one without a throttle; two processes count together."""
    alone.start_replicas()

    def guess(number: int) -> int:
        headers = {"Authorization": f"Bearer a guess of the secret {number}"}
        return httpx.post(f"{alone.url}/registration/v1/operator-tokens", headers=headers, timeout=120).status_code

    answers = crowd(60, guess)

    assert answers[401] == 10
    assert answers[429] == 50


def test_an_invited_login_keeps_its_tries(installation: ThreeProcesses, operator: Client, season: str) -> None:
    """Those who accept invitations one after another from one address are let in."""
    for _ in range(12):
        with invited(installation, operator, role="auditor", season=season) as somebody:
            assert somebody.get("/registration/me").status_code == 200
