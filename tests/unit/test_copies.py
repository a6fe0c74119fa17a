"""Copies of works for judges: whose they are, and what cannot be made nameless is not given."""

from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Response
from fastapi.responses import StreamingResponse

from services.registration.application.works import Work
from services.registration.domain.anonymised_files import Copy, CopyState, PagePicture, Release
from services.registration.domain.works import WorkFile, WorkVersion
from services.registration.entrypoints import anonymised_files
from shared.errors import InvalidState, LaurelError, NotFound
from shared.identity import Grant, Principal, Role
from tests.support.refusals import refused

JUDGE = Principal("a", "s", "judge", "", (Grant(Role.JUDGE, "s", ref="J1"),), 0, 0)
NOBODY = Principal("b", "s", "student", "", (Grant(Role.STUDENT, "s"),), 0, 0)


FILE = WorkFile("a.txt", "u1", 7, "", "text/plain", 5, True)
GIVEN = Copy("u1", "s", "E1", CopyState.CLEAN, "", "", (), 3)


def context_of(made: Copy = GIVEN, file: WorkFile = FILE) -> Any:
    """A work of one file that judge J1 was given, and whose copy is this, of two pages."""

    class Given:
        async def has(self, season: str, judge: str, entry: str) -> bool:
            return (season, judge, entry) == ("s", "J1", "E1")

    class Works:
        async def find(self, season: str, entry: str) -> Work:
            late = WorkVersion(2, 6, (), False)
            return Work(season, entry, (WorkVersion(1, 5, (file,), True), late))

    class Copies:
        async def find(self, upload: str, names: Collection[str]) -> Copy:
            assert (upload, names) == ("u1", frozenset())
            return made

        async def content(self, copy: Copy, first: int = 0) -> AsyncIterator[bytes]:
            yield b"abc"[first:]

    class Nobody:
        async def find(self, *_: str) -> None:
            return None

    class Pages:
        async def page(self, copy: Copy, number: int) -> PagePicture:
            if number > 2:
                raise NotFound("no-such-page")
            return PagePicture(b"\x89PNG of page %d" % number, 2)

    store = SimpleNamespace(entries=Nobody())
    files = SimpleNamespace(assigned=Given(), works=Works(), copies=Copies(), pages=Pages())
    return SimpleNamespace(files=files, store=store, access=SimpleNamespace(stored_accounts=None))


async def copied(
    made: Copy = GIVEN, who: Principal = JUDGE, number: int = 1, entry: str = "E1", wanted: str = ""
) -> Response:
    """What the route answers."""
    context = context_of(made)
    return await anonymised_files.copy(context, "s", entry, number, who, wanted)


REFUSED: list[tuple[dict[str, Any], type[LaurelError], str]] = [
    ({"who": NOBODY}, NotFound, "no-such-work"),
    ({"entry": "E2"}, NotFound, "no-such-work"),
    ({"number": 0}, NotFound, "no-such-file"),
    ({"number": 2}, NotFound, "no-such-file"),
    ({"made": replace(GIVEN, state=CopyState.HELD, reason="names")}, InvalidState, "copy-held"),
]


@pytest.mark.parametrize(("how", "kind", "code"), REFUSED)
async def test_a_judge_gets_what_was_given_to_them_and_is_not_held(
    how: dict[str, Any], kind: type[LaurelError], code: str
) -> None:
    with refused(code, kind):
        await copied(**how)


RANGES: list[tuple[str, int, bytes]] = [
    ("", 200, b"abc"),
    ("bytes=1-", 206, b"bc"),
    ("bytes=1-1", 206, b"b"),
    ("bytes=0-9", 206, b"abc"),
    ("bytes=3-", 416, b""),
    ("bytes=-2", 206, b"bc"),
    ("bytes=-9", 206, b"abc"),
    ("bytes=-", 200, b"abc"),
    ("lines=1-", 200, b"abc"),
]


@pytest.mark.parametrize(("wanted", "status", "content"), RANGES)
async def test_the_version_in_time_is_what_a_judge_gets(wanted: str, status: int, content: bytes) -> None:
    answer = await copied(wanted=wanted)
    assert answer.status_code == status
    if status == 416:
        assert answer.headers["content-range"] == "bytes */3"
        return
    assert isinstance(answer, StreamingResponse)
    got = b"".join([bytes(part) async for part in answer.body_iterator if isinstance(part, bytes)])
    assert (got, answer.headers["content-length"]) == (content, str(len(content)))
    assert answer.headers["content-disposition"] == 'attachment; filename="E1-1.txt"'
    assert answer.headers["content-security-policy"] == "sandbox"


async def test_a_file_that_the_organizer_looked_at_is_given_as_it_came() -> None:
    seen = replace(
        GIVEN, state=CopyState.HELD, reason="unknown-kind", size=0, release=Release("o", "organizer", 5, "looked at")
    )
    answer = await copied(seen)
    assert answer.headers["content-length"] == str(FILE.size)


PDF = replace(FILE, name="a.pdf", media_type="application/pdf")


async def test_a_judge_turns_the_pages_of_a_document_as_pictures() -> None:
    context = context_of(file=PDF)
    assert (await anonymised_files.pages(context, "s", "E1", 1, JUDGE)).pages == 2
    answer = await anonymised_files.page_picture(context, "s", "E1", 1, 2, JUDGE)
    assert (answer.body, answer.media_type) == (b"\x89PNG of page 2", "image/png")
    assert answer.headers["content-security-policy"] == "sandbox"


NO_PAGE: list[tuple[Any, Principal, int, str]] = [
    (context_of(file=PDF), NOBODY, 1, "no-such-work"),
    (context_of(file=PDF), JUDGE, 0, "no-such-page"),
    (context_of(file=PDF), JUDGE, 3, "no-such-page"),
    (context_of(), JUDGE, 1, "no-such-page"),
    (context_of(replace(GIVEN, state=CopyState.HELD, reason="names"), PDF), JUDGE, 1, "copy-held"),
]


@pytest.mark.parametrize(("context", "who", "page", "code"), NO_PAGE)
async def test_pages_are_for_the_judge_who_was_given_the_document(
    context: Any, who: Principal, page: int, code: str
) -> None:
    with refused(code, LaurelError):
        await anonymised_files.page_picture(context, "s", "E1", 1, page, who)
