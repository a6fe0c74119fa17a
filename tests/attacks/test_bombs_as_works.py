"""Works that would take all of a process when their copies for judges are made: each is held, and nobody else waits.

What a test prints (`-s`) is the table of the security page, as in `test_bombs`.
"""

import io
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from laurel.client import Client, ProblemAnswer
from tests.attacks.places.media import recorded
from tests.attacks.places.office import packed, word
from tests.attacks.test_bombs import squeezed_pdf
from tests.support.bystanders import Bystanders
from tests.support.copied import fetch_copy
from tests.support.handing_out import hand_out
from tests.support.installation import ThreeProcesses
from tests.support.seasons import new_season, open_season, person
from tests.support.tus import Tus
from tests.support.waiting import eventually

MEBIBYTE = 1024 * 1024


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def picture(side: int) -> bytes:
    """A black square of three colours; its side is in points."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + 3 * side)) for _ in range(side)) + packer.flush()
    head = side.to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def flooding_page() -> bytes:
    """A page whose drawing unpacks to a gigabyte of steps."""
    packer = zlib.compressobj(9)
    drawn = b"".join(packer.compress(b"0 0 m 9 9 l S\n" * 80_000) for _ in range(1024)) + packer.flush()
    pages = b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    page = b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>\nendobj\n"
    content = b"4 0 obj\n<</Filter/FlateDecode/Length %d>>\nstream\n" % len(drawn) + drawn + b"\nendstream\nendobj\n"
    root = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    return b"%PDF-1.7\n" + root + pages + page + content + b"trailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"


def laughing_document() -> bytes:
    """A document whose text is an entity of entities of entities."""
    parts = dict(word())
    entities = b'<!ENTITY a0 "ha">' + b"".join(
        b'<!ENTITY a%d "%s">' % (number, b"&a%d;" % (number - 1) * 10) for number in range(1, 10)
    )
    main = "word/document.xml"
    text = parts[main] if isinstance(parts[main], bytes) else str(parts[main]).encode()
    head, _, rest = text.partition(b"?>")
    parts[main] = head + b"?><!DOCTYPE w [" + entities + b"]>" + rest.replace(b"Lighthouse", b"&a9;")
    return packed(parts)


def long_document() -> bytes:
    """A document with a part of nine hundred megabytes, which is no bomb by what its list says."""
    parts = dict(word())
    text = parts["word/document.xml"]
    text = text if isinstance(text, bytes) else str(text).encode()
    parts["word/document.xml"] = text.replace(b"Lighthouse", b"a" * (900 * MEBIBYTE))
    return packed(parts)


def squeezed(megabytes: int, name: str = "a.txt") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as file:
        for _ in range(megabytes):
            file.write(b"a" * MEBIBYTE)
    return out.getvalue()


def archives_in_archives() -> bytes:
    content = squeezed(400)
    for _ in range(2):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(8):
                archive.writestr(f"{number}.zip", content)
        content = out.getvalue()
    return content


def broken_film() -> bytes:
    """A film whose tables promise thousands of millions of pictures."""
    content = bytearray(recorded("mp4"))
    for table in (b"stsz", b"stts", b"stsc", b"stco"):
        at = content.find(table)
        if at >= 0:
            content[at + 8 : at + 16] = b"\x00\x00\x00\x01\xff\xff\xff\xf0"
    return bytes(content)


@dataclass(frozen=True, slots=True)
class Bomb:
    name: str
    file: str
    make: Callable[[], bytes]
    reasons: tuple[str, ...]


BOMBS = [
    Bomb("PDF, 4 MB that unpack to 4 GB", "a.pdf", squeezed_pdf, ("unreadable", "costly")),
    Bomb("PDF, a page of a gigabyte of steps", "b.pdf", cache(flooding_page), ("unreadable", "costly")),
    Bomb("PNG, 400 million points", "c.png", lambda: picture(20_000), ("large",)),
    Bomb("PNG, 99 million points", "d.png", lambda: picture(9_950), ("",)),
    Bomb("DOCX, entities of entities", "e.docx", laughing_document, ("unreadable",)),
    Bomb("DOCX, a part of 900 MB", "f.docx", cache(long_document), ("large", "costly")),
    Bomb("ZIP, 5 GB", "g.zip", cache(lambda: squeezed(5000)), ("large",)),
    Bomb("ZIP, a text of 1.5 GB", "h.zip", cache(lambda: squeezed(1500)), ("large", "costly")),
    Bomb("ZIP of ZIP, 25 GB", "i.zip", cache(archives_in_archives), ("large", "deep", "costly")),
    Bomb("MP4 with endless tables", "j.mp4", broken_film, ("unreadable", "costly", "")),
]


@dataclass(frozen=True, slots=True)
class Sent:
    season: str
    entry: str
    judge: Client
    numbers: dict[str, int]
    """Of the bombs that were taken at all, by their name."""


@pytest.fixture(scope="module")
def sent(installation: ThreeProcesses, operator: Client) -> Iterator[Sent]:
    types = ["pdf", "image", "video", "archive", "office", "text"]
    works = {"A": {"files": ["1", "20"], "types": types, "max_mib": "50"}}
    season = open_season(operator, new_season(works=works, acceptance="submission"))
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/JG1", json={"tracks": ["A"], "employer": ""})
    judge = person(installation, operator, role="judge", season=season, ref="JG1")
    content = {
        "track": "A",
        "title": "灯塔",
        "members": [{"name_zh": "测试甲", "birth": "2014-05", "grade": 5}],
        "instructors": ["测试师"],
        "consents": "on-paper",
    }
    school = person(installation, operator, role="school-admin", season=season, unit="P01")
    registered = school.call(
        "POST",
        f"/registration/v1/seasons/{season}/entries",
        json=content,
        headers={"Idempotency-Key": f"bombs-{season}"},
    )
    entry, sender, numbers = str(registered.json()["entry"]), Tus(installation.url, school.token), dict[str, int]()
    for bomb in BOMBS:
        answer = sender.whole(season, entry, bomb.file, bomb.make())
        assert answer.status_code in (200, 422), answer.text
        if answer.status_code == 200:
            numbers[bomb.name] = len(numbers) + 1
    school.call("POST", f"/registration/v1/seasons/{season}/entries/{entry}/submission")

    def given() -> None:
        hand_out(operator, season, judges={"A": 1})
        try:
            judge.get(f"/registration/v1/seasons/{season}/works/{entry}/copies")
        except ProblemAnswer as problem:
            raise AssertionError(problem.code) from problem

    eventually(given)
    yield Sent(season, entry, judge, numbers)
    for client in (school, judge, sender.client):
        client.close()


def asked_for(sent: Sent, number: int) -> int | str:
    """The status of the copy, or why there is none."""
    try:
        return fetch_copy(sent.judge, sent.season, sent.entry, number).status_code
    except ProblemAnswer as problem:
        return problem.code


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_a_work_that_is_a_bomb_is_held_and_nobody_else_waits(
    installation: ThreeProcesses, operator: Client, sent: Sent, bomb: Bomb
) -> None:
    """A file that ends whatever reads it is tried once more and then held with its reason."""
    if bomb.name not in sent.numbers:  # it was refused when it was sent
        return
    with Bystanders(installation) as others:
        began = time.monotonic()
        answer = asked_for(sent, sent.numbers[bomb.name])
        seconds = time.monotonic() - began
        time.sleep(1)
    held = operator.get(f"/registration/v1/seasons/{sent.season}/held-copies")
    reason = next((item["reason"] for item in held if item["number"] == sent.numbers[bomb.name]), "")
    others.report(bomb.name, f"{answer} {reason}".strip(), seconds)

    assert others.undisturbed(), others.unanswered[:3]
    assert reason in bomb.reasons
    assert answer == ("copy-held" if reason else 200)
