"""Copies of works for judges: whose they are, and what cannot be made nameless is not given."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Response

from services.registration.application.works import Work
from services.registration.domain.works import WorkFile, WorkVersion
from services.registration.entrypoints import copies
from shared.errors import LaurelError, NotFound, Refused
from shared.identity import Grant, Principal, Role
from tests.support.refusals import refused

JUDGE = Principal("a", "s", "judge", "", (Grant(Role.JUDGE, "s", ref="J1"),), 0, 0)
NOBODY = Principal("b", "s", "student", "", (Grant(Role.STUDENT, "s"),), 0, 0)


def file(name: str, size: int) -> WorkFile:
    return WorkFile(name, "u1", size, "", "application/pdf", 5, True)


async def copied(one: WorkFile, content: bytes, who: Principal = JUDGE, number: int = 1, entry: str = "E1") -> Response:
    """What the route answers, on a work of this one file that judge J1 was given."""

    class Given:
        async def has(self, season: str, judge: str, entry: str) -> bool:
            return (season, judge, entry) == ("s", "J1", "E1")

    class Works:
        async def find(self, season: str, entry: str) -> Work:
            late = WorkVersion(2, 6, (), False)
            return Work(season, entry, (WorkVersion(1, 5, (one,), True), late))

    class Uploads:
        async def content(self, upload: str) -> AsyncIterator[bytes]:
            yield content

    context: Any = SimpleNamespace(assigned=Given(), works=Works(), uploads=Uploads())
    path = "/registration/v1/seasons/{season}/works/{entry}/copies/{number}"
    route: Any = next(one for one in copies.router(context).routes if getattr(one, "path", "") == path)
    answer: Response = await route.endpoint("s", entry, number, who)
    return answer


REFUSED: list[tuple[WorkFile, dict[str, Any], type[LaurelError], str]] = [
    (file("a.txt", 3), {"who": NOBODY}, NotFound, "no-such-work"),
    (file("a.txt", 3), {"entry": "E2"}, NotFound, "no-such-work"),
    (file("a.txt", 3), {"number": 0}, NotFound, "no-such-file"),
    (file("a.txt", 3), {"number": 2}, NotFound, "no-such-file"),
    (file("a.pdf", copies.WHOLE + 1), {}, Refused, "copy-too-large"),
    (file("a.pdf", 3), {}, Refused, "copy-unreadable"),
]


@pytest.mark.parametrize(("one", "how", "kind", "code"), REFUSED)
async def test_a_judge_gets_what_was_given_to_them_and_can_be_made_nameless(
    one: WorkFile, how: dict[str, Any], kind: type[LaurelError], code: str
) -> None:
    with refused(code, kind):
        await copied(one, b"no document", **how)


async def test_the_version_in_time_is_what_a_judge_gets() -> None:
    answer = await copied(file("a.txt", 3), b"abc")
    assert bytes(answer.body) == b"abc"
    assert answer.headers["content-disposition"] == 'attachment; filename="E1-1.txt"'
    assert answer.headers["content-security-policy"] == "sandbox"
