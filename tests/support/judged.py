"""A live season that is judged, and the people who run it."""

from typing import Any
from uuid import uuid4

import httpx

from laurel.client import Client, ProblemAnswer
from tests.support.classes import register
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing
from tests.support.seasons import new_season, open_season

SCORES = {"theme": "30", "originality": "30", "process": "15"}
HIGH = {"theme": "40", "originality": "40", "process": "20"}


def judged_season(operator: Client, *judges: str, works: int = 1, **changes: Any) -> tuple[str, list[str]]:
    """The season and its entries, all of track A, which these judges score."""
    season = open_season(operator, new_season(acceptance="submission", **changes))
    for judge in judges:
        operator.call("PUT", f"/judging/v1/seasons/{season}/judges/{judge}", json={"tracks": ["A"]})
    return season, register(operator, season, ["P01", "P02", "P03", "P04"][:works])


def ballot_address(season: str, entry: str) -> str:
    return f"/judging/v1/seasons/{season}/tasks/{entry}/work/ballot"


def submit(judge: Client, season: str, entry: str, scores: dict[str, str] = SCORES, *, draft: bool = False) -> None:
    judge.call("PUT", ballot_address(season, entry), json={"scores": scores, "submit": not draft})


def invite(by: Client, reason: str = "", **grant: str) -> str:
    """The address of an invitation."""
    sent: dict[str, Any] = {"grants": [grant], **({"reason": reason} if reason else {})}
    url: str = by.call("POST", "/registration/v1/invitations", json=sent).json()["url"]
    return url


def accept(installation: ThreeProcesses, invitation: str, login: str) -> httpx.Response:
    with Browsing(installation.url) as browsing:
        return browsing.post(invitation, {"login": login, "password": PASSWORD})


class Staff:
    """People at the interface with the tokens of their browsers; all of them leave at the end."""

    def __init__(self, installation: ThreeProcesses) -> None:
        self._installation = installation
        self._clients: list[Client] = []

    def __enter__(self) -> "Staff":
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()

    def joins(self, invitation: str, season: str, login: str = "") -> Client:
        """Somebody who accepts this invitation."""
        with Browsing(self._installation.url) as browsing:
            answer = browsing.post(invitation, {"login": login or new_login(), "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            token = browsing.cookies["laurel_token"]
        client = Client(self._installation.url, "en", patience=20)
        self._clients.append(client)
        client.use_token(token)
        return client


def new_login() -> str:
    return f"p-{uuid4().hex[:10]}"


def refusal(client: Client, method: str, path: str, **request: Any) -> str:
    """The code with which this is refused; empty where it is not."""
    try:
        client.call(method, path, **request)
    except ProblemAnswer as problem:
        return problem.code
    return ""
