"""The public HTTP interface, as the command line uses it: patient with parts that are away for a moment."""

import os
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx

from laurel.errors import UserError

PATIENCE_SECONDS = 120.0
WAITS = (0.1, 0.2, 0.5, 1.0, 2.0)
PASSING = frozenset({429, 502, 503, 504})
"""Answers after which the same request is sent again. Every request here may be repeated without a second effect."""


@cache
def _authorities(file: str | None, folder: str | None) -> ssl.SSLContext:  # noqa: ARG001 - httpx reads them itself
    """Whom to trust by these settings, read once for each: to read them takes longer than most answers."""
    return httpx.create_ssl_context()


class ProblemAnswer(Exception):
    """The service refused, and says why (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status, self.problem = status, problem

    @property
    def code(self) -> str:
        return str(self.problem.get("code", ""))


class Client:
    """One installation, seen as one signed-in caller."""

    def __init__(self, url: str, language: str, *, patience: float = PATIENCE_SECONDS) -> None:
        self.url, self.token, self._patience = url.rstrip("/"), "", patience
        trusted = _authorities(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        self._http = httpx.Client(base_url=self.url, timeout=120, headers={"Accept-Language": language}, verify=trusted)

    def sign_in_as_operator(self, secret: str) -> None:
        """Exchange the installation's own secret for a token."""
        answer = self.call("POST", "/registration/v1/operator-tokens", headers={"Authorization": f"Bearer {secret}"})
        self.use_token(answer.json()["token"])

    def use_token(self, token: str) -> None:
        self.token = token
        self._http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request, again while the answer is a passing trouble.

        Raises:
            ProblemAnswer: the service refused.
            Trouble: it did not answer for two minutes.
        """
        deadline, attempt = time.monotonic() + self._patience, 0
        while True:
            try:
                answer = self._http.request(method, path, **request)
                if answer.status_code not in PASSING:
                    break
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise UserError("no-answer", url=self.url) from error
            else:
                if time.monotonic() > deadline:
                    break
            time.sleep(WAITS[min(attempt, len(WAITS) - 1)])
            attempt += 1
        if answer.status_code >= 400:
            raise self._problem(answer)
        return answer

    @staticmethod
    def _problem(answer: httpx.Response) -> ProblemAnswer:
        try:
            problem = answer.json()
        except ValueError:
            problem = {"code": "no-answer", "detail": answer.text[:200]}
        return ProblemAnswer(answer.status_code, problem)

    @contextmanager
    def lines(self, path: str) -> Iterator[Iterator[str]]:
        """The lines of an answer while they come.

        Raises:
            ProblemAnswer: the service refused.
        """
        with self._http.stream("GET", path) as answer:
            if answer.status_code >= 400:
                answer.read()
                raise self._problem(answer)
            yield answer.iter_lines()

    def get(self, path: str, **request: Any) -> Any:
        """The JSON at this path."""
        return self.call("GET", path, **request).json()

    def listed(self, path: str, **query: Any) -> Iterator[Any]:
        """Everything of a list that comes in pieces."""
        answer = self.call("GET", path, params=query)
        yield from answer.json()
        while "next" in answer.links:
            answer = self.call("GET", answer.links["next"]["url"])
            yield from answer.json()

    def wait_for(self, what: str, look: Callable[[], Any]) -> Any:
        """Look until something is there.

        Raises:
            Trouble: it was not there after two minutes.
        """
        deadline = time.monotonic() + self._patience
        while True:
            try:
                result = look()
            except ProblemAnswer as problem:
                if problem.status != 404:
                    raise
                result = None
            if result:
                return result
            if time.monotonic() > deadline:
                raise UserError("waited-in-vain", what=what)
            time.sleep(0.1)

    def close(self) -> None:
        self._http.close()
