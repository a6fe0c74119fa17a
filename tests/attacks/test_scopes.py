"""Scopes are compared by parts, not by letters."""

import socket
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from laurel.client import Client, ProblemAnswer
from shared.season.plain_yaml import write_yaml
from tests.support.installation import ThreeProcesses
from tests.support.people import invited
from tests.support.seasons import YAML, new_season, open_season, person


def of_series(series: str, name: str = "") -> dict[str, object]:
    rules = new_season()
    rules["series"] = {**rules["series"], "id": series}
    if name:
        rules["season"]["id"] = name
    return rules


def test_a_host_reads_nothing_of_a_series_whose_name_begins_alike(
    installation: ThreeProcesses, operator: Client
) -> None:
    """A host of `host-*` read the seasons of the series `host-x`."""
    name = f"host{uuid4().hex[:6]}"
    theirs = open_season(operator, of_series(f"{name}-x"))
    with invited(installation, operator, role="city-organizer", season=f"{name}-*") as host:
        for address in ("desk", "units", "rules", "reads", "board", "invite"):
            assert host.get(f"/registration/seasons/{theirs}/{address}").status_code == 403, address
        assert host.get(f"/judging/v1/seasons/{theirs}/judges").status_code == 403
        assert host.get(f"/certificates/v1/seasons/{theirs}/audit").status_code == 403
        assert theirs not in host.get("/registration/season-drafts").text
        for season in (theirs, f"{name}-x-*", f"{name}-x-2031", "*"):
            answer = host.request(
                "POST", "/registration/v1/invitations", json={"grants": [{"role": "auditor", "season": season}]}
            )
            assert answer.status_code == 403, season


def test_a_host_holds_the_seasons_of_their_series_in_all_services(
    installation: ThreeProcesses, operator: Client
) -> None:
    """What was right stays: whatever the season's own name is."""
    series = f"own-{uuid4().hex[:6]}"
    season = open_season(operator, of_series(series, f"live-{uuid4().hex[:6]}"))
    with invited(installation, operator, role="city-organizer", season=f"{series}-*") as host:
        assert host.get(f"/registration/seasons/{season}/desk").status_code == 200
        assert host.get(f"/judging/v1/seasons/{season}/judges").status_code == 200
        assert host.get(f"/certificates/v1/seasons/{season}/audit").status_code == 200
        for wanted in (season, f"{series}-*"):
            content = {"label": "x", "season": wanted}
            assert host.request("POST", "/registration/v1/tokens", json=content).status_code == 201, wanted


def test_a_season_is_opened_by_the_hosts_of_the_series_it_states(
    installation: ThreeProcesses, operator: Client
) -> None:
    """What counts is the series in the file: not how the season's id begins."""
    name = f"s{uuid4().hex[:6]}"
    with invited(installation, operator, role="city-organizer", season=f"{name}-*") as host:
        theirs = of_series(f"{name}-x", "2031")
        own = of_series(name, "live-2031")
        for rules, status in ((theirs, 403), (own, 201)):
            season = f"{rules['series']['id']}-{rules['season']['id']}"  # type: ignore[index]
            content = write_yaml(rules).encode()
            answer = host.request("PUT", f"/registration/v1/seasons/{season}", content=content, headers=YAML)
            assert answer.status_code == status, answer.text


def test_a_token_of_a_series_is_narrowed_to_one_of_its_seasons(installation: ThreeProcesses, operator: Client) -> None:
    """Narrowing lost the roles held for a series, and must not widen them either."""
    series = f"narrow-{uuid4().hex[:6]}"
    item, other = open_season(operator, of_series(series)), open_season(operator, of_series(series))
    with invited(installation, operator, role="city-organizer", season=f"{series}-*") as host:
        made = host.request("POST", "/registration/v1/tokens", json={"label": "x", "season": item}).json()
    client = Client(installation.url, "en", patience=5)
    client.use_token(made["token"])

    assert client.get(f"/judging/v1/seasons/{item}/judges") == []
    with pytest.raises(ProblemAnswer) as refused:
        client.get(f"/judging/v1/seasons/{other}/judges")
    assert refused.value.status == 403
    client.close()


def test_large_bodies_are_taken_at_their_own_address_alone(installation: ThreeProcesses, operator: Client) -> None:
    """What bodies of any size are let through for was an address that others begin with."""
    season = open_season(operator, new_season())
    somebody = person(installation, operator, role="auditor", season=season)
    parts = urlsplit(installation.service_url("registration"))
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(
            f"POST /registration/v1/uploads-of-mine HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: Bearer {somebody.token}\r\nContent-Length: {100 * 1024 * 1024}\r\n\r\n".encode()
        )
        assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]
    somebody.close()
