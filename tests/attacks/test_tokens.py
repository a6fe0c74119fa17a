"""A token is never more than itself: what somebody can do who found a program's token, or a browser left open."""

import re
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from pymongo import MongoClient

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing, invited, student
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually

NEW = "seven green kites at dawn"
DAY = 86_400


@pytest.fixture(scope="module")
def seasons(operator: Client) -> tuple[str, str]:
    return open_season(operator, new_season()), open_season(operator, new_season())


def bearer(installation: ThreeProcesses, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return httpx.Client(base_url=installation.url, headers=headers, timeout=30)


def made(client: httpx.Client, **content: Any) -> str:
    answer = httpx.Client.post(client, "/registration/v1/tokens", json={"label": "test", **content})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def organizer(installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]) -> Browsing:
    """Somebody with two seasons."""
    grants = [{"role": "city-organizer", "season": season} for season in seasons]
    url = operator.call("POST", "/registration/v1/invitations", json={"grants": grants}).json()["url"]
    browsing = Browsing(installation.url)
    login = f"o-{uuid4().hex[:10]}"
    assert browsing.post(url, {"login": login, "password": PASSWORD}).status_code == 303
    browsing.login = login  # type: ignore[attr-defined]
    return browsing


def test_a_token_mints_nothing_beyond_its_own_scope_and_end(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    """A token for one season and one day made another for every season and 400 days."""
    with organizer(installation, operator, seasons) as browsing:
        parent = made(browsing, season=seasons[0], days=1)

    with bearer(installation, parent) as client:
        refused = client.post("/registration/v1/tokens", json={"label": "test", "season": seasons[1], "days": 1})
        child = claims(made(client, days=400))

    assert refused.status_code == 403
    assert {grant["s"] for grant in child["grants"]} == {seasons[0]}
    assert child["exp"] <= claims(parent)["exp"]


def test_a_repeated_command_does_not_prolong_a_token(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    """The same command again signed a token anew that ran on after its revocation would be forgotten."""
    with organizer(installation, operator, seasons) as browsing:
        key = {"Idempotency-Key": uuid4().hex}
        content = {"label": "test", "days": 1}
        first = httpx.Client.post(browsing, "/registration/v1/tokens", json=content, headers=key).json()
        again = httpx.Client.post(browsing, "/registration/v1/tokens", json=content, headers=key).json()
        assert claims(again["token"])["exp"] == claims(first["token"])["exp"]

        browsing.post(f"/registration/tokens/{first['id']}/revoke")
        third = httpx.Client.post(browsing, "/registration/v1/tokens", json=content, headers=key)
        assert third.status_code == 404


def test_a_revoked_token_takes_its_children_with_it(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    """Whoever found a token made another before the first was revoked, and stayed."""
    with organizer(installation, operator, seasons) as browsing:
        parent = made(browsing)
        with bearer(installation, parent) as stored_client:
            child = made(stored_client)
        with bearer(installation, child) as later:
            grandchild = made(later)
        browsing.post(f"/registration/tokens/{claims(parent)['sid']}/revoke")

    def ended() -> None:
        for token in (parent, child, grandchild):
            for address in ("/registration/v1/tokens", f"/judging/v1/seasons/{seasons[0]}/judges"):
                with bearer(installation, token) as client:
                    assert client.get(address).status_code == 401

    eventually(ended)


def test_a_token_sees_and_revokes_only_itself_and_its_children(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    """A narrow token listed and ended the other tokens of its account."""
    with organizer(installation, operator, seasons) as browsing:
        item, other = made(browsing), made(browsing)

        with bearer(installation, item) as client:
            assert [token["id"] for token in client.get("/registration/v1/tokens").json()] == [claims(item)["sid"]]
            assert client.delete(f"/registration/v1/tokens/{claims(other)['sid']}").status_code == 404
            child = claims(made(client))["sid"]
            assert client.delete(f"/registration/v1/tokens/{child}").status_code == 204


def test_a_token_is_not_a_person(installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]) -> None:
    """A program's token set the password, and invited people to roles that outlive it."""
    season = seasons[0]
    with organizer(installation, operator, seasons) as browsing:
        token = made(browsing, season=season, days=1)
    invitation = {"grants": [{"role": "city-organizer", "season": season}]}

    with bearer(installation, token) as client:
        answers = {
            "password": client.post("/registration/me/password", data={"password": NEW, "present": PASSWORD}),
            "mail": client.post("/registration/messages/address", data={"mail": "thief@example.org"}),
            "name": client.post("/registration/me/data/name", data={"name_zh": "另一个", "reason": "x"}),
            "erasure": client.post("/registration/me/data/erasure", data={"login": "x"}),
            "invitation": client.post("/registration/v1/invitations", json=invitation),
            "invite": client.post(f"/registration/seasons/{season}/invite", data={"role": "auditor"}),
            "unit": client.post(f"/registration/seasons/{season}/units/P01/invitation"),
            "students": client.post(f"/registration/seasons/{season}/students", data={"person": "x"}),
            "instructors": client.post(f"/registration/seasons/{season}/instructors"),
            "slip": client.post(f"/registration/entries/{season}/E1/members/1/slip"),
            "roles": client.delete(f"/registration/v1/seasons/{season}/roles/x?reason=x"),
        }

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert answers["password"].json()["code"] == "person-needed"


def aged(installation: ThreeProcesses, login: str) -> None:
    """Let the sessions of this account be older than a fresh sign-in."""
    with MongoClient[dict[str, Any]](installation.servers.mongo_url) as mongo:
        database = mongo[f"{installation.prefix}registration"]
        account = database["accounts"].find_one({"login": login})
        assert account
        database["sessions"].update_many({"account": account["_id"]}, {"$inc": {"expires_at": -3600 * 1_000_000}})


def test_a_browser_left_open_does_not_set_the_password(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    """Whoever came to an open browser took the account over without knowing its password."""
    with organizer(installation, operator, seasons) as browsing:
        aged(installation, browsing.login)  # type: ignore[attr-defined]
        without = browsing.post("/registration/me/password", {"password": NEW})
        wrong = browsing.post("/registration/me/password", {"password": NEW, "present": "not my password"})
        mail = browsing.post("/registration/messages/address", {"mail": "thief@example.org"})
        right = browsing.post("/registration/me/password", {"password": NEW, "present": PASSWORD})

    assert (without.status_code, wrong.status_code, right.status_code) == (422, 422, 303)
    assert mail.status_code == 422


def test_a_new_password_ends_every_session_token_and_link_and_is_told(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    """Tokens and unused sign-in links outlived the password they came from."""
    season = seasons[0]
    with organizer(installation, operator, seasons) as mine:
        login = mine.login  # type: ignore[attr-defined]
        token = made(mine)
        link = operator.call("POST", "/registration/v1/sign-in-links", json={"login": login}).json()["url"]
        with Browsing(installation.url) as theirs:
            sent = {"login": login, "password": PASSWORD}
            assert theirs.post("/registration/sign-in", sent).status_code == 303

            assert mine.post("/registration/me/password", {"password": NEW, "present": PASSWORD}).status_code == 303

            def ended() -> None:
                for path in ("/registration/me", f"/judging/seasons/{season}/judges"):
                    assert theirs.get(path).status_code in (303, 401), path
                with bearer(installation, token) as client:
                    assert client.get("/registration/v1/tokens").status_code == 401

            eventually(ended)
            assert theirs.get("/registration/session").headers["location"].startswith("/registration/sign-in")
            assert theirs.post(link).status_code == 404
        assert mine.get("/registration/me").status_code == 200, "the one who set it stays signed in"
        assert "密码" in mine.get("/registration/messages").text


def test_guesses_of_the_present_password_end(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    """An open browser is no place to guess the password at."""
    with organizer(installation, operator, seasons) as browsing:
        aged(installation, browsing.login)  # type: ignore[attr-defined]
        texts = [
            browsing.post("/registration/me/password", {"password": NEW, "present": f"guess number {n}"}).text
            for n in range(12)
        ]
        assert "一刻钟后再试" in texts[-1]
        assert browsing.post("/registration/me/password", {"password": NEW, "present": PASSWORD}).status_code != 303


def test_a_slip_lets_a_child_set_a_password(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    """The way for those who have forgotten theirs stays: a sign-in link that was just used."""
    season = seasons[0]
    with (
        invited(installation, operator, role="school-admin", season=season, unit="P01") as school,
        student(installation, season, "P01"),
    ):
        address = f"/registration/seasons/{season}/students"
        person = re.search(r'name="person" value="(\w+)"', school.get(address).text)
        assert person
        link = re.search(r"(http\S+/registration/links/[\w-]+)", school.post(address, {"person": person[1]}).text)
        assert link
    with Browsing(installation.url) as phone:
        assert phone.post(link[1]).status_code == 303
        assert phone.post("/registration/me/password", {"password": NEW}).status_code == 303
