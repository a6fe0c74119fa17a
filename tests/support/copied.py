"""Works as judges fetch them."""

import time

import httpx

from laurel.client import Client, ProblemAnswer

MOST_SECONDS = 300
"""How long the copy of one file may take on a machine that makes others meanwhile."""


def fetch_copy(judge: Client, season: str, entry: str, number: int) -> httpx.Response:
    """The anonymous copy of a file; as a browser would, it is asked for again while it is being made.

    Raises ProblemAnswer for one that is refused, or is still being made at the end.
    """
    deadline = time.monotonic() + MOST_SECONDS
    while True:
        try:
            return judge.call("GET", f"/registration/v1/seasons/{season}/works/{entry}/copies/{number}")
        except ProblemAnswer as problem:
            if problem.code != "copy-being-made" or time.monotonic() > deadline:
                raise
