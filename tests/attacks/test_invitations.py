"""Invitations and roles: what is used once is used once, what is withdrawn is gone, what was granted is on record."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from laurel.client import Client
from services.registration.adapters.accounts import Argon2Passwords
from tests.rights.world import applications
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing, invited
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, new_season())


def invitation(operator: Client, season: str, role: str = "auditor", **more: str) -> str:
    grants = [{"role": role, "season": season, **more}]
    return str(operator.call("POST", "/registration/v1/invitations", json={"grants": grants}).json()["url"])


def accepted(url: str, login: str, password: str = PASSWORD) -> int:
    return httpx.post(url, data={"login": login, "password": password}, timeout=60).status_code


@pytest.fixture
async def asked(
    installation: ThreeProcesses, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[httpx.AsyncClient, list[str]]]:
    """Registration in this process, where whoever gets as far as having a password kept waits there for the others; and
    the passwords that got so far.
    """
    kept: list[str] = []
    keep = Argon2Passwords.hash

    async def after_all_others(passwords: Argon2Passwords, password: str) -> str:
        kept.append(password)
        for _ in range(100):
            if len(kept) >= 8:
                break
            await asyncio.sleep(0.02)
        return await keep(passwords, password)

    monkeypatch.setattr(Argon2Passwords, "hash", after_all_others)
    app = applications(installation)["registration"]
    await app.state.connection.connect()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=installation.url, timeout=60) as client:
        yield client, kept
    await app.state.connection.stop()


async def test_an_invitation_accepted_eight_times_at_once_makes_one_account(
    asked: tuple[httpx.AsyncClient, list[str]], operator: Client, season: str
) -> None:
    """Eight requests at the same time each found it unused, and each made an account. All eight are let as far as they
    come before the first goes on, so that no luck is in it.
    """
    client, kept = asked
    for _ in range(3):
        kept.clear()
        url = invitation(operator, season)
        logins = [f"race-{uuid4().hex[:8]}" for _ in range(8)]
        answers = await asyncio.gather(
            *(client.post(url, data={"login": login, "password": PASSWORD}) for login in logins)
        )

        first, *others = sorted(answer.status_code for answer in answers)
        assert first == 303
        assert set(others) <= {404, 503}, "spent, or just being accepted by somebody else"
        assert len(kept) == 1, "the others were turned away before anything was made"
        client.cookies.clear()
        late = await client.post(url, data={"login": f"race-{uuid4().hex[:8]}", "password": PASSWORD})
        assert late.status_code == 404
        signed_in = []
        for login in logins:
            client.cookies.clear()
            signed_in.append(await client.post("/registration/sign-in", data={"login": login, "password": PASSWORD}))
        assert sorted(answer.status_code for answer in signed_in) == [303, *[401] * 7]


def test_a_refused_login_leaves_the_invitation_as_it_was(operator: Client, season: str) -> None:
    """Somebody whose login name is taken tries another."""
    taken = f"taken-{uuid4().hex[:8]}"
    assert accepted(invitation(operator, season), taken) == 303
    url = invitation(operator, season)

    assert accepted(url, taken) == 422
    assert accepted(url, f"short-{uuid4().hex[:8]}", "short") == 422
    assert accepted(url, f"free-{uuid4().hex[:8]}") == 303


def test_a_sign_in_link_used_eight_times_at_once_signs_in_once(operator: Client, season: str) -> None:
    """Every address that works once works once under any race."""
    body = {"login": f"link-{uuid4().hex[:8]}", "grants": [{"role": "auditor", "season": season}]}
    url = operator.call("POST", "/registration/v1/sign-in-links", json=body).json()["url"]
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: httpx.post(url, timeout=60).status_code, range(8)))

    assert sorted(answers) == [303, *[404] * 7]


def test_links_made_at_once_for_a_new_login_lead_to_one_account(operator: Client, season: str) -> None:
    """Two links made at the same time for a login that nobody had led to accounts of which one was never stored."""
    body = {"login": f"both-{uuid4().hex[:8]}", "grants": [{"role": "auditor", "season": season}]}

    def link(_: int) -> str:
        return str(operator.call("POST", "/registration/v1/sign-in-links", json=body).json()["url"])

    with ThreadPoolExecutor(6) as crowd:
        urls = list(crowd.map(link, range(6)))

    assert [httpx.post(url, timeout=60).status_code for url in urls] == [303] * 6


def test_a_withdrawn_invitation_is_refused(installation: ThreeProcesses, operator: Client, season: str) -> None:
    """An invitation sent to the wrong person could not be taken back."""
    with invited(installation, operator, role="city-organizer", season=season) as organizer:
        url = invitation(operator, season, "judge", ref=f"J{uuid4().hex[:5]}")
        listed = httpx.Client.get(organizer, "/registration/v1/invitations", params={"season": season}).json()
        assert url.rsplit("/", 1)[1] not in str(listed), "the secret is never listed"
        for item in listed:
            address = f"/registration/v1/invitations/{item['id']}"
            assert organizer.delete(address).status_code == 422, "a reason is needed"
            assert organizer.delete(address, params={"reason": "sent to the wrong person"}).status_code == 204
            assert organizer.delete(address, params={"reason": "again"}).status_code == 404

    assert accepted(url, f"late-{uuid4().hex[:8]}") == 404


def test_invitations_of_another_season_are_neither_listed_nor_withdrawn(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """Whoever organizes one season sees and ends nothing of another."""
    invitation(operator, season)
    other = open_season(operator, new_season())
    with (
        invited(installation, operator, role="city-organizer", season=other) as stranger,
        invited(installation, operator, role="city-organizer", season=season) as organizer,
    ):
        theirs = organizer.get("/registration/v1/invitations").json()
        assert theirs
        assert stranger.get("/registration/v1/invitations").json() == []
        address = f"/registration/v1/invitations/{theirs[0]['id']}"
        assert stranger.delete(address, params={"reason": "mine now"}).status_code == 404
        assert stranger.get(f"/registration/v1/seasons/{season}/roles").status_code == 403


def test_a_withdrawn_role_ends_sessions_and_tokens_in_all_services(
    installation: ThreeProcesses, operator: Client
) -> None:
    """A role could not be withdrawn at all; a token went on with it for up to 400 days."""
    season = open_season(operator, new_season())
    with (
        invited(installation, operator, role="city-organizer", season=season) as organizer,
        invited(installation, operator, role="auditor", season=season) as auditor,
    ):
        token = httpx.Client.post(auditor, "/registration/v1/tokens", json={"label": "x", "season": season}).json()
        program = httpx.Client(base_url=installation.url, headers={"Authorization": f"Bearer {token['token']}"})
        reads = (f"/judging/v1/seasons/{season}/rounds/final/overview", f"/certificates/v1/seasons/{season}/audit")
        assert [program.get(path).status_code for path in reads] == [200, 200]
        roles = organizer.get(f"/registration/v1/seasons/{season}/roles").json()
        (role,) = [role["id"] for role in roles if role["role"] == "auditor"]

        address = f"/registration/v1/seasons/{season}/roles/{role}"
        assert organizer.delete(address).status_code == 422
        assert organizer.delete(address, params={"reason": "left the committee"}).status_code == 204
        assert organizer.delete(address, params={"reason": "again"}).status_code == 404

        def ended() -> None:
            for path in reads:
                assert program.get(path).status_code == 401
                assert auditor.get(path, headers={"Accept": "application/json"}).status_code == 401

        eventually(ended, 10)
        assert auditor.get("/registration/session").headers["location"].startswith("/registration/sign-in")
        record = organizer.get(f"/registration/v1/seasons/{season}/role-records").json()
        kept = [item for item in record if item["what"] == "role-withdrawn"]
        assert [(item["reason"], item["role"]) for item in kept] == [("left the committee", "auditor")]
        assert {"invited", "accepted"} <= {item["what"] for item in record}
        assert all(item["by"] for item in record)
        program.close()


def test_the_page_lists_and_withdraws_with_a_reason(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """The same by hand, and the same refusals."""
    with Browsing(installation.url) as nobody:
        assert nobody.get(f"/registration/seasons/{season}/invite").status_code in (303, 401)
    with (
        invited(installation, operator, role="city-organizer", season=season) as organizer,
        invited(installation, operator, role="auditor", season=season) as auditor,
    ):
        address = f"/registration/seasons/{season}/invite"
        assert auditor.get(address).status_code == 403
        url = organizer.post(address, {"role": "auditor", "ref": ""}).text
        assert "/registration/invitations/" in url
        pending = organizer.get("/registration/v1/invitations", params={"season": season}).json()
        item = f"/registration/seasons/{season}/invitations/{pending[0]['id']}/withdrawal"
        assert auditor.post(item, {"reason": "x"}).status_code == 404, "it is not theirs to know"
        assert organizer.post(item, {"reason": ""}).status_code == 422
        assert organizer.post(item, {"reason": "not needed"}).status_code == 303
        left = organizer.get("/registration/v1/invitations", params={"season": season}).json()
        assert len(left) == len(pending) - 1


def test_nobody_withdraws_the_role_they_use(installation: ThreeProcesses, operator: Client, season: str) -> None:
    """A season is not left without its organizer by a slip of the finger."""
    with invited(installation, operator, role="city-organizer", season=season) as organizer:
        roles = organizer.get(f"/registration/v1/seasons/{season}/roles").json()
        own = [role["id"] for role in roles if role["own"]]
        assert len(own) == 1
        address = f"/registration/v1/seasons/{season}/roles/{own[0]}"
        assert organizer.delete(address, params={"reason": "x"}).status_code == 409
